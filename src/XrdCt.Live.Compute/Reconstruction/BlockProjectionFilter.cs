using System.Buffers;
using System.Numerics.Tensors;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Filters the projections of a block of bins: <c>filtered[i] = Σ_j h[i − j] · projection[j]</c> with the kernel of
/// <see cref="ProjectionFilter"/>, for <see cref="BinBlock.Width"/> bins at once.
/// </summary>
/// <remarks>
/// The kernel is even, hence the symmetric part of a projection (about its middle) gives the symmetric part of the result and the
/// antisymmetric part the antisymmetric one: two products of half the rows and columns, half the multiplications. Immutable, thread-safe.
/// </remarks>
public sealed class BlockProjectionFilter
{
    private readonly float[] _symmetric;
    private readonly float[] _antisymmetric;

    /// <summary>Makes the matrices: 2 · N² bytes.</summary>
    /// <param name="filter">Kernel and length N of a projection.</param>
    public BlockProjectionFilter(ProjectionFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Filter = filter;
        int length = filter.Length;
        int rows = filter.FilteredLength;
        _symmetric = new float[Half(rows) * Half(length)];
        _antisymmetric = new float[rows / 2 * (length / 2)];
        for (int i = 0; i < Half(rows); i++)
        {
            for (int j = 0; j < length / 2; j++)
            {
                float near = filter.Kernel(i - ProjectionFilter.Margin - j);
                float far = filter.Kernel(i - ProjectionFilter.Margin - (length - 1 - j));
                _symmetric[(i * Half(length)) + j] = 0.5f * (near + far);
                if (i < rows / 2)
                {
                    // The antisymmetric half comes out behind the symmetric one, its last row first: where its mirror image belongs.
                    _antisymmetric[(((rows / 2) - 1 - i) * (length / 2)) + j] = 0.5f * (near - far);
                }
            }

            if (length % 2 == 1)
            {
                _symmetric[(i * Half(length)) + (length / 2)] = filter.Kernel(i - ProjectionFilter.Margin - (length / 2));
            }
        }
    }

    /// <summary>Kernel and length of a projection.</summary>
    public ProjectionFilter Filter { get; }

    /// <summary>Filters a projection of every bin.</summary>
    /// <param name="projection">[sample, <see cref="BinBlock.Width"/>]; NaN in a bin makes that bin's result NaN, and no other.</param>
    /// <param name="filtered">Receives [<see cref="ProjectionFilter.FilteredLength"/>, <see cref="BinBlock.Width"/>].</param>
    /// <exception cref="ArgumentException">The lengths are not the filter's.</exception>
    public void Apply(ReadOnlySpan<float> projection, Span<float> filtered)
    {
        const int Width = BinBlock.Width;
        int length = Filter.Length;
        int rows = Filter.FilteredLength;
        if (projection.Length != length * Width || filtered.Length != rows * Width)
        {
            throw new ArgumentException(
                $"the filter is for {length} samples of {Width} bins in and {rows} out, not for {projection.Length} and {filtered.Length} values");
        }

        float[] rented = ArrayPool<float>.Shared.Rent((length + 1) * Width);
        try
        {
            Apply(projection, filtered, rented);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    private static int Half(int length) => (length + 1) / 2;

    private unsafe void Apply(ReadOnlySpan<float> projection, Span<float> filtered, float[] rented)
    {
        const int Width = BinBlock.Width;
        int length = Filter.Length;
        int rows = Filter.FilteredLength;

        // Pinned, so that aligned memory stays aligned.
        fixed (float* unmoved = rented)
        {
            Span<float> parts = rented.AsSpan(BinBlock.Unaligned(rented), length * Width);
            Span<float> sums = parts[..(Half(length) * Width)];
            Span<float> differences = parts[sums.Length..];
            for (int j = 0; j < length / 2; j++)
            {
                ReadOnlySpan<float> here = projection.Slice(j * Width, Width);
                ReadOnlySpan<float> there = projection.Slice((length - 1 - j) * Width, Width);
                TensorPrimitives.Add(here, there, sums.Slice(j * Width, Width));
                TensorPrimitives.Subtract(here, there, differences.Slice(j * Width, Width));
            }

            if (length % 2 == 1)
            {
                projection.Slice(length / 2 * Width, Width).CopyTo(sums[^Width..]);
            }

            BinProduct.Multiply(_symmetric, Half(rows), Half(length), sums, filtered[..(Half(rows) * Width)]);
            BinProduct.Multiply(_antisymmetric, rows / 2, length / 2, differences, filtered[(Half(rows) * Width)..]);
        }

        for (int i = 0; i < rows / 2; i++)
        {
            Span<float> symmetric = filtered.Slice(i * Width, Width);
            Span<float> antisymmetric = filtered.Slice((rows - 1 - i) * Width, Width);
            for (int bin = 0; bin < Width; bin++)
            {
                (symmetric[bin], antisymmetric[bin]) = (symmetric[bin] + antisymmetric[bin], symmetric[bin] - antisymmetric[bin]);
            }
        }
    }
}
