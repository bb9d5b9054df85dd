using System.Globalization;
using XrdCt.Live.Compute.Centring;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Pipeline;

/// <summary>Follows where the data have the rotation axis, so that slices are made about it. One thread only.</summary>
internal sealed class AxisAlignment
{
    // A slice does not show less; and what is found must stand out of its uncertainty before slices are made anew for it.
    private const double LeastOffset_px = 0.05;
    private const double Significance_sigma = 2;

    // The sweep costs most of a second for 250 projections: it is asked four times in a scan.
    private const int Sweeps = 4;

    // A sweep's cost goes with the values and with their number across: beyond a scan of 250 × 251 by a little it would hold the page up,
    // and is done at the end only.
    private const double LargestLiveSweep = 20e6;

    private CentreEstimate _sweep = CentreEstimate.Undetermined(CentreMethod.Sweep, "not asked yet");
    private readonly double _nominal_px;
    private readonly int _middle;
    private readonly AxisPosition? _coarse;
    private double _applied_sigma = double.NaN;
    private double _followed_px;
    private double? _set_px;
    private int _swept;
    private string _disagreement = "";

    /// <param name="plan">The scan plan; where the positions are not those of the middle of a frame, it says where the axis is.</param>
    /// <param name="coarse">Where a coarse scan of the same stages had the axis; null where there was none.</param>
    /// <param name="set_px">Where an operator set it; null for where the data have it.</param>
    public AxisAlignment(ScanPlan plan, AxisPosition? coarse, double? set_px)
    {
        _coarse = coarse;
        _middle = plan.TranslationCount / 2;
        _nominal_px = plan.Path.LinesRunOverRotations ? 0 : 0 - plan.Lead_steps;
        _followed_px = _nominal_px;
        _set_px = set_px;
        Apply(AxisFindings.None);
    }

    /// <summary>What was found, and what of it is applied.</summary>
    public AxisFindings Findings { get; private set; } = AxisFindings.None;

    /// <summary>Offset about which slices are made where nobody sets another, steps.</summary>
    public double FollowedOffset_px => _followed_px;

    /// <summary>What is out of the ordinary, as a sentence; empty where nothing is.</summary>
    public string Sentence => _disagreement.Length > 0 && _set_px is null ? _disagreement
        : Findings.AppliedOffset_px == _nominal_px && _set_px is null ? ""
        : _set_px is double set_px
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"the rotation axis is set to {set_px:+0.00;-0.00;0.00} steps from translation {_middle}{(double.IsNaN(Findings.Offset_px) ? "" : $"; the data have it at {Findings.Offset_px:+0.00;-0.00} ± {Findings.Uncertainty_px:F2}")}")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the rotation axis is {_followed_px:+0.00;-0.00} ± {_applied_sigma:F2} steps from translation {_middle}: slices are made about it");

    /// <summary>Has slices made about another axis; what the data say is followed all the same.</summary>
    /// <param name="set_px">Where it is set; null for where the data have it.</param>
    public void Set(double? set_px)
    {
        _set_px = set_px;
        Apply(Findings);
    }

    /// <summary>Looks at a growing sinogram.</summary>
    /// <param name="plan">The plan by which its cells are filled.</param>
    /// <param name="total">The total intensity, lines aligned, [rotation, translation]; NaN where unmeasured.</param>
    /// <param name="coverage">Share of the lines that are there, 0 to 1.</param>
    public void Update(ScanPlan plan, ReadOnlySpan<float> total, double coverage)
    {
        int due = (int)(coverage * Sweeps);
        if (due > _swept && (double)plan.CellCount * plan.TranslationCount <= LargestLiveSweep)
        {
            _swept = due;
            _sweep = Sweep(plan, total);
        }

        Look(plan, total, _followed_px);
    }

    /// <summary>Looks at all that was measured, whatever was seen before.</summary>
    public void Complete(ScanPlan plan, ReadOnlySpan<float> total)
    {
        _sweep = Sweep(plan, total);
        _applied_sigma = double.NaN;
        Look(plan, total, _nominal_px);
    }

    private static CentreEstimate Sweep(ScanPlan plan, ReadOnlySpan<float> total)
    {
        // An axis outside the middle half is found by nobody.
        double range_px = Math.Min(SweepCentre.UsualRange_px, plan.TranslationCount / 4.0);
        return range_px > 1
            ? SweepCentre.Find(plan, total, range_px)
            : CentreEstimate.Undetermined(CentreMethod.Sweep, $"{plan.TranslationCount} translations are too few");
    }

    private void Look(ScanPlan plan, ReadOnlySpan<float> total, double before_px)
    {
        if (plan.HasMirroredLines)
        {
            // Every other line has the axis on its other side, and a shift of all of them puts none right.
            Apply(Findings with { Status = "undetermined: a rotation that never stops over 180° meets every other line from behind" });
            return;
        }

        var found = CentreOfRotation.Combine(plan, PairCentre.Find(plan, total), MassCentre.Find(plan, total), _sweep, _coarse);

        // An axis outside the middle half is found by nobody, and a slice about it would be empty.
        bool isPossible = Math.Abs(found.Offset_px) <= plan.TranslationCount / 4.0;
        bool isOther = found is { IsDetermined: true, Disagrees: false } && isPossible
            && Math.Abs(found.Offset_px - before_px) > Math.Max(LeastOffset_px, Significance_sigma * found.Uncertainty_px);
        _followed_px = isOther ? found.Offset_px : before_px;
        _applied_sigma = isOther ? found.Uncertainty_px : _applied_sigma;
        _disagreement = found.Disagrees ? $"the centre of rotation is not settled: {found.Status}" : "";
        Apply(new AxisFindings(
            found.IsDetermined ? found.Offset_px : double.NaN,
            found.Uncertainty_px,
            _followed_px,
            found.Status,
            [.. found.Estimates.Select(e => new AxisEstimate(Name(e.Method), e.Offset_px, e.Uncertainty_px, e.Status))]));
    }

    private void Apply(AxisFindings found) => Findings = found with { AppliedOffset_px = _set_px ?? _followed_px, IsSet = _set_px is not null };

    private static string Name(CentreMethod method) => method switch
    {
        CentreMethod.Pair => "opposite_projections",
        CentreMethod.Mass => "centre_of_mass",
        CentreMethod.Sweep => "sweep",
        _ => "coarse_scan",
    };
}
