using System.Text.Json.Serialization;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>What a simulated detector sent.</summary>
public sealed record DetectorSummary
{
    /// <summary>Dialect of the messages.</summary>
    [JsonPropertyName("dialect")]
    public required string Dialect { get; init; }

    /// <summary>Type of the pixels, as numpy calls it.</summary>
    [JsonPropertyName("dtype")]
    public required string Type { get; init; }

    /// <summary>Packing of the pixels.</summary>
    [JsonPropertyName("encoding")]
    public required string Encoding { get; init; }

    /// <summary>The series, in the order of sending; one that was aborted on purpose too.</summary>
    [JsonPropertyName("series")]
    public required IReadOnlyList<SeriesSummary> Series { get; init; }
}
