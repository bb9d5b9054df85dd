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
    public ArrayView<double> BinNormalisation;
    public ArrayView<double> BinNormalisationSquared;

    /// <summary>Counts from here to <see cref="LastDummy"/> have no value.</summary>
    public int FirstDummy;

    /// <summary>End of the range, inclusive.</summary>
    public int LastDummy;

    /// <summary>Pixels of a frame.</summary>
    public int PixelCount;

    /// <summary>1 where the variance of a cell is the scatter of its pixels, 0 where it is Poisson's.</summary>
    public int IsAzimuthal;

    /// <summary>Whether counts are a value: no flag (negative) and no dummy.</summary>
    public readonly bool IsValid(int counts) => counts >= 0 && (counts < FirstDummy || counts > LastDummy);

    /// <summary>Share of an entry's pixel that falls into its bin, 0…1.</summary>
    public readonly float Share(int entry) => ShareOfEntry.Length == 0 ? 1 : ShareOfEntry[entry];

    /// <summary>Dark current of an entry's pixel, counts.</summary>
    public readonly float Dark(int entry) => DarkOfEntry.Length == 0 ? 0 : DarkOfEntry[entry];

    /// <summary>share · (counts − dark). Without shares and dark a whole number, so that sums of it are exact in any order.</summary>
    public readonly double Signal(int entry, int counts) => Share(entry) * (counts - (double)Dark(entry));

    /// <summary>share · normalisation, to a part in 10⁷.</summary>
    public readonly double Normalisation(int entry) => Share(entry) / InverseNormalisation[entry];

    /// <summary>(counts − dark) / normalisation.</summary>
    public readonly double Value(int entry, int counts) => (counts - (double)Dark(entry)) * InverseNormalisation[entry];

    /// <summary>share² · Poisson's variance of the counts.</summary>
    public readonly double PoissonVariance(int entry, int counts) =>
        (double)Share(entry) * Share(entry) * PixelVariance.Poisson(counts, Dark(entry));

    /// <summary>
    /// What an entry adds to the variance of its cell: share² · variance of the counts; share · signal² / normalisation where it is their
    /// scatter, whose mean <see cref="Scatter"/> takes off.
    /// </summary>
    public readonly double Variance(int entry, int counts)
    {
        double signal = counts - (double)Dark(entry);
        return IsAzimuthal != 0
            ? Share(entry) * signal * signal * InverseNormalisation[entry]
            : PoissonVariance(entry, counts);
    }

    /// <summary>The variance of a cell from the sums over its entries: Σ w·(v − mean)² = Σ w·v² − (Σ w·v)² / Σ w.</summary>
    public readonly double Scatter(double variance, double signal, double normalisation) => IsAzimuthal != 0 && normalisation > 0
        ? Math.Max(0, variance - (signal * signal / normalisation))
        : variance;
}
