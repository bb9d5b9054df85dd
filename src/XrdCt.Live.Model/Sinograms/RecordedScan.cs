using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Model.Sinograms;

/// <summary>What a scan file of ours says of how it was measured, and of what was put right when its slices were made.</summary>
/// <param name="Plan">The plan by which the cells are filled.</param>
/// <param name="LineShift_px">Sample k of a backward line belongs to k + shift, steps of the fast axis.</param>
/// <param name="AxisOffset_px">Offset of the rotation axis from translation TranslationCount / 2 about which slices are made, steps.</param>
/// <param name="AxisStatus">On what that rests.</param>
public sealed record RecordedScan(ScanPlan Plan, double LineShift_px, double AxisOffset_px, string AxisStatus)
{
    /// <summary>
    /// Cells whose frames never got a position or monitor value that they needed, <c>rotation · TranslationCount + translation</c>: they were saved as they came, and are in no slice.
    /// </summary>
    public IReadOnlyList<int> UnmatchedCells { get; init; } = [];
}
