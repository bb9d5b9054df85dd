namespace XrdCt.Live.Compute.Centring;

/// <summary>The minimum of a parabola through evenly spaced points.</summary>
internal static class Parabola
{
    /// <summary>Fits by least squares.</summary>
    /// <param name="x">Places, evenly spaced and symmetric about 0.</param>
    /// <param name="y">Values.</param>
    /// <returns>Place of the minimum and its standard uncertainty from the scatter; NaN where the parabola opens downwards.</returns>
    public static (double Minimum, double Uncertainty) Minimum(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double n = x.Length;
        double xx = 0, xxxx = 0, sum = 0, first = 0, second = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double square = x[i] * x[i];
            xx += square;
            xxxx += square * square;
            sum += y[i];
            first += x[i] * y[i];
            second += square * y[i];
        }

        // Symmetric places: the slope stands alone.
        double spread = xxxx - (xx * xx / n);
        double curvature = (second - (xx * sum / n)) / spread;
        double slope = first / xx;
        double level = (sum - (curvature * xx)) / n;
        if (!(curvature > 0))
        {
            return (double.NaN, double.NaN);
        }

        double scatter = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double off = y[i] - level - (slope * x[i]) - (curvature * x[i] * x[i]);
            scatter += off * off;
        }

        double variance = scatter / (n - 3);
        double minimum = -0.5 * slope / curvature;
        double fromSlope = variance / xx / (4 * curvature * curvature);
        double fromCurvature = variance / spread * minimum * minimum / (curvature * curvature);
        return (minimum, Math.Sqrt(fromSlope + fromCurvature));
    }
}
