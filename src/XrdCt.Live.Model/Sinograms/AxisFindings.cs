namespace XrdCt.Live.Model.Sinograms;

/// <summary>Where the data have the rotation axis, and where the slices have it.</summary>
/// <param name="Offset_px">Offset of the axis from translation index TranslationCount/2, steps; NaN where undetermined.</param>
/// <param name="Uncertainty_px">Standard uncertainty, steps; NaN where undetermined.</param>
/// <param name="AppliedOffset_px">Offset about which the slices were made, steps; where the data do not say, that of the plan:
/// 0, but for positions that are not told at the centre of a frame.</param>
/// <param name="Status">On what the offset rests, who contradicts whom, or why there is none.</param>
/// <param name="Estimates">What each method says.</param>
public sealed record AxisFindings(
    double Offset_px, double Uncertainty_px, double AppliedOffset_px, string Status, IReadOnlyList<AxisEstimate> Estimates)
{
    /// <summary>Whether an operator set <see cref="AppliedOffset_px"/>, whatever the data say.</summary>
    public bool IsSet { get; init; }

    /// <summary>Nothing looked at.</summary>
    public static AxisFindings None { get; } = new(double.NaN, double.NaN, 0, "", []);
}
