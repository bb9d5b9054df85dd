namespace XrdCt.Live.Model.Patterns;

/// <summary>Uniform radial bins: bin k spans <c>[Lower + k·Step, Lower + (k+1)·Step)</c>, its centre is at <c>k + ½</c>.</summary>
public sealed class RadialAxis
{
    private readonly double[] _centres;

    /// <summary>Makes the axis.</summary>
    /// <param name="unit">Unit of all positions.</param>
    /// <param name="lower">Lower edge of the first bin.</param>
    /// <param name="upper">Upper edge of the last bin.</param>
    /// <param name="binCount">Number of bins, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">No bins, or an upper edge not above the lower one.</exception>
    public RadialAxis(RadialUnit unit, double lower, double upper, int binCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(binCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(upper, lower);
        Unit = unit;
        Lower = lower;
        Upper = upper;
        Step = (upper - lower) / binCount;
        _centres = new double[binCount];
        for (int k = 0; k < binCount; k++)
        {
            _centres[k] = lower + ((k + 0.5) * Step);
        }
    }

    /// <summary>Unit of all positions.</summary>
    public RadialUnit Unit { get; }

    /// <summary>Lower edge of the first bin.</summary>
    public double Lower { get; }

    /// <summary>Upper edge of the last bin.</summary>
    public double Upper { get; }

    /// <summary>Width of a bin.</summary>
    public double Step { get; }

    /// <summary>Number of bins.</summary>
    public int BinCount => _centres.Length;

    /// <summary>Centres of the bins, length <see cref="BinCount"/>.</summary>
    public ReadOnlySpan<double> Centres => _centres;
}
