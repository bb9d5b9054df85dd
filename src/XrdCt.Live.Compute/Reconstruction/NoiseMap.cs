using System.Numerics.Tensors;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Noise of a slice by filtered back projection, from the variance of the cells of its sinogram. A slice is linear in its
/// sinogram, so this is exact for cells that are independent: with the filter h, the weights w of the projections and a pixel at
/// <c>i + f</c> of projection k, <c>σ² = Σ_k (w_k/2)² Σ_j ((1 − f)·h[i − j] + f·h[i + 1 − j])²·σ²_kj</c>.
/// </summary>
/// <remarks>
/// The square is <c>(1 − f)²·V[i] + 2f(1 − f)·X[i] + f²·V[i + 1]</c>, V being the variance of a filtered sample and X its covariance with the
/// next one: two filtered projections for each one, then a back projection that interpolates quadratically. Cells that were not
/// measured are bridged before filtering, and the cells beside them count for the bridge, which is exact as well. Scans of a region of
/// interest have filters of their own: <see cref="Roi.RoiExtension.Noise"/>, <see cref="Roi.CoarsePatterns.Noise"/>. What is systematic
/// is not in it: missing angles, outside signal, absorption. Immutable, thread-safe.
/// Compare Kak &amp; Slaney (1988), section 5.2.
/// </remarks>
public sealed class NoiseMap
{
    // One measured cell is no projection: its value would be held over the whole width.
    private const int LeastMeasured = 2;

    private readonly BackProjector _circle;
    private readonly float[] _matrix;
    private readonly RowNoise _rows;
    private readonly (ScanPlan Plan, RowNoise Rows)? _moved;
    private readonly Func<double[], double[], IEnumerable<FilteredNoise>>? _outside;

    /// <summary>Makes the map of a plain filtered back projection.</summary>
    /// <param name="size">Pixels along x and y, and samples of a projection, at least 2.</param>
    /// <param name="filter">Apodisation of the slice.</param>
    /// <param name="centre_px">Offset of the rotation axis from sample N/2, samples; less than N/2 in magnitude.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 2, or the axis is outside the projection.</exception>
    public NoiseMap(int size, RampFilter filter, double centre_px = 0)
        : this(Matrix(size, filter), size, centre_px)
    {
    }

    /// <summary>Makes the map behind another filter.</summary>
    /// <param name="matrix">The filter, [N + 2, N].</param>
    /// <param name="size">Pixels along x and y, and samples N of a projection.</param>
    /// <param name="centre_px">Offset of the rotation axis from sample N/2, samples.</param>
    /// <param name="outside">Noise that comes from elsewhere, of the angles and weights of the projections; null for none.</param>
    internal NoiseMap(float[] matrix, int size, double centre_px, Func<double[], double[], IEnumerable<FilteredNoise>>? outside = null)
    {
        _circle = new BackProjector(size, centre_px);
        _matrix = matrix;
        _rows = new RowNoise(matrix, size);
        _outside = outside;
    }

    private NoiseMap(NoiseMap still, ScanPlan plan, double shift_px)
    {
        (_circle, _matrix, _rows, _outside) = (still._circle, still._matrix, still._rows, still._outside);
        _moved = (plan, new RowNoise(Moved(_matrix, Size, shift_px), Size));
    }

    /// <summary>Pixels along x and y.</summary>
    public int Size => _circle.Size;

