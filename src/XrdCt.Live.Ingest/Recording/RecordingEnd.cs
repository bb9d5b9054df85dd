namespace XrdCt.Live.Ingest.Recording;

/// <summary>Why a recording ended.</summary>
public enum RecordingEnd
{
    /// <summary>It was told to.</summary>
    Stopped,

    /// <summary>The time was over.</summary>
    Time,

    /// <summary>The file had reached its limit.</summary>
    FileLimit,

    /// <summary>As many series as wanted had ended.</summary>
    Series,
}
