using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>Cells in which large crystallites reflect: their intensity jumps for a few frames, which no smooth sinogram does.</summary>
public static class SpottyCells
{
    // Far enough out that powders with the usual few coarse grains stay unmarked.
    internal const double Threshold_sigma = 8;

    /// <summary>Marks cells whose spottiness lies more than eight standard deviations (from the median absolute deviation) above the median.</summary>
    /// <param name="spottiness">Spottiness per cell (mean less trimmed mean); NaN where unmeasured.</param>
    /// <param name="flags">Receives <see cref="CellFlags.Spotty"/> in addition to what stands there; same length.</param>
    /// <returns>How many cells are marked.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static int Mark(ReadOnlySpan<float> spottiness, Span<CellFlags> flags)
    {
        if (spottiness.Length != flags.Length)
        {
            throw new ArgumentException($"expected {spottiness.Length} cells, not {flags.Length}", nameof(flags));
        }

        (double median, double sigma) = Quantiles.MedianAndSigma([.. spottiness.ToArray().Where(float.IsFinite)]);
        int count = 0;
        for (int i = 0; i < flags.Length; i++)
        {
            if (spottiness[i] > median + (Threshold_sigma * sigma) && sigma > 0)
            {
                flags[i] |= CellFlags.Spotty;
                count++;
            }
        }

        return count;
    }
}
