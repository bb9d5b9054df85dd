namespace XrdCt.Live.Ingest.Recording;

/// <summary>How long a <see cref="StreamRecorder"/> records, and how much memory it takes.</summary>
public sealed record RecorderOptions
{
    /// <summary>Messages received and not yet written hold so many bytes at most; beyond, the sender is held back. Default 512 MiB.</summary>
    public long MemoryLimit_bytes { get; init; } = 512L << 20;

    /// <summary>Ends before the file would become longer; null for no limit.</summary>
    public long? FileLimit_bytes { get; init; }

    /// <summary>Ends after so long, counted from the start; null for no limit.</summary>
    public TimeSpan? LongestTime { get; init; }

    /// <summary>Ends after so many end messages of series; null for no limit.</summary>
    public int? SeriesLimit { get; init; }
}
