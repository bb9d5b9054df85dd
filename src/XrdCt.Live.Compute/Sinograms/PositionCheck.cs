using System.Globalization;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>
/// Whether the recorded translations are those of the plan: recorded = a + b · planned by least squares. An offset a is the motor's zero
/// and no fault; a slope b other than 1, or a scatter about the line of more than half a step, is another scan, sign or step.
/// </summary>
public static class PositionCheck
{
    private const int LeastCells = 16;
    private const double LargestSlopeError = 0.1;
    private const double LargestScatter_steps = 0.5;

    /// <summary>Compares.</summary>
    /// <param name="plan">The plan by which the cells were filled.</param>
    /// <param name="translation_mm">Recorded translation per cell, [rotation, translation], mm; NaN where not told.</param>
    /// <returns>What is wrong, one sentence; empty where nothing is, or fewer than 16 cells have a position.</returns>
    /// <exception cref="ArgumentException">The positions are not those of the plan.</exception>
    public static string Compare(ScanPlan plan, ReadOnlySpan<double> translation_mm)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (translation_mm.Length != plan.CellCount)
        {
            throw new ArgumentException($"expected {plan.CellCount} positions, not {translation_mm.Length}", nameof(translation_mm));
        }

        int count = 0;
        double planned = 0;
        double recorded = 0;
        for (int i = 0; i < translation_mm.Length; i++)
        {
            if (double.IsFinite(translation_mm[i]))
            {
                count++;
                planned += Steps(i);
                recorded += translation_mm[i] * 1000 / plan.Step_um;
            }
        }

        if (count < LeastCells)
        {
            return "";
        }

        (planned, recorded) = (planned / count, recorded / count);
        double pp = 0;
        double pr = 0;
        double rr = 0;
        for (int i = 0; i < translation_mm.Length; i++)
        {
            if (double.IsFinite(translation_mm[i]))
            {
                double p = Steps(i) - planned;
                double r = (translation_mm[i] * 1000 / plan.Step_um) - recorded;
                (pp, pr, rr) = (pp + (p * p), pr + (p * r), rr + (r * r));
            }
        }

        // All at one translation so far (rotations run fast).
        if (!(pp > 0))
        {
            return "";
        }

        double slope = pr / pp;
        double scatter = Math.Sqrt(Math.Max(0, rr - (slope * pr)) / count);
        return Math.Abs(slope - 1) <= LargestSlopeError && scatter <= LargestScatter_steps
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the recorded translations are not those of the plan (they go {slope:0.00} times as far, and scatter by {scatter:0.0} steps): positions of another scan, or another sign or step");

        double Steps(int cell) => plan.Position_um(cell % plan.TranslationCount) / plan.Step_um;
    }
}
