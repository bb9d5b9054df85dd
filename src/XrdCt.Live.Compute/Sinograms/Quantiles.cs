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
}
