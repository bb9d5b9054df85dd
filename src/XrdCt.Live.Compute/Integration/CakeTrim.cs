using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// The trimmed mean over the sectors of a cake. Per radial bin, the intensities v = signal/normalisation of the m sectors that hold a pixel are
/// sorted, and those of ranks [⌊lower·m⌋, ⌈(1 − upper)·m⌉) are averaged without weights; the median takes the one or two in the middle.
/// </summary>
/// <remarks>
/// The pattern's sums say the same in its own terms: with k sectors kept, Normalisation N is the sum of theirs, Signal = N · mean(v), Variance =
/// (N/k)² Σ (variance/normalisation²) and NormalisationSquared = (N/k)² Σ (normalisation squared/normalisation²), so that intensity is mean(v),
/// σ is √(Σ σ²)/k, and the effective number of pixels is that of an unweighted mean; Count is their sum; Mean is the plain mean over all
/// pixels. Source: pyFAI 0.21.3, <c>medfilt1d</c>, <see href="https://github.com/silx-kit/pyFAI"/>.
/// </remarks>
internal static class CakeTrim
{
    /// <summary>Averages the sectors of a cake.</summary>
    /// <param name="options">The filter, trimmed mean or median, and its fractions.</param>
    /// <param name="cells">Sums of the cells [sector, bin], the bin fastest; length sectors · bins.</param>
    /// <param name="pattern">Receives the pattern; its length is the number of bins.</param>
    /// <param name="ranking">Scratch, one for each sector.</param>
    public static void Average(IntegrationOptions options, DiffractionPattern cells, DiffractionPattern pattern, Span<ulong> ranking)
    {
        for (int bin = 0; bin < pattern.BinCount; bin++)
        {
            (double signal, double normalisation) = (0, 0);
            int filled = 0;
            for (int sector = 0, cell = bin; cell < cells.BinCount; sector++, cell += pattern.BinCount)
            {
                double norm = cells.Normalisation[cell];
                if (norm > 0)
                {
                    signal += cells.Signal[cell];
                    normalisation += norm;
                    ranking[filled++] = ((ulong)Order((float)(cells.Signal[cell] / norm)) << 32) | (uint)sector;
                }
            }

            pattern.Mean[bin] = normalisation > 0 ? (float)(signal / normalisation) : float.NaN;
            ranking[..filled].Sort();
            (int first, int end) = Kept(options, filled);
            Average(cells, ranking[first..end], pattern, bin);
        }
    }

    /// <summary>Ranks [first, end) that are kept of m sectors.</summary>
    private static (int First, int End) Kept(IntegrationOptions options, int m)
    {
        if (options.Filter == IntegrationFilter.Median)
        {
            return ((m - 1) / 2, (m / 2) + Math.Min(m, 1));
        }

        // 0.07 · 100 is 7.000000000000001: a product that is whole on paper must be whole here.
        const double Rounding = 1e-9;
        return ((int)Math.Floor((options.TrimLower * m) + Rounding), (int)Math.Ceiling(((1 - options.TrimUpper) * m) - Rounding));
    }

    private static void Average(DiffractionPattern cells, ReadOnlySpan<ulong> kept, DiffractionPattern pattern, int bin)
    {
        (double values, double normalisation, double variance, double normalisationSquared) = (0, 0, 0, 0);
        int count = 0;
        foreach (ulong ranked in kept)
        {
            int cell = ((int)(uint)ranked * pattern.BinCount) + bin;
            double norm = cells.Normalisation[cell];
            values += cells.Signal[cell] / norm;
            normalisation += norm;
            variance += cells.Variance[cell] / (norm * norm);
            normalisationSquared += cells.NormalisationSquared[cell] / (norm * norm);
            count += cells.Count[cell];
        }

        double scale = kept.IsEmpty ? 0 : normalisation / kept.Length;
        pattern.Signal[bin] = scale * values;
        pattern.Normalisation[bin] = normalisation;
        pattern.Variance[bin] = scale * scale * variance;
        pattern.NormalisationSquared[bin] = scale * scale * normalisationSquared;
        pattern.Count[bin] = count;
    }

    /// <summary>An integer that orders as the number does, negative ones included.</summary>
    private static uint Order(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return bits ^ ((bits >> 31) != 0 ? uint.MaxValue : 1u << 31);
    }
}
