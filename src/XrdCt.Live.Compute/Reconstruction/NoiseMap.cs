using System.Numerics.Tensors;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Noise of a slice that <see cref="ProgressiveSlice"/> makes, from the variance of the cells of its sinogram. A slice is linear in its
/// sinogram, so this is exact for cells that are independent: with the filter h, the weights w of the projections and a pixel at
/// <c>i + f</c> of projection k, <c>σ² = Σ_k (w_k/2)² Σ_j ((1 − f)·h[i − j] + f·h[i + 1 − j])²·σ²_kj</c>.
/// </summary>
/// <remarks>
/// The square is <c>(1 − f)²·V[i] + 2f(1 − f)·X[i] + f²·V[i + 1]</c>, V and X being the convolutions of the variances with h² and with h
/// times its neighbour: two filtered projections for each one, then a back projection that interpolates quadratically. Cells that were not
/// measured are bridged before filtering (<see cref="Sinograms.ProjectionGaps"/>), so their neighbours count more: their columns take the
/// bridge in, which is exact as well. What is systematic is not in it: missing angles, outside signal, absorption. Immutable, thread-safe.
/// Compare Kak &amp; Slaney (1988), section 5.2.
/// </remarks>
public sealed class NoiseMap
{
    private readonly BackProjector _circle;
    private readonly float[] _kernel;
    private readonly float[] _square;
    private readonly float[] _neighbours;

    /// <summary>Makes the kernels.</summary>
    /// <param name="size">Pixels along x and y, and samples of a projection, at least 2.</param>
    /// <param name="filter">Apodisation of the slice.</param>
    /// <param name="centre_px">Offset of the rotation axis from sample N/2, samples; less than N/2 in magnitude.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 2, or the axis is outside the projection.</exception>
    public NoiseMap(int size, RampFilter filter, double centre_px = 0)
    {
        _circle = new BackProjector(size, centre_px);
        float[] unit = new float[size];
        unit[0] = 1;
        float[] response = new float[size + (2 * ProjectionFilter.Margin)];
        new ProjectionFilter(size, filter).Apply(unit, response);

        // Lag −N to N; the response to the first sample begins at lag −1.
        _kernel = new float[(2 * size) + 1];
        _square = new float[_kernel.Length];
        _neighbours = new float[_kernel.Length];
        for (int lag = 0; lag <= size; lag++)
        {
            _kernel[size + lag] = _kernel[size - lag] = response[lag + ProjectionFilter.Margin];
        }

        TensorPrimitives.Multiply(_kernel, _kernel, _square);
        TensorPrimitives.Multiply(_kernel.AsSpan(1), _kernel.AsSpan(..^1), _neighbours.AsSpan(1));
    }

    /// <summary>Pixels along x and y.</summary>
    public int Size => _circle.Size;

    /// <summary>Computes σ of each pixel.</summary>
    /// <param name="angles_rad">Angles of the projections, rad.</param>
    /// <param name="variance">
    /// Variances of the cells, [rotation, translation], in the square of their unit; NaN, infinite or negative where a cell was not measured.
    /// A projection without any measured cell is not in the slice, and its angle not in the weights.
    /// </param>
    /// <param name="sigma">
    /// Receives [y, x], N² values, in the unit of the slice; NaN outside the circle, and everywhere without a projection.
    /// </param>
    /// <exception cref="ArgumentException">The lengths do not belong to the angles and the size.</exception>
    public void Compute(ReadOnlySpan<double> angles_rad, ReadOnlySpan<float> variance, Span<float> sigma)
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
            if (variance.Slice(row * Size, Size).ContainsAnyInRange(0, float.MaxValue))
            {
                rows.Add(row);
            }
        }

        double[] angles = new double[rows.Count];
        for (int i = 0; i < angles.Length; i++)
        {
            angles[i] = angles_rad[rows[i]];
        }

        double[] weights = new double[rows.Count];
        AngularWeights.Compute(angles, weights);
        double[] total = new double[sigma.Length];
        double[] power = new double[Size + (2 * ProjectionFilter.Margin)];
        double[] product = new double[power.Length];
        for (int i = 0; i < angles.Length; i++)
        {
            Filter(variance.Slice(rows[i] * Size, Size), power, product);
            BackProject(power, product, angles[i], 0.25 * weights[i] * weights[i], total);
        }

        sigma.Fill(float.NaN);
        for (int row = 0; rows.Count > 0 && row < Size; row++)
        {
            (int first, int last) = _circle.Columns(row);
            for (int pixel = (row * Size) + first; pixel <= (row * Size) + last; pixel++)
            {
                sigma[pixel] = (float)Math.Sqrt(total[pixel]);
            }
        }
    }

    private static bool IsMeasured(float variance) => variance >= 0 && float.IsFinite(variance);

    // Variance of each filtered sample, and covariance with its right neighbour.
    private void Filter(ReadOnlySpan<float> variance, Span<double> power, Span<double> product)
    {
        Span<float> alone = new float[Size];
        for (int j = 0; j < Size; j++)
        {
            alone[j] = IsMeasured(variance[j]) && !BearsBridge(variance, j) ? variance[j] : 0;
        }

        product.Clear();
        for (int i = 0; i < power.Length; i++)
        {
            int start = Size + ProjectionFilter.Margin - i;
            power[i] = TensorPrimitives.Dot<float>(alone, _square.AsSpan(start, Size));
            if (i < power.Length - 1)
            {
                product[i] = TensorPrimitives.Dot<float>(alone, _neighbours.AsSpan(start, Size));
            }
        }

        for (int j = 0; j < Size; j++)
        {
            if (IsMeasured(variance[j]) && BearsBridge(variance, j))
            {
                AddBearer(variance, j, power, product);
            }
        }
    }

    private static bool BearsBridge(ReadOnlySpan<float> variance, int j) =>
        (j > 0 && !IsMeasured(variance[j - 1])) || (j < variance.Length - 1 && !IsMeasured(variance[j + 1]));

    // A cell next to a gap is also in the bridge over it: linear between two cells, held beyond the outermost.
    private void AddBearer(ReadOnlySpan<float> variance, int cell, Span<double> power, Span<double> product)
    {
        Span<double> column = new double[power.Length];
        AddColumn(cell, 1, column);
        foreach (int direction in (ReadOnlySpan<int>)[-1, 1])
        {
            int end = cell + direction;
            while (end >= 0 && end < Size && !IsMeasured(variance[end]))
            {
                end += direction;
            }

            bool isHeld = end < 0 || end >= Size;
            for (int j = cell + direction; j != end; j += direction)
            {
                AddColumn(j, isHeld ? 1 : (double)(end - j) / (end - cell), column);
            }
        }

        for (int i = 0; i < column.Length; i++)
        {
            power[i] += column[i] * column[i] * variance[cell];
            product[i] += i < column.Length - 1 ? column[i] * column[i + 1] * variance[cell] : 0;
        }
    }

    private void AddColumn(int cell, double share, Span<double> column)
    {
        for (int i = 0; i < column.Length; i++)
        {
            column[i] += share * _kernel[Size + i - ProjectionFilter.Margin - cell];
        }
    }

    private void BackProject(ReadOnlySpan<double> power, ReadOnlySpan<double> product, double angle_rad, double weight, Span<double> total)
    {
        (double sin, double cos) = Math.SinCos(angle_rad);
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
