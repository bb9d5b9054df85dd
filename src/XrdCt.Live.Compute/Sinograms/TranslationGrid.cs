namespace XrdCt.Live.Compute.Sinograms;

/// <summary>
/// Brings the translations of a sinogram from a file into ascending order and onto even steps, which the reconstruction needs. Immutable,
/// thread-safe.
/// </summary>
/// <remarks>
/// Translations that lie within a hundredth of a step of an even grid are taken as they are, in ascending order. Others are interpolated linearly onto
/// as many even steps between the first and the last.
/// </remarks>
public sealed class TranslationGrid
{
    private const double Tolerance_step = 0.01;

    private readonly int[] _left;
    private readonly int[] _right;
    private readonly float[] _share;

    /// <summary>Finds the grid.</summary>
    /// <param name="positions_um">Position of each translation, µm, any order.</param>
    /// <exception cref="ArgumentException">There are fewer than two, two are the same, or one is not finite.</exception>
    public TranslationGrid(ReadOnlySpan<double> positions_um)
    {
        double[] sorted = positions_um.ToArray();
        int[] order = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, order);
        if (sorted.Length < 2 || sorted.Any(p => !double.IsFinite(p)) || sorted.Zip(sorted.Skip(1)).Any(p => !(p.Second > p.First)))
        {
            throw new ArgumentException("a sinogram needs two or more translations at different positions", nameof(positions_um));
        }

        int last = sorted.Length - 1;
        First_um = sorted[0];
        Step_um = (sorted[last] - sorted[0]) / last;
        IsEven = Enumerable.Range(0, sorted.Length).All(i => Math.Abs(sorted[i] - Position_um(i)) <= Tolerance_step * Step_um);
        _left = new int[sorted.Length];
        _right = new int[sorted.Length];
        _share = new float[sorted.Length];
        for (int i = 0, below = 0; i < sorted.Length; i++)
        {
            if (IsEven)
            {
                (_left[i], _right[i], _share[i]) = (order[i], order[i], 0);
                continue;
            }

            double at = Math.Min(Position_um(i), sorted[last]);
            while (below < last - 1 && sorted[below + 1] <= at)
            {
                below++;
            }

            (_left[i], _right[i]) = (order[below], order[below + 1]);
            _share[i] = (float)((at - sorted[below]) / (sorted[below + 1] - sorted[below]));
        }
    }

    /// <summary>Position of the first translation of the grid, µm.</summary>
    public double First_um { get; }

    /// <summary>Distance of two translations of the grid, µm.</summary>
    public double Step_um { get; }

    /// <summary>Whether the translations lay on even steps, in whatever order.</summary>
    public bool IsEven { get; }

    /// <summary>Number of translations.</summary>
    public int Count => _left.Length;

    /// <summary>Position of a translation of the grid, µm.</summary>
    public double Position_um(int translation) => First_um + (translation * Step_um);

    /// <summary>Brings a projection onto the grid.</summary>
    /// <param name="projection">[translation, bin], in the order of the file; NaN where unmeasured.</param>
    /// <param name="bins">Number of bins.</param>
    /// <param name="onGrid">Receives [translation, bin], ascending; NaN where a neighbour with a share in it is.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public void Apply(ReadOnlySpan<float> projection, int bins, Span<float> onGrid)
    {
        if (projection.Length != Count * bins || onGrid.Length != projection.Length)
        {
            throw new ArgumentException($"expected {Count} × {bins} values, not {projection.Length} and {onGrid.Length}");
        }

        for (int i = 0; i < _left.Length; i++)
        {
            ReadOnlySpan<float> left = projection.Slice(_left[i] * bins, bins);
            Span<float> to = onGrid.Slice(i * bins, bins);
            if (_share[i] == 0)
            {
                left.CopyTo(to);
                continue;
            }

            ReadOnlySpan<float> right = projection.Slice(_right[i] * bins, bins);
            for (int b = 0; b < bins; b++)
            {
                to[b] = left[b] + (_share[i] * (right[b] - left[b]));
            }
        }
    }
}
