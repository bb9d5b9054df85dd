using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace XrdCt.Live.Simulator.Simplon;

/// <summary>One parameter of the detector, as the REST interface shows it. Not thread-safe.</summary>
internal sealed class SimplonParameter
{
    private readonly double _lowest;
    private readonly double _highest;
    private readonly string[] _allowed;

    private SimplonParameter(string type, JsonNode value, double lowest, double highest, string[] allowed)
    {
        ValueType = type;
        Value = value;
        _lowest = lowest;
        _highest = highest;
        _allowed = allowed;
    }

    /// <summary>Name of the type in answers: <c>uint</c>, <c>float</c>, <c>string</c>.</summary>
    public string ValueType { get; }

    /// <summary>The value.</summary>
    public JsonNode Value { get; private set; }

    public static SimplonParameter Count(int value) => new("uint", value, 1, int.MaxValue, []);

    public static SimplonParameter Number(double value, double lowest, double highest) => new("float", value, lowest, highest, []);

    /// <summary>A text; any where nothing is named as allowed.</summary>
    public static SimplonParameter Text(string value, params string[] allowed) => new("string", value, 0, 0, allowed);

    /// <summary>Takes a value over.</summary>
    /// <returns>Why not, as a sentence without the name; null where it was taken.</returns>
    public string? Set(JsonNode? value)
    {
        if (value is not JsonValue given)
        {
            return "needs a JSON object with a plain \"value\"";
        }

        if (ValueType == "string")
        {
            if (!given.TryGetValue(out string? text) || (_allowed.Length > 0 && !_allowed.Contains(text)))
            {
                return _allowed.Length > 0 ? $"is one of {string.Join(", ", _allowed)}" : "is a text";
            }

            Value = text;
            return null;
        }

        bool isNumber = given.GetValueKind() == JsonValueKind.Number;
        double number = isNumber ? double.Parse(given.ToJsonString(), CultureInfo.InvariantCulture) : double.NaN;
        if (!(number >= _lowest && number <= _highest))
        {
            return $"is a number from {_lowest} to {_highest}";
        }

        if (ValueType == "uint")
        {
            if (number != Math.Floor(number))
            {
                return "is a whole number";
            }

            Value = (int)number;
            return null;
        }

        Value = number;
        return null;
    }

    /// <summary>The answer to a GET.</summary>
    public JsonObject ToJson()
    {
        JsonObject answer = new() { ["value"] = Value.DeepClone(), ["value_type"] = ValueType, ["access_mode"] = "rw" };
        if (ValueType != "string")
        {
            answer["min"] = _lowest;
            answer["max"] = _highest;
        }
        else if (_allowed.Length > 0)
        {
            answer["allowed_values"] = new JsonArray([.. _allowed.Select(a => JsonValue.Create(a))]);
        }

        return answer;
    }
}
