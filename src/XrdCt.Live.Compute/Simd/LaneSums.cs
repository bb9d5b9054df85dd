using XrdCt.Live.Compute.Integration;

namespace XrdCt.Live.Compute.Simd;

/// <summary>Sums over the kept pixels of a bin, one number per lane.</summary>
internal sealed class LaneSums
{
    /// <summary>Σ share · signal.</summary>
    public double[] Signal { get; } = new double[LaneReader.Count];

    /// <summary>Σ share² · variance.</summary>
    public double[] Variance { get; } = new double[LaneReader.Count];

    /// <summary>Σ weight.</summary>
    public double[] Weight { get; } = new double[LaneReader.Count];

    /// <summary>Σ weight².</summary>
    public double[] WeightSquared { get; } = new double[LaneReader.Count];

    /// <summary>Number of pixels kept.</summary>
    public int[] Count { get; } = new int[LaneReader.Count];

    /// <summary>Forgets a lane.</summary>
    public void Clear(int lane)
    {
        Signal[lane] = 0;
        Variance[lane] = 0;
        Weight[lane] = 0;
        WeightSquared[lane] = 0;
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
        double inverse = bin.Inverse[entry];
        double weight = kept * bin.ShareAt(entry) / inverse;
        Add(bin, entry, lane, kept, PixelVariance.Azimuthal(weight, bin.SignalAt(entry, lane) * inverse, centre));
    }

    /// <summary>
    /// Moves a lane's scatter from a value nearby, around which it was taken so that nothing is lost in floats, to the mean of the kept
    /// pixels (Steiner's theorem).
    /// </summary>
    /// <param name="lane">The lane.</param>
    /// <param name="scale">Units of the weights in one of the normalisation.</param>
    /// <param name="centre">The value.</param>
    /// <returns>The mean; the value where nothing was kept.</returns>
    public double CentreScatter(int lane, double scale, double centre)
    {
        double normalisation = Weight[lane] / scale;
        if (normalisation <= 0)
        {
            return centre;
        }

        double mean = Signal[lane] / normalisation;
        Variance[lane] = Math.Max(0, Variance[lane] - (normalisation * (mean - centre) * (mean - centre)));
        return mean;
    }

    private void Add(BinLanes bin, int entry, int lane, double kept, double variance)
    {
        double weight = kept * bin.Weights[entry];
        Signal[lane] += kept * bin.ShareAt(entry) * bin.SignalAt(entry, lane);
        Variance[lane] += variance;
        Weight[lane] += weight;
        WeightSquared[lane] += weight * weight;
        Count[lane]++;
    }
}
