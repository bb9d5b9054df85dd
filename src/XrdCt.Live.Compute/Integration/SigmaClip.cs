namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Sigma clipping, as formulas that every backend shares. A round takes mean = Σ signal / Σ normalisation and deviation =
/// √(Σ variance / Σ normalisation) over the pixels that are left, and drops those with |signal/normalisation − mean| &gt; max(threshold,
/// √(2 ln(n/√(2π)))) · deviation, n = Σ share; the rounds end when nothing is dropped, or at the given number.
/// </summary>
/// <remarks>
/// Source: pyFAI 0.21.3, <c>sigma_clip_ng</c>, with Chauvenet's criterion for many pixels. As there, the deviation takes normalisations to be of
/// order 1. The model of the error model's variance is <see cref="PixelVariance"/>; hybrid clips by the azimuthal one and reports Poisson's.
/// </remarks>
internal static class SigmaClip
{
    // Keys are float32: pixels of equal value differ by up to 2⁻²³ of it, and must not be clipped where the deviation is 0.
    private const double KeyRounding = 1.0 / (1 << 21);

    // ln √(2π).
    private const double LogSqrtTwoPi = 0.91893853320467274;

    /// <summary>Chauvenet's criterion takes fewer pixels for these.</summary>
    public const double FewestPixels = 3;

    /// <summary>Keys that a round keeps: Low ≤ key ≤ High.</summary>
    /// <param name="signal">Σ share · signal over the pixels that are left, counts.</param>
    /// <param name="normalisation">Σ share · normalisation over them, above 0.</param>
    /// <param name="variance">Σ variance over them, by the error model that clips.</param>
    /// <param name="count">n = Σ share over them.</param>
    /// <param name="threshold_sigma">Threshold, standard deviations.</param>
    public static (float Low, float High) Limits(
        double signal, double normalisation, double variance, double count, double threshold_sigma) =>
        LimitsByLog(signal, normalisation, variance, Math.Log(Math.Max(count, FewestPixels)), threshold_sigma);

    /// <summary>The same where ln n, n ≥ <see cref="FewestPixels"/>, is known: kernels of a device have a logarithm of their own.</summary>
    public static (float Low, float High) LimitsByLog(
        double signal, double normalisation, double variance, double logCount, double threshold_sigma)
    {
        double mean = signal / normalisation;
        double chauvenet = Math.Sqrt(2 * (logCount - LogSqrtTwoPi));
        double width = (Math.Max(threshold_sigma, chauvenet) * Math.Sqrt(variance / normalisation)) + (Math.Abs(mean) * KeyRounding);
        return ((float)(mean - width), (float)(mean + width));
    }
}
