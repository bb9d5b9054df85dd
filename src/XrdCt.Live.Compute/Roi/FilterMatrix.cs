using System.Numerics.Tensors;
using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// Filters as matrices: <c>filtered[i] = Σ_j M[i, j]·row[j]</c> with i over the window of the N + 2 samples that the back projection
/// reads. All ways to treat the outside are linear in the measured rows, hence matrices too.
/// </summary>
internal static class FilterMatrix
{
    /// <summary>The filter on the samples of the field of view: <c>M[i, j] = h[i − 1 − j]</c>.</summary>
    /// <param name="filter">Filter, at least as long as the field of view.</param>
    /// <param name="length">Samples N of the field of view.</param>
    public static float[] Of(ProjectionFilter filter, int length)
    {
        float[] matrix = new float[(length + (2 * ProjectionFilter.Margin)) * length];
        for (int i = 0; i < length + (2 * ProjectionFilter.Margin); i++)
        {
            for (int j = 0; j < length; j++)
            {
                matrix[(i * length) + j] = filter.Kernel(i - ProjectionFilter.Margin - j);
            }
        }

        return matrix;
    }

    /// <summary>What a sample at m, anywhere on the grid of the field of view, does to the window: <c>h[i − 1 − m]</c>, i growing.</summary>
    public static ReadOnlySpan<float> Window(ProjectionFilter filter, int length, int m) =>
        filter.KernelByLag.Slice((filter.KernelByLag.Length / 2) - ProjectionFilter.Margin - m, length + (2 * ProjectionFilter.Margin));

    /// <summary><c>result[i, b] (+)= Σ_j matrix[i, j]·values[j, b]</c>.</summary>
    /// <param name="matrix">[i, j].</param>
    /// <param name="values">[j, b].</param>
    /// <param name="width">Number of b; fastest for <see cref="BinBlock.Width"/>.</param>
    /// <param name="result">[i, b].</param>
    /// <param name="accumulate">Whether to add to what is there.</param>
    public static void Multiply(ReadOnlySpan<float> matrix, ReadOnlySpan<float> values, int width, Span<float> result, bool accumulate)
    {
        int columns = values.Length / width;
        if (width == BinBlock.Width)
        {
            BinProduct.Multiply(matrix, result.Length / width, columns, values, result, accumulate);
            return;
        }

        for (int i = 0; i < result.Length / width; i++)
        {
            ReadOnlySpan<float> factors = matrix.Slice(i * columns, columns);
            Span<float> sums = result.Slice(i * width, width);
            if (!accumulate)
            {
                sums.Clear();
            }

            if (width == 1)
            {
                sums[0] += TensorPrimitives.Dot(factors, values);
                continue;
            }

            for (int j = 0; j < columns; j++)
            {
                TensorPrimitives.MultiplyAdd(values.Slice(j * width, width), factors[j], sums, sums);
            }
        }
    }
}
