using ILGPU;
using XrdCt.Live.Compute.Integration;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>The spans of an <c>IntegrationPlan</c> in the device's memory; names and meanings are the plan's.</summary>
internal struct PlanViews
{
    public ArrayView<int> BinStart;
    public ArrayView<int> PixelOfEntry;
    public ArrayView<float> InverseNormalisation;
    public ArrayView<int> WeightOfEntry;
    public ArrayView<float> ShareOfEntry;
    public ArrayView<float> DarkOfEntry;
    public ArrayView<float> WeightScaleOfBin;
    public ArrayView<double> BinNormalisation;
    public ArrayView<double> BinNormalisationSquared;

    /// <summary>Counts from here to <see cref="LastDummy"/> have no value.</summary>
    public int FirstDummy;

    /// <summary>End of the range, inclusive.</summary>
    public int LastDummy;

    /// <summary>Pixels of a frame.</summary>
    public int PixelCount;

    /// <summary>Whether counts are a value: no flag (negative) and no dummy.</summary>
    public readonly bool IsValid(int counts) => counts >= 0 && (counts < FirstDummy || counts > LastDummy);

    /// <summary>Share of an entry's pixel that falls into its bin, 0…1.</summary>
    public readonly float Share(int entry) => ShareOfEntry.Length == 0 ? 1 : ShareOfEntry[entry];

    /// <summary>Dark current of an entry's pixel, counts.</summary>
    public readonly float Dark(int entry) => DarkOfEntry.Length == 0 ? 0 : DarkOfEntry[entry];

    /// <summary>share · (counts − dark). Without shares and dark a whole number, so that sums of it are exact in any order.</summary>
    public readonly double Signal(int entry, int counts) => Share(entry) * (counts - (double)Dark(entry));

    /// <summary>share² · variance of the counts.</summary>
    public readonly double Variance(int entry, int counts)
    {
        double share = Share(entry);
        return share * share * PixelVariance.Poisson(counts, Dark(entry));
    }
}
