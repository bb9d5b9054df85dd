using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>
/// The positions outside the sample, found from the sinogram of the total intensity, and what the beam scatters there: air, windows, and
/// whatever else stands in it for the whole scan. It is the same in every cell, so it is taken off pattern by pattern, bin by bin.
/// </summary>
/// <remarks>
/// The ends of a projection are air when they are alike at all rotations, and lower than what lies between: their spread over the rotations
/// is below a twentieth of the contrast. In a scan of a region of interest the ends lie inside the sample and are not alike: no air is found.
/// </remarks>
public sealed class AirScatter
{
    // Of the contrast between sample and air: spread of the ends over the rotations, and how far above the air a cell still counts as such.
    private const double LargestSpread = 0.05;
    private const double Threshold = 0.05;

    // Cells next to the sample see its rim through the tails of the beam.
    private const int Margin = 1;
    private const int LeastCells = 10;

    private readonly bool[] _cells;

    private AirScatter(bool[] cells, string? refusal)
    {
        _cells = cells;
        Count = cells.Count(c => c);
        Refusal = refusal;
    }

    /// <summary>Which cells are outside the sample, [rotation, translation]; none where <see cref="Refusal"/> says why.</summary>
    public ReadOnlySpan<bool> Cells => _cells;

    /// <summary>Number of those cells.</summary>
    public int Count { get; }

    /// <summary>Why no air was found, as a sentence; null where it was.</summary>
    public string? Refusal { get; }

    /// <summary>Finds the cells outside the sample.</summary>
    /// <param name="plan">Scan plan.</param>
    /// <param name="total">Total intensity, normalised to the monitor, [rotation, translation]; NaN where unmeasured.</param>
    /// <exception cref="ArgumentException">The sinogram is not the plan's.</exception>
    public static AirScatter Find(ScanPlan plan, ReadOnlySpan<float> total)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (total.Length != plan.CellCount)
        {
            throw new ArgumentException($"expected {plan.CellCount} cells, not {total.Length}", nameof(total));
        }

        bool[] cells = new bool[total.Length];
        int width = plan.TranslationCount;
        var ends = new List<float>();
        for (int rotation = 0; rotation < plan.RotationCount; rotation++)
        {
            ends.Add(total[rotation * width]);
            ends.Add(total[((rotation + 1) * width) - 1]);
        }

        (double air, double spread) = Quantiles.MedianAndSigma([.. ends.Where(float.IsFinite)]);
        double contrast = Quantiles.Of(total.ToArray(), 0.95) - air;
        if (!(contrast > 0) || !(spread <= LargestSpread * contrast))
        {
            return new AirScatter(cells, "the ends of the projections are not alike, as in a scan that does not reach beyond the sample: no air scatter is taken off");
        }

        float limit = (float)(air + (Threshold * contrast));
        for (int rotation = 0; rotation < plan.RotationCount; rotation++)
        {
            ReadOnlySpan<float> projection = total.Slice(rotation * width, width);
            Mark(projection, cells.AsSpan(rotation * width, width), limit);
        }

        int count = cells.Count(c => c);
        return count >= LeastCells
            ? new AirScatter(cells, null)
            : new AirScatter(new bool[cells.Length], $"only {count} cells are outside the sample: no air scatter is taken off");
    }

    /// <summary>
    /// Averages the patterns outside the sample, bin by bin, <c>Σ I / n</c>; of the values of a bin those farther than five standard
    /// deviations from the median are left out.
    /// </summary>
    /// <param name="sinogram">All patterns, normalised to the monitor.</param>
    /// <param name="pattern">Receives the mean, length of a pattern; NaN where no cell has a value.</param>
    public void Average(SinogramStack sinogram, Span<float> pattern)
    {
        ArgumentNullException.ThrowIfNull(sinogram);
        if (pattern.Length != sinogram.BinCount || _cells.Length != sinogram.Plan.CellCount)
        {
            throw new ArgumentException($"expected {sinogram.BinCount} bins of {_cells.Length} cells", nameof(pattern));
        }

        const double Outside_sigma = 5;
        int[] offsets = [.. Enumerable.Range(0, _cells.Length).Where(i => _cells[i] && sinogram.Measured[i])];
        float[] values = new float[offsets.Length];
        for (int b = 0; b < pattern.Length; b++)
        {
            for (int i = 0; i < offsets.Length; i++)
            {
                values[i] = sinogram.Values[(offsets[i] * sinogram.BinCount) + b];
            }

            (double median, double sigma) = Quantiles.MedianAndSigma(values);
            double limit = sigma > 0 ? Outside_sigma * sigma : double.PositiveInfinity;
            double sum = 0;
            int count = 0;
            foreach (float value in values)
            {
                if (Math.Abs(value - median) <= limit)
                {
                    sum += value;
                    count++;
                }
            }

            pattern[b] = count > 0 ? (float)(sum / count) : float.NaN;
        }
    }

    private static void Mark(ReadOnlySpan<float> projection, Span<bool> cells, float limit)
    {
        int left = 0;
        while (left < projection.Length && !(projection[left] > limit))
        {
            left++;
        }

        int right = projection.Length;
        while (right > left && !(projection[right - 1] > limit))
        {
            right--;
        }

        for (int i = 0; i < projection.Length; i++)
        {
            cells[i] = (i < left - Margin || i >= right + Margin) && !float.IsNaN(projection[i]);
        }
    }
}
