using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// The pixel trimmed mean, as formulas that every backend shares. Pixels of a bin are sorted by signal/normalisation; with C the
/// cumulated share · normalisation and T its total, a pixel is kept where its interval [C(i−1), C(i)] lies inside
/// [q_low·T, q_high·T] or encloses it; the result is Σ signal / Σ normalisation over the kept pixels. Pixels of equal key stay in the order of
/// the plan. The median is the limit q_low = q_high = ½: the pixel that encloses ½T, or the two that meet there.
/// </summary>
/// <remarks>Source: pyFAI ≥ 2025, <c>medfilt1d_ng</c> (Cython and OpenCL engines), <see href="https://github.com/silx-kit/pyFAI"/>.</remarks>
internal static class TrimmedMean
{
    /// <summary>Sorting key of a pixel without dark current: counts / normalisation. Never negative, so its bits order as it does.</summary>
    public static float Key(int counts, float inverseNormalisation) => counts * inverseNormalisation;

    /// <summary>Sorting key of a pixel: (counts − dark) / normalisation. Orders as a number: it is negative where the dark exceeds the counts.</summary>
    public static float Key(int counts, float dark, float inverseNormalisation) => (counts - dark) * inverseNormalisation;

    /// <summary>Limits [q_low·T, q_high·T] of the cumulated weight.</summary>
    /// <param name="options">The filter, trimmed mean or median, and its fractions.</param>
    /// <param name="total">T, the sum of the weights of the bin's valid pixels.</param>
    public static (double Low, double High) Limits(IntegrationOptions options, long total) =>
        options.Filter == IntegrationFilter.Median
            ? (0.5 * total, 0.5 * total)
            : (options.TrimLower * total, (1 - options.TrimUpper) * total);

    /// <summary>Whether a pixel whose weights run from <paramref name="before"/> to <paramref name="after"/> is kept.</summary>
    public static bool Keeps(long before, long after, double low, double high) =>
        (before >= low && after <= high) || (before <= low && after >= high);

    /// <summary>
    /// Share of a pixel inside the limits, 0…1: <see cref="TrimDefinition.Exact"/>, also used in the few bins (of a pixel or two) where
    /// nothing fits inside the limits as a whole.
    /// </summary>
    public static double ExactShare(long before, long after, double low, double high) =>
        after > before ? Math.Max(0, Math.Min(after, high) - Math.Max(before, low)) / (after - before) : 0;
}
