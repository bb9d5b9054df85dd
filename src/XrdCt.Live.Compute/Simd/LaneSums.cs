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

    /// <summary>Pixels kept.</summary>
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

    /// <summary>Adds a pixel, or a share of one.</summary>
    /// <param name="bin">The bin.</param>
    /// <param name="entry">The pixel.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="kept">Share of the pixel that is kept, 0…1.</param>
    public void Add(BinLanes bin, int entry, int lane, double kept = 1)
    {
        double share = kept * bin.ShareAt(entry);
        double weight = kept * bin.Weights[entry];
        Signal[lane] += share * bin.SignalAt(entry, lane);
        Variance[lane] += share * share * bin.VarianceAt(entry, lane);
        Weight[lane] += weight;
        WeightSquared[lane] += weight * weight;
        Count[lane]++;
    }
}
