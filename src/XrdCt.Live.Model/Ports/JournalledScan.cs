using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Model.Ports;

/// <summary>What a journal says of its scan as a whole, as of the last write.</summary>
public sealed record JournalledScan
{
    /// <summary>When the series began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The series that the patterns belong to.</summary>
    public required long SeriesId { get; init; }

    /// <summary>Header of the series, without its tables; null while none came.</summary>
    public required SeriesHeader? Series { get; init; }

    /// <summary>How the slices of the stack come, as far as it is known; <see cref="SliceLayout.Undecided"/> for a scan of its own.</summary>
    public SliceLayout SliceLayout { get; init; }

    /// <summary>How an operator wants slices made, in place of what the scan was set up with; null where nothing was changed.</summary>
    public ReconstructionSettings? Reconstruction { get; init; }

    /// <summary>Where an operator forbids regions of interest, in place of what the scan was set up with; null where nothing was changed.</summary>
    public IReadOnlyList<ForbiddenZone>? Zones { get; init; }

    /// <summary>The counters.</summary>
    public required FrameCounters Counters { get; init; }
}
