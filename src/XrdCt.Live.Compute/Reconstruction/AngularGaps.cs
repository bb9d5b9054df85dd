using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>How the measured angles cover the half circle.</summary>
public static class AngularGaps
{
    // Angles measured twice (0° and 180°) leave no gap.
    private const double Same_deg = 1e-6;

    /// <summary>Measures the gaps, modulo 180°.</summary>
    /// <param name="angles_deg">Angles that were measured, degrees, any order, any number of half turns.</param>
    /// <param name="planned">How many angles the scan will have.</param>
    /// <returns>The coverage; its usual gap is the lower median of those between different angles.</returns>
    public static AngularCoverage Measure(ReadOnlySpan<double> angles_deg, int planned)
    {
        double[] sorted = angles_deg.ToArray();
        for (int i = 0; i < sorted.Length; i++)
        {
            sorted[i] -= 180 * Math.Floor(sorted[i] / 180);
        }

        Array.Sort(sorted);
        if (sorted.Length == 0)
        {
            return new AngularCoverage(0, planned, 180, 180, 0);
        }

        double widest = 0;
        double end = 0;
        List<double> gaps = [];
        for (int i = 0; i < sorted.Length; i++)
        {
            double next = i + 1 < sorted.Length ? sorted[i + 1] : sorted[0] + 180;
            double gap = next - sorted[i];
            if (gap > Same_deg)
            {
                gaps.Add(gap);
            }

            if (gap > widest)
            {
                (widest, end) = (gap, next);
            }
        }

        gaps.Sort();

        // At θ the beam runs along (sin θ, cos θ): an edge is sharp where a ray runs along it.
        double lostFrom_deg = 90 - end;
        return new AngularCoverage(
            sorted.Length, planned, widest, gaps[(gaps.Count - 1) / 2], lostFrom_deg - (180 * Math.Floor(lostFrom_deg / 180)));
    }
}
