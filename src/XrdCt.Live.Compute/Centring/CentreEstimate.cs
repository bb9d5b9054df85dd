using System.Globalization;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Centring;

/// <summary>What one method says about the centre of rotation.</summary>
/// <param name="Method">The method.</param>
/// <param name="Offset_px">
/// Offset c, steps of the translation: the rotation axis is at translation index TranslationCount/2 + c (integer division); NaN where
/// undetermined.
/// </param>
/// <param name="Uncertainty_px">Standard uncertainty of the offset, steps; NaN where undetermined.</param>
/// <param name="Status">On what the offset rests, or why there is none: a sentence without capital and full stop.</param>
public sealed record CentreEstimate(CentreMethod Method, double Offset_px, double Uncertainty_px, string Status)
{
    /// <summary>Whether the method found a centre.</summary>
    public bool IsDetermined => double.IsFinite(Offset_px) && double.IsFinite(Uncertainty_px);

    /// <summary>No centre, and why.</summary>
    public static CentreEstimate Undetermined(CentreMethod method, string reason) => new(method, double.NaN, double.NaN, reason);

    /// <summary>
    /// The offset from the middle of the projection, (TranslationCount − 1)/2, as programs give it that count from there: half a step
    /// more than <see cref="Offset_px"/> for an even number of translations, the same for an odd one.
    /// </summary>
    public double FromMiddle_px(ScanPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Offset_px + (plan.TranslationCount / 2) - (0.5 * (plan.TranslationCount - 1));
    }

    /// <summary>The offset with its uncertainty, for a sentence: <c>"+0.512 ± 0.020 px"</c>.</summary>
    public override string ToString() => IsDetermined
        ? string.Create(CultureInfo.InvariantCulture, $"{Offset_px:+0.000;-0.000;0.000} ± {Uncertainty_px:0.000} px")
        : "undetermined";
}
