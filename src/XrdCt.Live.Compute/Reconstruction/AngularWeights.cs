using System.Buffers;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// How much of the half circle each measured projection stands for: half the gap to either neighbour, modulo 180°.
/// For evenly spaced angles all weights are π / count.
/// </summary>
public static class AngularWeights
{
    // A wedge that was not measured must not be filled by inflating the two projections at its rim: a gap counts for at
    // most three times the usual one (an interlaced or golden order never has gaps that uneven).
    private const double LargestGapOverMedian = 3;

    /// <summary>Computes the weights; allocates nothing.</summary>
    /// <param name="angles_rad">Angles, rad, any order, any number of half turns.</param>
    /// <param name="weights_rad">Receives one weight per angle, rad.</param>
    /// <returns>The widest gap between neighbouring angles, rad; π for one angle or none.</returns>
    public static double Compute(ReadOnlySpan<double> angles_rad, Span<double> weights_rad)
    {
        int n = angles_rad.Length;
        if (n < 2)
        {
            weights_rad.Fill(Math.PI);
            return Math.PI;
        }

        double[] rented = ArrayPool<double>.Shared.Rent(2 * n);
        int[] order = ArrayPool<int>.Shared.Rent(n);
        try
        {
            return Compute(angles_rad, weights_rad, rented.AsSpan(0, n), rented.AsSpan(n, n), order.AsSpan(0, n));
        }
        finally
        {
            ArrayPool<double>.Shared.Return(rented);
            ArrayPool<int>.Shared.Return(order);
        }
    }

    private static double Compute(
        ReadOnlySpan<double> angles_rad, Span<double> weights_rad, Span<double> sorted, Span<double> gaps, Span<int> order)
    {
        int n = angles_rad.Length;
        for (int i = 0; i < n; i++)
        {
            sorted[i] = angles_rad[i] - (Math.PI * Math.Floor(angles_rad[i] / Math.PI));
            order[i] = i;
        }

        sorted.Sort(order);
        double widest = 0;
        for (int i = 0; i < n; i++)
        {
            gaps[i] = i + 1 < n ? sorted[i + 1] - sorted[i] : sorted[0] + Math.PI - sorted[n - 1];
            widest = Math.Max(widest, gaps[i]);
        }

        gaps.CopyTo(sorted);
        double limit = LargestGapOverMedian * Median(sorted);
        for (int i = 0; i < n; i++)
        {
            weights_rad[order[i]] = 0.5 * (Math.Min(gaps[i], limit) + Math.Min(gaps[(i + n - 1) % n], limit));
        }

        return widest;
    }

    // Angles measured twice (0° and 180°) leave gaps of zero; the usual gap is that between different angles.
    private static double Median(Span<double> gaps)
    {
        gaps.Sort();
        int same = 0;
        while (same < gaps.Length && gaps[same] <= 1e-9)
        {
            same++;
        }

        return same < gaps.Length ? gaps[same + ((gaps.Length - same) / 2)] : Math.PI;
    }
}
