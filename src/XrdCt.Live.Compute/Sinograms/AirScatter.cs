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
/// A region in the middle of a round and even sample has ends that are alike, but no air: there the intensity rises from the very end, and
/// air is flat.
/// </remarks>
public sealed class AirScatter
{
    // Of the contrast between sample and air: spread of the ends over the rotations, and how far above the air a cell still counts as such.
    internal const double LargestSpread = 0.05;
    internal const double Threshold = 0.05;

    // Of the contrast: how much higher the inner half of the air may lie than the outer one. Inside a sample, where the total rises evenly up to
    // the threshold, it is half of that.
    internal const double LargestRise = 0.01;

    // Cells next to the sample see its rim through the tails of the beam.
    internal const int Margin = 1;
    internal const int LeastCells = 10;

    // Limits far out need no better median than that of a thousand cells.
    private const int MostSampled = 1024;
    internal const double Outside_sigma = 5;

    private readonly bool[] _cells;

    private readonly List<int> _dark = [];

    private AirScatter(bool[] cells, string? refusal)
    {
        _cells = cells;
        Count = cells.Count(c => c);
        Refusal = refusal;
    }

    /// <summary>Projections that were measured and show no sample, as no projection of a scan that reaches beyond it can: the beam was off.</summary>
    public IReadOnlyList<int> DarkProjections => _dark;

    /// <summary>Level of the air, counts; NaN where none was found.</summary>
    public double Level { get; private init; } = double.NaN;

    /// <summary>What the densest part of the sample counts above the air; NaN where none was found.</summary>
    public double Contrast { get; private init; } = double.NaN;

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
        List<int> dark = [];
        for (int rotation = 0; rotation < plan.RotationCount; rotation++)
        {
            ReadOnlySpan<float> projection = total.Slice(rotation * width, width);

            // Of a line that is not finished, what is measured may well be air only.
            if (!TryMark(projection, cells.AsSpan(rotation * width, width), limit) && 2 * Unmeasured(projection) < width)
            {
                dark.Add(rotation);
            }
        }

        int count = cells.Count(c => c);
        if (count < LeastCells)
        {
            return new AirScatter(new bool[cells.Length], $"only {count} cells are outside the sample: no air scatter is taken off");
        }

        double rise = Rise(plan, total, cells);
        string? refusal = double.IsNaN(rise) ? "too few cells lie outside the sample side by side to tell air from a sample: no air scatter is taken off"
            : rise > LargestRise * contrast ? "the intensity rises from the very ends of the projections, as in a scan that does not reach beyond the sample: no air scatter is taken off"
            : null;
        if (refusal is not null)
        {
            return new AirScatter(new bool[cells.Length], refusal);
        }

        var found = new AirScatter(cells, null) { Level = air, Contrast = contrast };
        found._dark.AddRange(dark);
        return found;
    }

    // From the outer to the inner half of the air on either side, median over the projections; NaN where there are no two cells to compare.
    private static double Rise(ScanPlan plan, ReadOnlySpan<float> total, bool[] cells)
    {
        int width = plan.TranslationCount;
        List<float> rises = [];
        for (int rotation = 0; rotation < plan.RotationCount; rotation++)
        {
            float[] projection = total.Slice(rotation * width, width).ToArray();
            ReadOnlySpan<bool> air = cells.AsSpan(rotation * width, width);
            int left = air.IndexOf(false);
            int right = air.Length - 1 - air.LastIndexOf(false);
            if (left is -1)
            {
                continue;
            }

            AddRise(projection.AsSpan(0, left));
            Array.Reverse(projection);
            AddRise(projection.AsSpan(0, right));
        }

        return Quantiles.Of(rises, 0.5);

        void AddRise(ReadOnlySpan<float> fromTheEnd)
        {
            int half = fromTheEnd.Length / 2;
            if (half > 0)
            {
                rises.Add(Mean(fromTheEnd[half..]) - Mean(fromTheEnd[..half]));
            }
        }
    }

    private static float Mean(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return (float)(sum / values.Length);
    }

    /// <summary>
    /// Averages the patterns outside the sample, bin by bin, <c>Σ f · I / n</c>; of the values of a bin those farther than five standard
    /// deviations from the median are left out. Median and deviation are those of a thousand cells, evenly spread.
    /// </summary>
    /// <param name="sinogram">All patterns, divided by the monitor where that is asked for.</param>
    /// <param name="factors">Factor f of each cell, [rotation, translation].</param>
    /// <param name="pattern">Receives the mean, length of a pattern; NaN where no cell has a value.</param>
    /// <param name="variance">Receives its variance, <c>Σ f² · variance / n²</c>; NaN where no cell has a value.</param>
    /// <exception cref="ArgumentException">A length is another one.</exception>
    public void Average(SinogramStack sinogram, ReadOnlySpan<float> factors, Span<float> pattern, Span<float> variance)
    {
        ArgumentNullException.ThrowIfNull(sinogram);
        int bins = sinogram.BinCount;
        if (pattern.Length != bins || variance.Length != bins || _cells.Length != sinogram.Plan.CellCount || factors.Length != _cells.Length)
        {
            throw new ArgumentException($"expected {bins} bins of {_cells.Length} cells", nameof(pattern));
        }

        int[] cells = [.. Enumerable.Range(0, _cells.Length).Where(i => _cells[i] && sinogram.Measured[i])];
        (float[] Low, float[] High) limits = Limits(sinogram, factors, cells);
        (double[] Value, double[] Variance, int[] Count) sums = (new double[bins], new double[bins], new int[bins]);
        foreach (int cell in cells)
        {
            CellKernels.Accumulate((sinogram.Values, sinogram.Variances, cell * bins), factors[cell], limits, sums);
        }

        for (int b = 0; b < bins; b++)
        {
            double count = sums.Count[b];
            pattern[b] = count > 0 ? (float)(sums.Value[b] / count) : float.NaN;
            variance[b] = count > 0 ? (float)(sums.Variance[b] / (count * count)) : float.NaN;
        }
    }

    private static (float[] Low, float[] High) Limits(SinogramStack sinogram, ReadOnlySpan<float> factors, int[] cells)
    {
        int bins = sinogram.BinCount;
        int count = Math.Min(cells.Length, MostSampled);
        float[] samples = new float[bins * count];
        for (int i = 0; i < count; i++)
        {
            int cell = cells[(int)((long)i * cells.Length / count)];
            for (int b = 0; b < bins; b++)
            {
                samples[(b * count) + i] = sinogram.Values[(cell * bins) + b] * factors[cell];
            }
        }

        float[] low = new float[bins];
        float[] high = new float[bins];
        for (int b = 0; b < bins; b++)
        {
            (double median, double sigma) = Quantiles.MedianAndSigma(samples.AsSpan(b * count, count));
            double limit = sigma > 0 ? Outside_sigma * sigma : double.PositiveInfinity;
            (low[b], high[b]) = ((float)(median - limit), (float)(median + limit));
        }

        return (low, high);
    }

    // Of a projection that never rises above the air nothing is air: a sample is in every one, and what does not show it was dark.
    private static bool TryMark(ReadOnlySpan<float> projection, Span<bool> cells, float limit)
    {
        int left = 0;
        while (left < projection.Length && !(projection[left] > limit))
        {
            left++;
        }

        if (left == projection.Length)
        {
            return false;
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

        return true;
    }

    private static int Unmeasured(ReadOnlySpan<float> projection)
    {
        int count = 0;
        foreach (float value in projection)
        {
            count += float.IsNaN(value) ? 1 : 0;
        }

        return count;
    }
}
