using System.Text.Json;

namespace XrdCt.Live.Ingest.Recording;

/// <summary>What a recording says of itself.</summary>
public sealed record RecordingHeader
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Where the messages came from, such as <c>tcp://detector:9999</c>.</summary>
    public string Endpoint { get; init; } = "";

    /// <summary>Dialect of the messages, a name of <see cref="Streams.StreamDialects"/>; empty where nobody said.</summary>
    public string Dialect { get; init; } = "";

    /// <summary>Program that recorded.</summary>
    public string Program { get; init; } = "";

    /// <summary>When the recording began.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>The header as it stands in the file, UTF-8.</summary>
    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Reads the header.</summary>
    /// <returns>Null where the text is none.</returns>
    internal static RecordingHeader? FromJson(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize<RecordingHeader>(utf8, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
