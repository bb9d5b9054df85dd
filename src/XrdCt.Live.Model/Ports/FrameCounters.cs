namespace XrdCt.Live.Model.Ports;

/// <summary>Counters of frames since the scan began; nothing is lost that is not counted here.</summary>
public readonly record struct FrameCounters
{
    /// <summary>Image messages taken from the socket.</summary>
    public long Received { get; init; }

    /// <summary>Frames decoded and integrated.</summary>
    public long Integrated { get; init; }

    /// <summary>Cells of the scan that hold a pattern.</summary>
    public long Placed { get; init; }

    /// <summary>Frames whose cell was filled already.</summary>
    public long Duplicate { get; init; }

    /// <summary>Frames that came, for the first time, after one with a higher index.</summary>
    public long OutOfOrder { get; init; }

    /// <summary>Messages that were not understood.</summary>
    public long Malformed { get; init; }

    /// <summary>Frames whose pixels were cut short or did not decode.</summary>
    public long Truncated { get; init; }

    /// <summary>Frames of another size or type than the geometry's.</summary>
    public long WrongShape { get; init; }

    /// <summary>Frames of another series.</summary>
    public long ForeignSeries { get; init; }

    /// <summary>Frames whose index the plan does not have.</summary>
    public long OutsidePlan { get; init; }

    /// <summary>Frames that came before the header of their series.</summary>
    public long BeforeHeader { get; init; }

    /// <summary>Empty cells that a frame at least 32 indices later has overtaken; all empty cells once the scan has ended.</summary>
    public long Missing { get; init; }
}
