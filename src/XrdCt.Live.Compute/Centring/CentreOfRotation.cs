using System.Globalization;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Compute.Centring;

/// <summary>
/// The centre of rotation as all methods together have it: the mean of those that found one, weighted with 1/u². Its uncertainty is
/// (Σ 1/u²)^−½, widened by (χ²/(n − 1))^½ where they scatter by more than they say.
/// </summary>
/// <remarks>
/// Where neither the centre of mass nor the sweep can say anything (a truncated scan, or one that has just begun) the coarse scan of the same
/// stages takes part. Where nobody can, the offset is 0, the axis where the plan has it, and <see cref="IsDetermined"/> false.
/// </remarks>
public sealed record CentreOfRotation
{
    // Two estimates disagree when they lie apart by more than three times the uncertainty of their difference, and by what is seen in a slice.
    private const double Disagreement_sigma = 3;
    private const double LeastDisagreement_px = 0.25;

    private CentreOfRotation(IReadOnlyList<CentreEstimate> estimates, double offset_px, double uncertainty_px, bool disagrees, string status)
    {
        Estimates = estimates;
        Offset_px = offset_px;
        Uncertainty_px = uncertainty_px;
        Disagrees = disagrees;
        Status = status;
    }

    /// <summary>Every method's own, in the order of <see cref="CentreMethod"/>; the coarse scan's where one was given.</summary>
    public IReadOnlyList<CentreEstimate> Estimates { get; }

    /// <summary>Offset of the axis from translation index TranslationCount/2, steps; 0 where undetermined.</summary>
    public double Offset_px { get; }

    /// <summary>Standard uncertainty, steps; NaN where undetermined.</summary>
    public double Uncertainty_px { get; }

    /// <summary>Whether anybody found a centre.</summary>
    public bool IsDetermined => !double.IsNaN(Uncertainty_px);

    /// <summary>Whether two of those that take part contradict each other.</summary>
    public bool Disagrees { get; }

    /// <summary>What the offset rests on, who contradicts whom, or why there is none: a sentence without capital and full stop.</summary>
    public string Status { get; }

    /// <summary>Puts the estimates together.</summary>
    /// <param name="plan">Scan plan; its step converts the coarse scan's position.</param>
    /// <param name="pair">From <see cref="PairCentre"/>.</param>
    /// <param name="mass">From <see cref="MassCentre"/>.</param>
    /// <param name="sweep">From <see cref="SweepCentre"/>.</param>
    /// <param name="coarse">Where a coarse scan had the axis; null where there was none.</param>
    /// <exception cref="ArgumentException">The coarse scan's uncertainty is not positive.</exception>
    public static CentreOfRotation Combine(
        ScanPlan plan, CentreEstimate pair, CentreEstimate mass, CentreEstimate sweep, AxisPosition? coarse = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(mass);
        ArgumentNullException.ThrowIfNull(sweep);
        List<CentreEstimate> estimates = [pair, mass, sweep];
        List<CentreEstimate> part = [.. estimates.Where(e => e.IsDetermined)];
        if (coarse is AxisPosition axis)
        {
            if (!(axis.Uncertainty_um > 0) || !double.IsFinite(axis.Position_um + axis.Uncertainty_um))
            {
                throw new ArgumentException("the coarse scan's position and its uncertainty must be numbers, the uncertainty above 0", nameof(coarse));
            }

            bool isNeeded = !mass.IsDetermined && !sweep.IsDetermined;
            estimates.Add(new CentreEstimate(
                CentreMethod.CoarseScan,
                axis.Position_um / plan.Step_um,
                axis.Uncertainty_um / plan.Step_um,
                isNeeded ? "taken from the coarse scan, since " + mass.Status : "not needed"));
            if (isNeeded)
            {
                part.Add(estimates[^1]);
            }
        }

        if (part.Count == 0)
        {
            return new CentreOfRotation(estimates, 0, double.NaN, false, "undetermined: " + mass.Status);
        }

        double weight = part.Sum(e => Weight(e));
        double offset_px = part.Sum(e => Weight(e) * e.Offset_px) / weight;
        double chi2 = part.Sum(e => Weight(e) * Math.Pow(e.Offset_px - offset_px, 2));
        double widening = part.Count > 1 ? Math.Max(1, Math.Sqrt(chi2 / (part.Count - 1))) : 1;
        string? contradiction = Contradiction(part);
        return new CentreOfRotation(
            estimates, offset_px, widening / Math.Sqrt(weight), contradiction is not null, contradiction ?? Agreement(part));
    }

    /// <summary>Where the axis is on the stage, for a scan of another step; null where undetermined.</summary>
    public AxisPosition? Position(ScanPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return IsDetermined ? new AxisPosition(Offset_px * plan.Step_um, Uncertainty_px * plan.Step_um) : null;
    }

    // Nobody is surer than a thousandth of a step: the stage is not.
    private static double Weight(CentreEstimate estimate) => 1 / Math.Pow(Math.Max(estimate.Uncertainty_px, 1e-3), 2);

    private static string? Contradiction(List<CentreEstimate> part)
    {
        for (int i = 0; i < part.Count; i++)
        {
            for (int j = i + 1; j < part.Count; j++)
            {
                double apart = Math.Abs(part[i].Offset_px - part[j].Offset_px);
                double allowed = Disagreement_sigma * double.Hypot(part[i].Uncertainty_px, part[j].Uncertainty_px);
                if (apart > Math.Max(allowed, LeastDisagreement_px))
                {
                    return string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Name(part[i])} ({part[i]}) and {Name(part[j])} ({part[j]}) differ by {apart:0.00} px, more than their uncertainties allow");
                }
            }
        }

        return null;
    }

    private static string Agreement(List<CentreEstimate> part) => part.Count == 1
        ? $"{Name(part[0])} alone: {part[0].Status}"
        : $"{string.Join(" and ", part.Select(Name))} agree";

    private static string Name(CentreEstimate estimate) => estimate.Method switch
    {
        CentreMethod.Pair => "the opposite projections",
        CentreMethod.Mass => "the centre of mass",
        CentreMethod.Sweep => "the sweep",
        _ => "the coarse scan",
    };
}
