using System.Text.Json.Serialization;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>What was sent, and what was done wrong on purpose.</summary>
public sealed record SeriesSummary
{
    /// <summary>Number of the series.</summary>
    [JsonPropertyName("series_id")]
    public required long SeriesId { get; init; }

    /// <summary>Frames of the series.</summary>
    [JsonPropertyName("frames")]
    public required int FrameCount { get; init; }

    /// <summary>Image messages sent, repeated ones included.</summary>
    [JsonPropertyName("sent")]
    public required int SentCount { get; init; }

    /// <summary>Indices that were left out on purpose.</summary>
    [JsonPropertyName("dropped")]
    public required IReadOnlyList<int> Dropped { get; init; }

    /// <summary>Indices that were sent twice.</summary>
    [JsonPropertyName("repeated")]
    public required IReadOnlyList<int> Repeated { get; init; }

    /// <summary>Messages with an index below that of an earlier message, repeated ones not counted.</summary>
    [JsonPropertyName("out_of_order")]
    public required int OutOfOrderCount { get; init; }

    /// <summary>Indices of frames sent with half of their bytes.</summary>
    [JsonPropertyName("truncated")]
    public required IReadOnlyList<int> Truncated { get; init; }

    /// <summary>Indices of frames sent with half of their rows.</summary>
    [JsonPropertyName("wrong_size")]
    public required IReadOnlyList<int> WrongSize { get; init; }

    /// <summary>Indices of frames sent with one wrong bit.</summary>
    [JsonPropertyName("flipped")]
    public required IReadOnlyList<int> Flipped { get; init; }

    /// <summary>Frame before which the sender paused as asked.</summary>
    [JsonPropertyName("paused_at")]
    public required int? PausedAt { get; init; }

    /// <summary>Frame before which a second start message was sent.</summary>
    [JsonPropertyName("second_header_at")]
    public required int? SecondHeaderAt { get; init; }

    /// <summary>Frame before which the sender died as asked.</summary>
    [JsonPropertyName("died_at")]
    public required int? DiedAt { get; init; }

    /// <summary>True where the user stopped the series.</summary>
    [JsonPropertyName("stopped")]
    public required bool Stopped { get; init; }

    /// <summary>True where the end message was sent.</summary>
    [JsonPropertyName("end_sent")]
    public required bool EndSent { get; init; }

    /// <summary>Time from the first to the last message, s.</summary>
    [JsonPropertyName("seconds")]
    public required double Duration_s { get; init; }

    /// <summary>Image messages per second.</summary>
    [JsonPropertyName("rate_hz")]
    public required double Rate_Hz { get; init; }

    /// <summary>Bytes of all image messages.</summary>
    [JsonPropertyName("bytes")]
    public required long ByteCount { get; init; }

    /// <summary>Time that a thread needs to render and compress a frame, ms.</summary>
    [JsonPropertyName("make_ms")]
    public required double Make_ms { get; init; }
}
