namespace XrdCt.Live.Compute.Sinograms;

/// <summary>Location and width of values among which are wild ones.</summary>
internal static class Quantiles
{
    // Of a normal distribution, the standard deviation over the median of the absolute deviations.
    private const double SigmaOverDeviation = 1.4826;

    /// <summary>Sorts the values that are numbers, and takes one: q = 0.5 is the median; NaN where there is none.</summary>
    public static double Of(IEnumerable<float> values, double q)
    {
        float[] sorted = [.. values.Where(float.IsFinite)];
        Array.Sort(sorted);
        return sorted.Length == 0 ? double.NaN : sorted[(int)Math.Round(q * (sorted.Length - 1))];
    }

    /// <summary>Median, and the standard deviation that a normal distribution of the same median absolute deviation has.</summary>
    public static (double Median, double Sigma) MedianAndSigma(IReadOnlyCollection<float> values)
    {
        double median = Of(values, 0.5);
        return (median, SigmaOverDeviation * Of(values.Select(v => (float)Math.Abs(v - median)), 0.5));
    }

    /// <summary>The same of values that may be put into another order.</summary>
    public static (double Median, double Sigma) MedianAndSigma(Span<float> values)
    {
        int count = 0;
        foreach (float value in values)
        {
            if (float.IsFinite(value))
            {
                values[count++] = value;
            }
        }

        Span<float> finite = values[..count];
        double median = Middle(finite);
        for (int i = 0; i < count; i++)
        {
            finite[i] = (float)Math.Abs(finite[i] - median);
        }

        return (median, SigmaOverDeviation * Middle(finite));
    }

    private static double Middle(Span<float> values)
    {
        values.Sort();
        return values.IsEmpty ? double.NaN : values[(int)Math.Round(0.5 * (values.Length - 1))];
    }
}
