namespace XrdCt.Live.Ingest.Streams;

/// <summary>How a dialect is read; each dialect takes what applies to it.</summary>
public sealed record DialectOptions
{
    /// <summary>Threshold channel to take (DECTRIS Stream V2), such as <c>threshold_1</c>; null takes the first of each image.</summary>
    public string? Channel { get; init; }

    /// <summary>
    /// Number of the first frame of a series as the stream counts; frame indices are counted from it. Default 0; areaDetector and some
    /// forwarders count from 1.
    /// </summary>
    public int FirstFrame { get; init; }

    /// <summary>Keep mask and flat field of a series header for whoever asks; megabytes, so not by default.</summary>
    public bool KeepTables { get; init; }

    /// <summary>
    /// Check the digests that a dialect carries (<c>hash</c> in Stream V1, the MD5 sum of CBF files). For diagnosis: it
    /// takes longer than decoding.
    /// </summary>
    public bool CheckDigests { get; init; }
}
