using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Widens narrow pixels to signed 32-bit counts in place. The narrow pixels lie at the end of the output's own
/// memory, so that no second frame buffer is needed: after element i has been read, its counts (4 bytes each) end
/// before the first byte not yet read.
/// </summary>
internal static class PixelWidening
{
    /// <summary>
    /// The last <c>size · n</c> bytes of n counts, where narrow pixels of <paramref name="size"/> bytes are put.
    /// </summary>
    internal static Span<byte> NarrowEnd(Span<int> counts, int size) =>
        MemoryMarshal.AsBytes(counts)[((sizeof(int) - size) * counts.Length)..];

    /// <summary>Unsigned bytes: <c>x</c>, but 255 → −1 and 254 → −2.</summary>
    internal static void FromUInt8(Span<int> counts)
    {
        ReadOnlySpan<byte> narrow = NarrowEnd(counts, sizeof(byte));
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            Vector128<ushort> largest = Vector128.Create((ushort)(byte.MaxValue - 2));
            for (; i + 16 <= narrow.Length; i += 16)
            {
                Vector128<byte> x = Vector128.Create(narrow.Slice(i, 16));
                (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(x);

                // All ones where flagged: or-ing them into the upper byte makes 255 and 254 the 16-bit −1 and −2.
                low |= Vector128.GreaterThan(low, largest) & Vector128.Create((ushort)0xFF00);
                high |= Vector128.GreaterThan(high, largest) & Vector128.Create((ushort)0xFF00);
                Store(low.AsInt16(), counts[i..]);
                Store(high.AsInt16(), counts[(i + 8)..]);
            }
        }

        for (; i < narrow.Length; i++)
        {
            int x = narrow[i];
            counts[i] = x > byte.MaxValue - 2 ? x - 256 : x;
        }
    }

    /// <summary>Unsigned 16 bits: <c>x</c>, but 65535 → −1 and 65534 → −2.</summary>
    internal static void FromUInt16(Span<int> counts)
    {
        ReadOnlySpan<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(NarrowEnd(counts, sizeof(ushort)));
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            Vector128<int> largest = Vector128.Create(ushort.MaxValue - 2);
            Vector128<int> ones = Vector128.Create(unchecked((int)0xFFFF_0000));
            for (; i + 8 <= narrow.Length; i += 8)
            {
                Vector128<ushort> x = Vector128.Create(narrow.Slice(i, 8));
                (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(x);
                Vector128<int> a = low.AsInt32();
                Vector128<int> b = high.AsInt32();
                (a | (Vector128.GreaterThan(a, largest) & ones)).CopyTo(counts[i..]);
                (b | (Vector128.GreaterThan(b, largest) & ones)).CopyTo(counts[(i + 4)..]);
            }
        }

        for (; i < narrow.Length; i++)
        {
            int x = narrow[i];
            counts[i] = x > ushort.MaxValue - 2 ? x - 65536 : x;
        }
    }

    /// <summary>Signed bytes, sign kept.</summary>
    internal static void FromInt8(Span<int> counts)
    {
        ReadOnlySpan<sbyte> narrow = MemoryMarshal.Cast<byte, sbyte>(NarrowEnd(counts, sizeof(sbyte)));
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 16 <= narrow.Length; i += 16)
            {
                (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.Create(narrow.Slice(i, 16)));
                Store(low, counts[i..]);
                Store(high, counts[(i + 8)..]);
            }
        }

        for (; i < narrow.Length; i++)
        {
            counts[i] = narrow[i];
        }
    }

    /// <summary>Signed 16 bits, sign kept.</summary>
    internal static void FromInt16(Span<int> counts)
    {
        ReadOnlySpan<short> narrow = MemoryMarshal.Cast<byte, short>(NarrowEnd(counts, sizeof(short)));
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 8 <= narrow.Length; i += 8)
            {
                Store(Vector128.Create(narrow.Slice(i, 8)), counts[i..]);
            }
        }

        for (; i < narrow.Length; i++)
        {
            counts[i] = narrow[i];
        }
    }

    /// <summary>
    /// Unsigned 32 bits, in their place already: 2³²−1 and 2³²−2 read as −1 and −2 by themselves; a count that does not
    /// fit 31 bits and is no flag becomes 2³¹−1, so that a saturated pixel is never taken for a masked one.
    /// </summary>
    internal static void FromUInt32(Span<int> counts)
    {
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            Vector128<int> lowestFlag = Vector128.Create(-2);
            for (; i + 4 <= counts.Length; i += 4)
            {
                Vector128<int> x = Vector128.Create(counts.Slice(i, 4));
                if (Vector128.LessThanAny(x, lowestFlag))
                {
                    Vector128.ConditionalSelect(Vector128.LessThan(x, lowestFlag), Vector128.Create(int.MaxValue), x)
                        .CopyTo(counts[i..]);
                }
            }
        }

        for (; i < counts.Length; i++)
        {
            counts[i] = counts[i] < -2 ? int.MaxValue : counts[i];
        }
    }

    private static void Store(Vector128<short> x, Span<int> counts)
    {
        (Vector128<int> low, Vector128<int> high) = Vector128.Widen(x);
        low.CopyTo(counts);
        high.CopyTo(counts[4..]);
    }
}
