using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>Sums up a sinogram that is seen a range of bins at a time: which cells are measured, the mean pattern, the range of the values. Not thread-safe.</summary>
public sealed class SinogramTally
{
    private readonly SinogramHeader _header;
    private readonly bool[] _measured;
    private readonly double[] _mean;

    /// <summary>Starts with nothing seen.</summary>
    /// <param name="header">Axes of the sinogram.</param>
    public SinogramTally(SinogramHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        _header = header;
        _measured = new bool[header.CellCount];
        _mean = new double[header.BinCount];
        Array.Fill(_mean, double.NaN);
    }

    /// <summary>Which cells have a value in any bin that was seen, [rotation, translation].</summary>
    public ReadOnlySpan<bool> Measured => _measured;

    /// <summary>How many.</summary>
    public int MeasuredCount => _measured.AsSpan().Count(true);

    /// <summary>Mean over the cells with a value, of each bin; NaN where no cell has one, or the bin was not seen.</summary>
    public ReadOnlySpan<double> Mean => _mean;

    /// <summary>Smallest finite value; +∞ before there is one.</summary>
    public double Lowest { get; private set; } = double.PositiveInfinity;

    /// <summary>Largest finite value; −∞ before there is one.</summary>
    public double Highest { get; private set; } = double.NegativeInfinity;

    /// <summary>Adds bins.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    /// <param name="values">[rotation, translation, bin], <c>CellCount · count</c> values; NaN and ∞ count as unmeasured.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no such bins, or too few values.</exception>
    public void Add(int first, int count, ReadOnlySpan<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _header.BinCount - first);
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length, (long)_header.CellCount * count, nameof(values));
        double[] sums = new double[count];
        int[] counts = new int[count];
        for (int cell = 0; cell < _measured.Length; cell++)
        {
            ReadOnlySpan<float> pattern = values.Slice(cell * count, count);
            for (int bin = 0; bin < count; bin++)
            {
                float value = pattern[bin];
                if (float.IsFinite(value))
                {
                    sums[bin] += value;
                    counts[bin]++;
                    _measured[cell] = true;
                    (Lowest, Highest) = (Math.Min(Lowest, value), Math.Max(Highest, value));
                }
            }
        }

        for (int bin = 0; bin < count; bin++)
        {
            _mean[first + bin] = counts[bin] > 0 ? sums[bin] / counts[bin] : double.NaN;
        }
    }
}
