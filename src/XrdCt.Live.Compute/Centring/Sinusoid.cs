namespace XrdCt.Live.Compute.Centring;

/// <summary>The curve <c>c + A·cos θ + B·sin θ</c> through values at some angles, by weighted linear least squares.</summary>
internal sealed record Sinusoid(double Offset_px, double Cosine_px, double Sine_px, double Uncertainty_px, double Scatter_px)
{
    // Correlations above this cannot be told from a curve of another shape; the uncertainty is then four times the naive one.
    private const double LargestCorrelation = 0.9;

    public double At(double angle_rad) => Offset_px + (Cosine_px * Math.Cos(angle_rad)) + (Sine_px * Math.Sin(angle_rad));

    /// <summary>Fits the curve.</summary>
    /// <returns>Null where the angles cannot tell the three unknowns apart.</returns>
    public static Sinusoid? Fit(double[] angles_rad, double[] values, double[] weights, bool[] kept)
    {
        // Normal equations of (1, cos, sin), symmetric.
        double w = 0, wc = 0, ws = 0, wcc = 0, wcs = 0, wss = 0, v = 0, vc = 0, vs = 0;
        int count = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (!kept[i])
            {
                continue;
            }

            (double sin, double cos) = Math.SinCos(angles_rad[i]);
            double weight = weights[i];
            w += weight;
            wc += weight * cos;
            ws += weight * sin;
            wcc += weight * cos * cos;
            wcs += weight * cos * sin;
            wss += weight * sin * sin;
            v += weight * values[i];
            vc += weight * values[i] * cos;
            vs += weight * values[i] * sin;
            count++;
        }

        // First row of the adjugate, then the determinant along it.
        double a00 = (wcc * wss) - (wcs * wcs);
        double a01 = (wcs * ws) - (wc * wss);
        double a02 = (wc * wcs) - (wcc * ws);
        double determinant = (w * a00) + (wc * a01) + (ws * a02);
        if (count < 4 || !(determinant > 1e-12 * w * w * w))
        {
            return null;
        }

        double a11 = (w * wss) - (ws * ws);
        double a12 = (wc * ws) - (w * wcs);
        double a22 = (w * wcc) - (wc * wc);
        double c = ((a00 * v) + (a01 * vc) + (a02 * vs)) / determinant;
        double a = ((a01 * v) + (a11 * vc) + (a12 * vs)) / determinant;
        double b = ((a02 * v) + (a12 * vc) + (a22 * vs)) / determinant;
        var curve = new Sinusoid(c, a, b, 0, 0);
        (double scatter, double correlation) = curve.Scatter(angles_rad, values, weights, kept, count);
        double widening = (1 + correlation) / (1 - correlation);
        return curve with
        {
            Uncertainty_px = Math.Sqrt(scatter * a00 / determinant * widening),
            Scatter_px = Math.Sqrt(scatter * count / w),
        };
    }

    /// <summary>Variance of a value of weight one, and how far neighbours (in the order of the values) scatter alike, 0 to 0.9.</summary>
    private (double Variance, double Correlation) Scatter(double[] angles_rad, double[] values, double[] weights, bool[] kept, int count)
    {
        double sum = 0;
        double product = 0;
        double previous = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (kept[i])
            {
                double off = Math.Sqrt(weights[i]) * (values[i] - At(angles_rad[i]));
                sum += off * off;
                product += off * previous;
                previous = off;
            }
        }

        return (sum / (count - 3), sum > 0 ? Math.Clamp(product / sum, 0, LargestCorrelation) : 0);
    }
}
