using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Narrows 64-bit integers to signed 32-bit counts: a count that does not fit 31 bits becomes 2³¹−1, so that a
/// saturated pixel is never taken for a masked one. The counts may begin where the integers do: element i is read
/// before anything is written behind its first byte.
/// </summary>
internal static class PixelNarrowing
{
    /// <summary>Signed: a negative value stays what it is, or becomes −2³¹ where it does not fit.</summary>
    internal static void FromInt64(ReadOnlySpan<byte> wide, Span<int> counts)
    {
        ReadOnlySpan<long> values = MemoryMarshal.Cast<byte, long>(wide);
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 8 <= counts.Length; i += 8)
            {
                Vector256<long> a = Vector256.Create(values.Slice(i, 4));
                Vector256<long> b = Vector256.Create(values.Slice(i + 4, 4));
                Vector256.NarrowWithSaturation(a, b).CopyTo(counts[i..]);
            }
        }

        for (; i < counts.Length; i++)
        {
            counts[i] = (int)Math.Clamp(values[i], int.MinValue, int.MaxValue);
        }
    }

    /// <summary>Unsigned: 2⁶⁴−1 → −1 and 2⁶⁴−2 → −2.</summary>
    internal static void FromUInt64(ReadOnlySpan<byte> wide, Span<int> counts)
    {
        ReadOnlySpan<ulong> values = MemoryMarshal.Cast<byte, ulong>(wide);
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 8 <= counts.Length; i += 8)
            {
                Vector256<long> a = FlagOrLess(Vector256.Create(values.Slice(i, 4)));
                Vector256<long> b = FlagOrLess(Vector256.Create(values.Slice(i + 4, 4)));
                Vector256.Narrow(a, b).CopyTo(counts[i..]);
            }
        }

        for (; i < counts.Length; i++)
        {
            ulong x = values[i];
            counts[i] = x > ulong.MaxValue - 2 ? (int)x : (int)Math.Min(x, int.MaxValue);
        }
    }

    /// <summary>The flags as they are, everything else at most 2³¹−1.</summary>
    private static Vector256<long> FlagOrLess(Vector256<ulong> x)
    {
        Vector256<ulong> flagged = Vector256.GreaterThan(x, Vector256.Create(ulong.MaxValue - 2));
        Vector256<ulong> most = Vector256.Min(x, Vector256.Create((ulong)int.MaxValue));
        return Vector256.ConditionalSelect(flagged, x, most).AsInt64();
    }
}
