namespace XrdCt.Live.Model.Frames;

/// <summary>What became of a frame. Everything but <see cref="Accepted"/> is counted and shown; nothing is skipped silently.</summary>
public enum FrameOutcome
{
    /// <summary>Decoded, integrated and placed.</summary>
    Accepted,

    /// <summary>The cell was filled already; the first frame of an index stays, later ones are dropped.</summary>
    Duplicate,

    /// <summary>The message is not a well-formed message of the dialect.</summary>
    Malformed,

    /// <summary>The compressed pixels are cut short or do not decode.</summary>
    Truncated,

    /// <summary>The image size or pixel type is not the one of the detector's geometry.</summary>
    WrongShape,

    /// <summary>The frame belongs to another series (an aborted or a later one).</summary>
    ForeignSeries,

    /// <summary>The index lies outside the scan plan.</summary>
    OutsidePlan,

    /// <summary>The frame came before any series header; it is accepted if the configuration tells all that the header would.</summary>
    BeforeHeader,
}
