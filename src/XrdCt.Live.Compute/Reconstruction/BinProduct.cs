using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using XrdCt.Live.Compute.Simd;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>A matrix times the samples of a block of bins: the same linear map along a projection for all bins.</summary>
public static class BinProduct
{
    // 64 samples of 64 bins are 16 KiB: they stay in the first-level cache while all rows of the matrix pass over them.
    private const int ColumnsAtOnce = 64;

    /// <summary><c>result[row, bin] = Σ_column matrix[row, column] · values[column, bin]</c>, or added to what was there.</summary>
    /// <param name="matrix">[row, column].</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="values">[column, <see cref="BinBlock.Width"/>]; NaN in a bin makes that bin's results NaN, and no other.</param>
    /// <param name="result">[row, <see cref="BinBlock.Width"/>]; must not overlap the values.</param>
    /// <param name="accumulate">Whether the product is added.</param>
    /// <exception cref="ArgumentException">The lengths do not belong together.</exception>
    public static void Multiply(ReadOnlySpan<float> matrix, int rows, int columns, ReadOnlySpan<float> values, Span<float> result, bool accumulate = false)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Multiply<BinVector512>(matrix, rows, columns, values, result, accumulate);
        }
        else
        {
            Multiply<BinVector256>(matrix, rows, columns, values, result, accumulate);
        }
    }

    /// <summary>The product by vectors of a chosen width.</summary>
    internal static void Multiply<TVector>(
        ReadOnlySpan<float> matrix, int rows, int columns, ReadOnlySpan<float> values, Span<float> result, bool accumulate)
        where TVector : struct, IBinVector<TVector>
    {
        if (rows < 0 || columns < 0 || matrix.Length != (long)rows * columns || values.Length != (long)columns * BinBlock.Width || result.Length != (long)rows * BinBlock.Width)
        {
            throw new ArgumentException(
                $"a matrix of {rows} × {columns} and blocks of {BinBlock.Width} bins do not go with {matrix.Length}, {values.Length} and {result.Length} values");
        }

        if (!accumulate)
        {
            result.Clear();
        }

        for (int column = 0; column < columns; column += ColumnsAtOnce)
        {
            int some = Math.Min(ColumnsAtOnce, columns - column);
            ref float samples = ref Unsafe.Add(ref MemoryMarshal.GetReference(values), column * BinBlock.Width);
            int row = 0;
            for (; row + 1 < rows; row += 2)
            {
                AddTwo<TVector>(ref MemoryMarshal.GetReference(matrix[((row * columns) + column)..]), columns, some, ref samples, ref result[row * BinBlock.Width]);
            }

            if (row < rows)
            {
                AddOne<TVector>(ref MemoryMarshal.GetReference(matrix[((row * columns) + column)..]), some, ref samples, ref result[row * BinBlock.Width]);
            }
        }
    }

    private static void AddTwo<TVector>(ref float factors, int columns, int count, ref float samples, ref float result)
        where TVector : struct, IBinVector<TVector>
    {
        for (nuint bin = 0; bin < BinBlock.Width; bin += (nuint)TVector.Count)
        {
            TVector one = TVector.Load(ref result, bin);
            TVector two = TVector.Load(ref result, bin + BinBlock.Width);
            for (int i = 0; i < count; i++)
            {
                TVector sample = TVector.Load(ref samples, ((nuint)i * BinBlock.Width) + bin);
                one = one.Plus(Unsafe.Add(ref factors, i), sample);
                two = two.Plus(Unsafe.Add(ref factors, columns + i), sample);
            }

            one.Store(ref result, bin);
            two.Store(ref result, bin + BinBlock.Width);
        }
    }

    private static void AddOne<TVector>(ref float factors, int count, ref float samples, ref float result)
        where TVector : struct, IBinVector<TVector>
    {
        for (nuint bin = 0; bin < BinBlock.Width; bin += (nuint)TVector.Count)
        {
            TVector one = TVector.Load(ref result, bin);
            for (int i = 0; i < count; i++)
            {
                one = one.Plus(Unsafe.Add(ref factors, i), TVector.Load(ref samples, ((nuint)i * BinBlock.Width) + bin));
            }

            one.Store(ref result, bin);
        }
    }
}
