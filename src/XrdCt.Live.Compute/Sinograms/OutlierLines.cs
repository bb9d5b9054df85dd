using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>
/// Lines whose intensity jumps against those beside them although the beam monitor saw nothing: a shutter that stuck, a detector that
/// counted twice. A sinogram changes smoothly from line to line, so a line is out when its sum lies by more than a tenth outside the
/// range of the two lines on either side of it.
/// </summary>
public static class OutlierLines
{
    internal const double Tolerance = 0.1;
    internal const int Reach = 2;

    /// <summary>Marks the cells of dead and hot lines.</summary>
    /// <param name="plan">Scan plan; says whether a line is a rotation or a translation.</param>
    /// <param name="total">Total intensity, normalised to the monitor, [rotation, translation]; NaN where unmeasured.</param>
    /// <param name="flags">Receives <see cref="CellFlags.DeadLine"/> and <see cref="CellFlags.HotLine"/> in addition to what stands there.</param>
    /// <returns>How many lines are out.</returns>
    /// <exception cref="ArgumentException">The sinogram or the flags are not the plan's.</exception>
    public static int Mark(ScanPlan plan, ReadOnlySpan<float> total, Span<CellFlags> flags)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (total.Length != plan.CellCount || flags.Length != plan.CellCount)
        {
            throw new ArgumentException($"expected {plan.CellCount} cells, not {total.Length} and {flags.Length}", nameof(total));
        }

        List<(int Slot, bool IsHot)> found = Drop(Means(plan, total));
        foreach ((int slot, bool isHot) in found)
        {
            for (int k = 0; k < plan.LineLength; k++)
            {
                int cell = plan.Path.LinesRunOverRotations ? (k * plan.TranslationCount) + slot : (slot * plan.TranslationCount) + k;
                flags[cell] |= isHot ? CellFlags.HotLine : CellFlags.DeadLine;
            }
        }

        return found.Count;
    }

    /// <summary>Finds what is out in a series of levels, and makes it NaN.</summary>
    /// <param name="levels">Levels that change smoothly; NaN where there is none.</param>
    /// <returns>What was out, the worst first.</returns>
    internal static List<(int Slot, bool IsHot)> Drop(double[] levels)
    {
        List<(int, bool)> found = [];

        // The worst first: it spoils the range of its neighbours as long as it counts.
        while (Worst(levels) is (int slot, bool isHot))
        {
            levels[slot] = double.NaN;
            found.Add((slot, isHot));
        }

        return found;
    }

    private static double[] Means(ScanPlan plan, ReadOnlySpan<float> total)
    {
        double[] means = new double[plan.LineCount];
        for (int slot = 0; slot < means.Length; slot++)
        {
            double sum = 0;
            int count = 0;
            for (int k = 0; k < plan.LineLength; k++)
            {
                float value = total[plan.Path.LinesRunOverRotations ? (k * plan.TranslationCount) + slot : (slot * plan.TranslationCount) + k];
                if (!float.IsNaN(value))
                {
                    sum += value;
                    count++;
                }
            }

            // A line of which half is missing has a mean of its own.
            means[slot] = 2 * count > plan.LineLength ? sum / count : double.NaN;
        }

        return means;
    }

    private static (int Slot, bool IsHot)? Worst(double[] means)
    {
        (int Slot, bool IsHot)? worst = null;
        double largest = Math.Log(1 + Tolerance);
        for (int slot = 0; slot < means.Length; slot++)
        {
            double[] beside = [.. Enumerable.Range(slot - Reach, (2 * Reach) + 1)
                .Where(s => s != slot && s >= 0 && s < means.Length && !double.IsNaN(means[s])).Select(s => means[s])];
            if (double.IsNaN(means[slot]) || beside.Length < Reach + 1)
            {
                continue;
            }

            double above = Math.Log(means[slot] / beside.Max());
            double below = Math.Log(beside.Min() / Math.Max(means[slot], double.Epsilon));
            if (Math.Max(above, below) > largest)
            {
                largest = Math.Max(above, below);
                worst = (slot, above > below);
            }
        }

        return worst;
    }
}
