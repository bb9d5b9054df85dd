namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// The pixel trimmed mean, as formulas that every backend shares. Pixels of a bin are sorted by signal/normalisation; with C the
/// cumulated normalisation and T its total, a pixel is kept where its interval [C(i−1), C(i)] lies inside
/// [q_low·T, q_high·T] or encloses it; the result is Σ signal / Σ normalisation over the kept pixels.
/// </summary>
/// <remarks>Source: pyFAI ≥ 2025, <c>medfilt1d_ng</c> (Cython and OpenCL engines), <see href="https://github.com/silx-kit/pyFAI"/>.</remarks>
internal static class TrimmedMean
{
    /// <summary>Sorting key of a pixel: counts / normalisation. Never negative, so its bits order as it does.</summary>
    public static float Key(int counts, float inverseNormalisation) => counts * inverseNormalisation;

    /// <summary>Whether a pixel whose weights run from <paramref name="before"/> to <paramref name="after"/> is kept.</summary>
    public static bool Keeps(long before, long after, double low, double high) =>
        (before >= low && after <= high) || (before <= low && after >= high);

    /// <summary>
    /// Share of a pixel inside the limits, 0…1: the <c>exact</c> form, used in the few bins (of a pixel or two) where nothing
    /// fits inside the limits as a whole.
    /// </summary>
    public static double ExactShare(long before, long after, double low, double high) =>
        after > before ? Math.Max(0, Math.Min(after, high) - Math.Max(before, low)) / (after - before) : 0;
}
