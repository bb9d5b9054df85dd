using System.Text.Json;
using System.Text.Json.Serialization;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Server.Display;

/// <summary>
/// How a <see cref="Model.Ports.LiveState"/> is written as JSON for scripts: the names of the WebSocket messages
/// (<c>rate_Hz</c>), phases by name, and null where a number is not known, since JSON has no NaN.
/// </summary>
internal static class LiveStateJson
{
    /// <summary>Options of the serializer.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Converters = { new FilterName(), new JsonStringEnumConverter(), new FiniteOrNull() },
    };

    private sealed class FilterName : JsonConverter<RampFilter>
    {
        public override RampFilter Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetString() is string name && RampFilters.ByName.TryGetValue(name, out RampFilter filter) ? filter : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, RampFilter value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name());
    }

    private sealed class FiniteOrNull : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override bool HandleNull => true;

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
            {
                writer.WriteNumberValue(value);
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }
}