    /// <summary>
    /// The map of a scan whose backward lines are brought onto the cells of the forward ones (<see cref="LineAlignment.Align"/>). Where lines run over translations,
    /// that is part of the filter: exact but beside gaps. Where they run over rotations, the variances are moved themselves, and what the interpolation smooths counts
    /// as noise all the same: σ is 7 % too large for half a step.
    /// </summary>
    /// <param name="plan">The plan by which the cells were filled.</param>
    /// <param name="shift_px">Sample k of a backward line belongs to k + shift, steps of the fast axis.</param>
    /// <param name="variance">Variances of all cells of the plan, [rotation, translation]; changed where lines run over rotations.</param>
    /// <exception cref="ArgumentException">They are not those of the plan, or the plan has another number of translations.</exception>
    public NoiseMap WithLinesMoved(ScanPlan plan, double shift_px, Span<float> variance)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.TranslationCount != Size || variance.Length != plan.CellCount)
        {
            throw new ArgumentException($"a plan of {Size} translations and its variances are expected, not {plan.TranslationCount} and {variance.Length} values", nameof(plan));
        }

        if (!plan.Path.LinesRunOverRotations)
        {
            return new NoiseMap(this, plan, shift_px);
        }

        LineAlignment.AlignVariance(plan, variance, shift_px);
        return this;
    }

    /// <summary>Computes σ of each pixel.</summary>
    /// <param name="angles_rad">Angles of the projections, rad.</param>
    /// <param name="variance">
    /// Variances of the cells, [rotation, translation], in the square of their unit; NaN, infinite or negative where a cell was not measured.
    /// A projection of fewer than two measured cells is not in the slice, and its angle not in the weights.
    /// </param>
    /// <param name="sigma">
    /// Receives [y, x], N² values, in the unit of the slice; NaN outside the circle, and everywhere without a projection.
    /// </param>
    /// <param name="hasEvenWeights">Whether all projections count alike instead of by <see cref="AngularWeights"/>.</param>
    /// <exception cref="ArgumentException">The lengths do not belong to the angles and the size.</exception>
    public void Compute(ReadOnlySpan<double> angles_rad, ReadOnlySpan<float> variance, Span<float> sigma, bool hasEvenWeights = false)
    {
        if (variance.Length != (long)angles_rad.Length * Size || sigma.Length != Size * Size)
        {
            throw new ArgumentException(
                $"{angles_rad.Length} angles of {Size} samples and a slice of {Size}² pixels are expected, "
                + $"not {variance.Length} and {sigma.Length} values");
        }

        List<int> rows = [];
        for (int row = 0; row < angles_rad.Length; row++)
        {
            if (CountMeasured(variance.Slice(row * Size, Size)) >= LeastMeasured)
            {
                rows.Add(row);
            }
        }

        sigma.Fill(float.NaN);
        if (rows.Count == 0)
        {
            return;
        }

        double[] angles = new double[rows.Count];
        for (int i = 0; i < angles.Length; i++)
        {
            angles[i] = angles_rad[rows[i]];
        }

        double[] weights = new double[rows.Count];
        if (hasEvenWeights)
        {
            Array.Fill(weights, Math.PI / rows.Count);
        }
        else
        {
            AngularWeights.Compute(angles, weights);
        }

        // The ½ belongs to the filter, whose response is twice the ramp (scikit-image's convention).
        double[] total = new double[sigma.Length];
        FilteredNoise own = new(0, 0, new double[_rows.Rows], new double[_rows.Rows]);
        for (int i = 0; i < angles.Length; i++)
        {
            RowNoise filter = _moved is { } moved && LineAlignment.IsBackward(moved.Plan, rows[i]) ? moved.Rows : _rows;
            filter.Compute(variance.Slice(rows[i] * Size, Size), own.Power, own.Product);
            BackProject(own with { Angle_rad = angles[i], Weight = 0.5 * weights[i] }, total);
        }

        foreach (FilteredNoise noise in _outside?.Invoke(angles, [.. weights.Select(w => 0.5 * w)]) ?? [])
        {
            BackProject(noise, total);
        }

        for (int row = 0; row < Size; row++)
        {
            (int first, int last) = _circle.Columns(row);
            for (int pixel = (row * Size) + first; pixel <= (row * Size) + last; pixel++)
            {
                // A variance that rounding left below 0 is none.
                sigma[pixel] = (float)Math.Sqrt(Math.Max(0, total[pixel]));
            }
        }
    }

    private static float[] Matrix(int size, RampFilter filter)
    {
        var ramp = new ProjectionFilter(size, filter);
        float[] matrix = new float[ramp.FilteredLength * size];
        for (int i = 0; i < matrix.Length; i++)
        {
            matrix[i] = ramp.Kernel((i / size) - ProjectionFilter.Margin - (i % size));
        }

        return matrix;
    }

    // The filter behind the move: what a unit in a cell becomes, moved, held at the ends, and filtered.
    private static float[] Moved(float[] matrix, int size, double shift_px)
    {
        float[] move = new float[size * size];
        float[] unit = new float[size], shifted = new float[size], whole = new float[size];
        for (int cell = 0; cell < size; cell++)
        {
            unit[cell] = 1;
            LineResampling.Shift(unit, shift_px, shifted);
            ProjectionGaps.Bridge(shifted, whole);
            for (int sample = 0; sample < size; sample++)
            {
                move[(sample * size) + cell] = whole[sample];
            }

            unit[cell] = 0;
        }

        float[] moved = new float[matrix.Length];
        for (int i = 0; i < matrix.Length; i++)
        {
            Span<float> row = moved.AsSpan(i / size * size, size);
            TensorPrimitives.MultiplyAdd(move.AsSpan(i % size * size, size), matrix[i], row, row);
        }

        return moved;
    }

    private static int CountMeasured(ReadOnlySpan<float> variance)
    {
        int count = 0;
        foreach (float value in variance)
        {
            count += RowNoise.IsMeasured(value) ? 1 : 0;
        }

        return count;
    }

    private void BackProject(FilteredNoise noise, Span<double> total)
    {
        (double[] power, double[] product, double weight) = (noise.Power, noise.Product, noise.Weight * noise.Weight);
        (double sin, double cos) = Math.SinCos(noise.Angle_rad);
        int radius = Size / 2;
        for (int row = 0; row < Size; row++)
        {
            (int first, int last) = _circle.Columns(row);
            double start = ((first - radius) * cos) - ((row - radius) * sin) + radius + ProjectionFilter.Margin + _circle.Centre_px;
            for (int column = first; column <= last; column++)
            {
                double t = start + ((column - first) * cos);
                int left = (int)t;
                double f = t - left;
                double right = left + 1 < power.Length ? power[left + 1] : 0;
                total[(row * Size) + column] += weight
                    * (((1 - f) * (1 - f) * power[left]) + (2 * f * (1 - f) * product[left]) + (f * f * right));
            }
        }
    }
}
