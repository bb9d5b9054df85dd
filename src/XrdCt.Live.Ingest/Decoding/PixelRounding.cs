using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Rounds floating-point pixels (IEEE 754) to signed 32-bit counts: halves to the even neighbour; NaN, infinite and
/// negative values → −1 (−0 is 0); counts above 2³¹−1 → 2³¹−1.
/// </summary>
internal static class PixelRounding
{
    private const ushort HalfInfinity = 0x7C00;
    private const ushort HalfMinusZero = 0x8000;

    /// <summary>16-bit floats at the narrow end of the counts (see <see cref="PixelWidening.NarrowEnd"/>).</summary>
    internal static void FromFloat16(Span<int> counts)
    {
        ReadOnlySpan<ushort> narrow =
            MemoryMarshal.Cast<byte, ushort>(PixelWidening.NarrowEnd(counts, sizeof(ushort)));
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 8 <= narrow.Length; i += 8)
            {
                (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(Vector128.Create(narrow.Slice(i, 8)));
                Count(low).CopyTo(counts[i..]);
                Count(high).CopyTo(counts[(i + 4)..]);
            }
        }

        for (; i < narrow.Length; i++)
        {
            counts[i] = Count((float)BitConverter.UInt16BitsToHalf(narrow[i]));
        }
    }

    /// <summary>32-bit floats, in their place already.</summary>
    internal static void FromFloat32(Span<int> counts)
    {
        ReadOnlySpan<float> values = MemoryMarshal.Cast<int, float>(counts);
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 4 <= values.Length; i += 4)
            {
                Vector128<float> x = Vector128.Create(values.Slice(i, 4));
                Vector128<float> valid = Vector128.GreaterThanOrEqual(x, Vector128<float>.Zero)
                    & Vector128.LessThan(x, Vector128.Create(float.PositiveInfinity));

                // The conversion saturates; no valid lane can come out as NaN or below zero.
                Vector128<int> rounded = Vector128.ConvertToInt32(Vector128.Round(x));
                Vector128.ConditionalSelect(valid.AsInt32(), rounded, Vector128.Create(-1)).CopyTo(counts[i..]);
            }
        }

        for (; i < values.Length; i++)
        {
            counts[i] = Count(values[i]);
        }
    }

    /// <summary>64-bit floats; the counts may begin where the floats do.</summary>
    internal static void FromFloat64(ReadOnlySpan<byte> wide, Span<int> counts)
    {
        ReadOnlySpan<double> values = MemoryMarshal.Cast<byte, double>(wide);
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 8 <= counts.Length; i += 8)
            {
                Vector256<long> a = Count(Vector256.Create(values.Slice(i, 4)));
                Vector256<long> b = Count(Vector256.Create(values.Slice(i + 4, 4)));
                Vector256.Narrow(a, b).CopyTo(counts[i..]);
            }
        }

        for (; i < counts.Length; i++)
        {
            counts[i] = Count(values[i]);
        }
    }

    /// <summary>The definition.</summary>
    private static int Count(double x) =>
        x >= 0 && x < double.PositiveInfinity ? (int)Math.Round(Math.Min(x, int.MaxValue)) : -1;

    /// <summary>Four 16-bit floats, widened as integers.</summary>
    private static Vector128<int> Count(Vector128<uint> half)
    {
        // Exponent and mantissa moved to their places in 32 bits lack the difference of the biases, 127 − 15 = 112.
        Vector128<float> x = ((half & Vector128.Create(0x7FFFu)) << 13).AsSingle()
            * Vector128.Create(BitConverter.UInt32BitsToSingle((127 + 112) << 23));
        Vector128<int> valid = (Vector128.LessThan(half, Vector128.Create((uint)HalfInfinity))
            | Vector128.Equals(half, Vector128.Create((uint)HalfMinusZero))).AsInt32();
        return Vector128.ConditionalSelect(valid, Vector128.ConvertToInt32(Vector128.Round(x)), Vector128.Create(-1));
    }

    /// <summary>Four counts in the lower halves of the lanes.</summary>
    private static Vector256<long> Count(Vector256<double> x)
    {
        // Adding 2⁵² leaves no bits for a fraction: the sum is rounded, halves to even, and its lowest bits are the count.
        Vector256<double> valid = Vector256.GreaterThanOrEqual(x, Vector256<double>.Zero)
            & Vector256.LessThan(x, Vector256.Create(double.PositiveInfinity));
        Vector256<double> shifted = Vector256.Min(x, Vector256.Create((double)int.MaxValue))
            + Vector256.Create((double)(1L << 52));
        return Vector256.ConditionalSelect(valid.AsInt64(), shifted.AsInt64(), Vector256.Create(-1L));
    }
}
