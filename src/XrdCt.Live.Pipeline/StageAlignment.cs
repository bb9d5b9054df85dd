using System.Globalization;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// Follows what the data themselves say of the stage: which way every other line ran, and how far the backward lines lie from the forward
/// ones. The first is put right in the cells, the second where projections are read; both stand in the file. One thread only.
/// </summary>
internal sealed class StageAlignment
{
    // Slices need not be made anew for less, nor lines be moved.
    private const double LeastShift_px = 0.05;
    private const double LeastChange_px = 0.02;
    private const double Significance_sigma = 3;

    private readonly ScanPlan _said;

    private int _lineCount;

    public StageAlignment(ScanSettings settings)
    {
        _said = settings.Description.Plan;
        Channel = Math.Max(0, settings.Description.Channels.ToList().FindIndex(c => c.Kind == LiveChannelKind.Total));
    }

    /// <summary>The channel that is looked at: the total intensity, or the first where there is none.</summary>
    public int Channel { get; }

    /// <summary>What was found, and what of it is applied.</summary>
    public StageFindings Findings { get; private set; } = StageFindings.None;

    /// <summary>Looks at the sinogram anew when lines have come since the last time.</summary>
    /// <param name="assembly">The sinogram; its lines are turned where they ran the other way, and its projections made stale.</param>
    /// <param name="lineCount">Lines that are there.</param>
    /// <returns>Whether enough lines had come.</returns>
    public bool Update(ScanAssembly assembly, int lineCount)
    {
        // The first few lines matter, later ones change little.
        if (lineCount < _lineCount + Math.Max(1, _lineCount / 8))
        {
            return false;
        }

        _lineCount = lineCount;
        Look(assembly, Findings.AppliedShift_px);
        return true;
    }

    /// <summary>Looks at all that was measured, whatever was seen before: the file must not show when the data were looked at.</summary>
    public void Complete(ScanAssembly assembly) => Look(assembly, 0);

    private void Look(ScanAssembly assembly, double before_px)
    {
        ZigzagVerdict direction = Findings.Direction;
        if (_said.Path.Order is not (ScanOrder.ContinuousRotation or ScanOrder.Positions))
        {
            direction = LineAlignment.Judge(assembly.Plan, assembly.SinogramOf(Channel).Values);
            if ((direction.IsZigzag ?? _said.Path.IsZigzag) != assembly.Plan.Path.IsZigzag)
            {
                assembly.TurnOddLines();
            }
        }

        LineShift shift = LineAlignment.FindShift(assembly.Plan, assembly.SinogramOf(Channel).Values);
        double nominal_px = Nominal_px(assembly.Plan);
        bool isElsewhere = Math.Abs(shift.Shift_px - nominal_px) > Math.Max(Significance_sigma * shift.Uncertainty_px, LeastShift_px);
        double found_px = isElsewhere ? shift.Shift_px : nominal_px;
        bool isOther = Math.Abs(found_px - before_px) >= LeastChange_px;
        double applied_px = isOther ? found_px : before_px;
        if (isOther)
        {
            assembly.MakeStale();
        }

        Findings = new StageFindings(direction, shift, applied_px, Describe(assembly.Plan, direction, shift, applied_px));
    }

    /// <summary>A channel's sinogram with the backward lines where they belong.</summary>
    public float[] Aligned(ScanAssembly assembly, int channel)
    {
        float[] sinogram = assembly.SinogramOf(channel).Values;
        if (Findings.AppliedShift_px != 0)
        {
            LineAlignment.Align(assembly.Plan, sinogram, Findings.AppliedShift_px);
        }

        return sinogram;
    }

    // Where positions are told at the start or the end of a frame, backward lines are known to lie apart.
    private static double Nominal_px(ScanPlan plan) => plan.Path.IsZigzag ? 0 - (2 * plan.Lead_steps) : 0;

    private string Describe(ScanPlan plan, ZigzagVerdict found, LineShift lag, double applied_px)
    {
        string direction = plan.Path.IsZigzag == _said.Path.IsZigzag
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the stage ran {plan.Path.Name}, not {_said.Path.Name} as the configuration says (lines agree {found.Gain:F1} times better): its lines are turned");
        string shift = applied_px == Nominal_px(plan)
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture, $"backward lines lie {applied_px:F2} ± {lag.Uncertainty_px:F3} steps from forward ones: they are moved back");
        return direction.Length > 0 && shift.Length > 0 ? $"{direction}; {shift}" : direction + shift;
    }
}
