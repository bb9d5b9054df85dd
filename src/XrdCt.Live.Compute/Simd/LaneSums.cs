using XrdCt.Live.Compute.Integration;

namespace XrdCt.Live.Compute.Simd;

/// <summary>Sums over the kept pixels of a bin, one number per lane.</summary>
internal sealed class LaneSums
{
    /// <summary>Σ share · signal.</summary>
    public double[] Signal { get; } = new double[LaneReader.Count];

    /// <summary>Σ share² · variance.</summary>
    public double[] Variance { get; } = new double[LaneReader.Count];

    /// <summary>Σ share · normalisation.</summary>
    public double[] Normalisation { get; } = new double[LaneReader.Count];

    /// <summary>Σ (share · normalisation)².</summary>
    public double[] NormalisationSquared { get; } = new double[LaneReader.Count];

    /// <summary>Number of pixels kept.</summary>
    public int[] Count { get; } = new int[LaneReader.Count];

    /// <summary>Forgets a lane.</summary>
    public void Clear(int lane)
    {
        Signal[lane] = 0;
        Variance[lane] = 0;
        Normalisation[lane] = 0;
        NormalisationSquared[lane] = 0;
        Count[lane] = 0;
    }

    /// <summary>Adds a pixel, or a share of one, with its Poisson variance.</summary>
    /// <param name="bin">The bin.</param>
    /// <param name="entry">The pixel.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="kept">Share of the pixel that is kept, 0…1.</param>
    public void Add(BinLanes bin, int entry, int lane, double kept)
    {
        double share = kept * bin.ShareAt(entry);
        Add(bin, entry, lane, kept, share * share * bin.VarianceAt(entry, lane));
    }

    /// <summary>Adds a pixel, or a share of one, with its part of the scatter around a value.</summary>
    /// <param name="bin">The bin.</param>
    /// <param name="entry">The pixel.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="kept">Share of the pixel that is kept, 0…1.</param>
    /// <param name="centre">The value.</param>
    public void AddScatter(BinLanes bin, int entry, int lane, double kept, double centre)
    {
        double value = bin.SignalAt(entry, lane) * bin.Inverse[entry];
        Add(bin, entry, lane, kept, PixelVariance.Azimuthal(kept * bin.Norms[entry], value, centre));
    }

    /// <summary>
    /// Moves a lane's scatter from a value nearby, around which it was taken so that nothing is lost in floats, to the mean of the kept
    /// pixels (Steiner's theorem).
    /// </summary>
    /// <param name="lane">The lane.</param>
    /// <param name="centre">The value.</param>
    public void CentreScatter(int lane, double centre)
    {
        double normalisation = Normalisation[lane];
        if (normalisation <= 0)
        {
            return;
        }

        double mean = Signal[lane] / normalisation;
        Variance[lane] = Math.Max(0, Variance[lane] - (normalisation * (mean - centre) * (mean - centre)));
    }

    private void Add(BinLanes bin, int entry, int lane, double kept, double variance)
    {
        double norm = kept * bin.Norms[entry];
        Signal[lane] += kept * bin.ShareAt(entry) * bin.SignalAt(entry, lane);
        Variance[lane] += variance;
        Normalisation[lane] += norm;
        NormalisationSquared[lane] += norm * norm;
        Count[lane]++;
    }
}
