namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>Pearson's correlation of two slices over the pixels that both have: how alike they are, whatever their scales and offsets.</summary>
public static class SliceCorrelation
{
    /// <summary>Computes it.</summary>
    /// <param name="a">A slice; NaN where it has no value, as outside the circle.</param>
    /// <param name="b">Another one of the same length.</param>
    /// <returns>−1…1; NaN where fewer than two pixels are common or one of the slices is flat.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Compute(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length)
        {
            throw new ArgumentException($"slices of one length are expected, not of {a.Length} and {b.Length}", nameof(b));
        }

        // Differences from a value of the slice itself: an offset far above the contrast would drown it in the sums.
        int count = 0;
        double originA = 0, originB = 0, sumA = 0, sumB = 0, powerA = 0, powerB = 0, product = 0;
        for (int i = 0; i < a.Length; i++)
        {
            if (!float.IsFinite(a[i]) || !float.IsFinite(b[i]))
            {
                continue;
            }

            if (count++ == 0)
            {
                (originA, originB) = (a[i], b[i]);
            }

            double u = a[i] - originA;
            double v = b[i] - originB;
            sumA += u;
            sumB += v;
            powerA += u * u;
            powerB += v * v;
            product += u * v;
        }

        double spread = (powerA - (sumA * sumA / count)) * (powerB - (sumB * sumB / count));
        return count > 1 && spread > 0 ? (product - (sumA * sumB / count)) / Math.Sqrt(spread) : double.NaN;
    }
}
