using System.Text.Json;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>What a sender may tell of a frame besides its pixels.</summary>
/// <param name="Monitor">Beam monitor; NaN where not told.</param>
/// <param name="Translation_mm">Translation, mm; null where not told.</param>
/// <param name="Rotation_deg">Rotation, degrees; null where not told.</param>
public readonly record struct FrameFacts(double Monitor, double? Translation_mm, double? Rotation_deg)
{
    /// <summary>Transmission of the sample; null where not told.</summary>
    public double? Transmission { get; init; }

    /// <summary>Nothing told.</summary>
    public static FrameFacts None { get; } = new(double.NaN, null, null);

    /// <summary>Reads the keys <c>monitor</c>, <c>transmission</c>, <c>translation_mm</c> and <c>rotation_deg</c> at the top of a JSON object.</summary>
    /// <param name="json">UTF-8 text that need not be JSON: free text tells nothing, and the frame is as good without.</param>
    /// <returns>What was told.</returns>
    public static FrameFacts FromJson(ReadOnlySpan<byte> json)
    {
        FrameFacts facts = None;
        json = json.TrimEnd((byte)0).TrimStart(" \t\r\n"u8);
        if (json.IsEmpty || json[0] != (byte)'{' || json.Length > JsonHeader.Longest_bytes)
        {
            return facts;
        }

        try
        {
            Utf8JsonReader reader = new(json);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                {
                    facts = facts.WithJson(ref reader);
                }
            }
        }
        catch (JsonException)
        {
            return None;
        }

        return facts;
    }

    /// <summary>Whether a key is one of those that tell something.</summary>
    internal static bool Knows(ReadOnlySpan<byte> key) =>
        key.SequenceEqual("monitor"u8) || key.SequenceEqual("transmission"u8) || key.SequenceEqual("translation_mm"u8) || key.SequenceEqual("rotation_deg"u8);

    /// <summary>Takes a key into account, such as one of a map of motor positions.</summary>
    /// <param name="key">UTF-8 key.</param>
    /// <param name="value">Its value; not finite tells nothing.</param>
    internal FrameFacts With(ReadOnlySpan<byte> key, double value) =>
        !double.IsFinite(value) ? this
        : key.SequenceEqual("monitor"u8) ? this with { Monitor = value }
        : key.SequenceEqual("transmission"u8) ? this with { Transmission = value }
        : key.SequenceEqual("translation_mm"u8) ? this with { Translation_mm = value }
        : key.SequenceEqual("rotation_deg"u8) ? this with { Rotation_deg = value }
        : this;

    /// <summary>Takes the property that <paramref name="reader"/> stands on and passes over it, whatever it is.</summary>
    internal FrameFacts WithJson(ref Utf8JsonReader reader)
    {
        // A key with escapes is none of ours; the span lives as long as the caller's bytes.
        ReadOnlySpan<byte> key = reader.ValueIsEscaped ? default : reader.ValueSpan;
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double value))
        {
            return With(key, value);
        }

        reader.Skip();
        return this;
    }
}
