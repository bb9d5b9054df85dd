using System.Numerics.Tensors;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Noise of filtered samples, <c>filtered[i] = Σ_j M[i, j]·cell[j]</c> of independent cells: the variance of each one,
/// <c>Σ_j M[i, j]²·σ_j²</c>, and the covariance with its right neighbour, <c>Σ_j M[i, j]·M[i + 1, j]·σ_j²</c>. That is what a back
/// projection asks for that interpolates between the two. Immutable, thread-safe.
/// </summary>
/// <remarks>
/// Cells that were not measured are bridged before filtering (<see cref="Sinograms.ProjectionGaps"/>): linear between two cells, held beyond the
/// outermost. So the cells next to a gap count with the columns of the bridge as well, which is exact.
/// </remarks>
internal sealed class RowNoise
{
    private readonly float[] _matrix;
    private readonly float[] _squares;
    private readonly float[] _neighbours;
    private readonly int _rows;
    private readonly int _columns;

    /// <summary>Takes the filter over.</summary>
    /// <param name="matrix">M, [filtered sample, cell].</param>
    /// <param name="columns">Cells of a row.</param>
    public RowNoise(float[] matrix, int columns)
    {
        (_matrix, _columns, _rows) = (matrix, columns, matrix.Length / columns);
        _squares = new float[matrix.Length];
        _neighbours = new float[matrix.Length - columns];
        TensorPrimitives.Multiply(matrix, matrix, _squares);
        TensorPrimitives.Multiply(matrix.AsSpan(..^columns), matrix.AsSpan(columns..), _neighbours);
    }

    /// <summary>Filtered samples.</summary>
    public int Rows => _rows;

    /// <summary>Whether a variance is one.</summary>
    public static bool IsMeasured(float variance) => variance >= 0 && float.IsFinite(variance);

    /// <summary>Computes both.</summary>
    /// <param name="variance">Variances of the cells; NaN, infinite or negative where unmeasured.</param>
    /// <param name="power">Receives the variance of each filtered sample.</param>
    /// <param name="product">Receives its covariance with the next one; 0 for the last.</param>
    public void Compute(ReadOnlySpan<float> variance, Span<double> power, Span<double> product)
    {
        Span<float> alone = new float[_columns];
        for (int j = 0; j < _columns; j++)
        {
            alone[j] = IsMeasured(variance[j]) && !BearsBridge(variance, j) ? variance[j] : 0;
        }

        product.Clear();
        for (int i = 0; i < _rows; i++)
        {
            power[i] = TensorPrimitives.Dot<float>(alone, _squares.AsSpan(i * _columns, _columns));
            if (i < _rows - 1)
            {
                product[i] = TensorPrimitives.Dot<float>(alone, _neighbours.AsSpan(i * _columns, _columns));
            }
        }

        for (int j = 0; j < _columns; j++)
        {
            if (IsMeasured(variance[j]) && BearsBridge(variance, j))
            {
                AddBearer(variance, j, power, product);
            }
        }
    }

    private static bool BearsBridge(ReadOnlySpan<float> variance, int j) =>
        (j > 0 && !IsMeasured(variance[j - 1])) || (j < variance.Length - 1 && !IsMeasured(variance[j + 1]));

    private void AddBearer(ReadOnlySpan<float> variance, int cell, Span<double> power, Span<double> product)
    {
        Span<double> column = new double[_rows];
        AddColumn(cell, 1, column);
        foreach (int direction in (ReadOnlySpan<int>)[-1, 1])
        {
            int end = cell + direction;
            while (end >= 0 && end < _columns && !IsMeasured(variance[end]))
            {
                end += direction;
            }

            bool isHeld = end < 0 || end >= _columns;
            for (int j = cell + direction; j != end; j += direction)
            {
                AddColumn(j, isHeld ? 1 : (double)(end - j) / (end - cell), column);
            }
        }

        for (int i = 0; i < _rows; i++)
        {
            power[i] += column[i] * column[i] * variance[cell];
            product[i] += i < _rows - 1 ? column[i] * column[i + 1] * variance[cell] : 0;
        }
    }

    private void AddColumn(int cell, double share, Span<double> column)
    {
        for (int i = 0; i < _rows; i++)
        {
            column[i] += share * _matrix[(i * _columns) + cell];
        }
    }
}
