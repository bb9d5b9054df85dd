using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Model.Ports;

/// <summary>What does not change during a scan.</summary>
/// <param name="Title">Name of the scan, for people.</param>
/// <param name="Source">Where the frames come from, for people.</param>
/// <param name="Plan">The scan plan.</param>
/// <param name="Axis">Radial axis of the patterns.</param>
/// <param name="Channels">The live channels, in order of display.</param>
/// <param name="Note">One sentence for the visitor, such as how long a demo will take; may be empty.</param>
public sealed record ScanDescription(
    string Title,
    string Source,
    ScanPlan Plan,
    RadialAxis Axis,
    IReadOnlyList<LiveChannel> Channels,
    string Note)
{
    /// <summary>Which slice of a stack the scan is; null for a scan of its own.</summary>
    public StackSlice? Slice { get; init; }
}
