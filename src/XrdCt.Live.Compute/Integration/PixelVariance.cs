namespace XrdCt.Live.Compute.Integration;

/// <summary>Variance of a pixel by error model, as formulas that every backend shares.</summary>
/// <remarks>Source: pyFAI 0.21.3, <see href="https://github.com/silx-kit/pyFAI"/> (engines/preproc.py and ext/CSR_common.pxi).</remarks>
internal static class PixelVariance
{
    /// <summary>
    /// Poisson: <c>max(counts, 1) + max(dark, 0)</c>, counts². A pixel without a count still carries the variance of one. It enters the
    /// variance of a cell times share².
    /// </summary>
    public static double Poisson(int counts, float dark) => Math.Max(counts, 1) + Math.Max(dark, 0.0);

    /// <summary>
    /// Azimuthal: <c>share · normalisation · (value − mean)²</c>, the pixel's part of the scatter around the cell's intensity. It enters the
    /// variance of a cell as it is.
    /// </summary>
    /// <param name="weight">Share · normalisation.</param>
    /// <param name="value">Signal / normalisation of the pixel.</param>
    /// <param name="mean">Σ signal / Σ normalisation over the kept pixels of the cell.</param>
    public static double Azimuthal(double weight, double value, double mean) => weight * (value - mean) * (value - mean);
}
