using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XrdCt.Live.Egress.Encoding;

/// <summary>
/// Bit transposition of 32-bit pixels: bit k of all N pixels in N/8 consecutive bytes, pixel i in bit i mod 8 of byte
/// i / 8; the 32 rows in the order of k.
/// </summary>
/// <remarks>Source: Masui et al., <see href="https://doi.org/10.1016/j.ascom.2015.07.002"/>, section 2.</remarks>
internal static class BitShuffle
{
    private const int BitsPerPixel = 32;
    private const int Lanes = 32;

    /// <summary>Transposes a block.</summary>
    /// <param name="pixels">Pixels; their number is a multiple of 8.</param>
    /// <param name="rows">Receives 4 bytes per pixel; must not overlap <paramref name="pixels"/>.</param>
    public static void Transpose(ReadOnlySpan<int> pixels, Span<byte> rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows.Length, pixels.Length * sizeof(int));
        int vectorised = pixels.Length / Lanes * Lanes;
        TransposeBy32(pixels[..vectorised], rows, pixels.Length / 8);
        TransposeBy8(pixels, rows, vectorised);
    }

    /// <summary>The reference, eight pixels at a time, from a given pixel on.</summary>
    internal static void TransposeBy8(ReadOnlySpan<int> pixels, Span<byte> rows, int first)
    {
        int rowLength = pixels.Length / 8;
        for (int i = first; i < pixels.Length; i += 8)
        {
            for (int bit = 0; bit < BitsPerPixel; bit++)
            {
                int packed = 0;
                for (int j = 0; j < 8; j++)
                {
                    packed |= ((pixels[i + j] >> bit) & 1) << j;
                }

                rows[(bit * rowLength) + (i / 8)] = (byte)packed;
            }
        }
    }

    /// <summary>32 pixels at a time: gather one byte of each, then take the top bits of all, eight times.</summary>
    private static void TransposeBy32(ReadOnlySpan<int> pixels, Span<byte> rows, int rowLength)
    {
        ref int source = ref MemoryMarshal.GetReference(pixels);
        ref byte target = ref MemoryMarshal.GetReference(rows);

        // Counts are small: most upper bytes are zero, and their rows need no writing then.
        rows.Clear();
        for (int i = 0; i < pixels.Length; i += Lanes)
        {
            Vector256<uint> a = Vector256.LoadUnsafe(ref source, (nuint)i).AsUInt32();
            Vector256<uint> b = Vector256.LoadUnsafe(ref source, (nuint)(i + 8)).AsUInt32();
            Vector256<uint> c = Vector256.LoadUnsafe(ref source, (nuint)(i + 16)).AsUInt32();
            Vector256<uint> d = Vector256.LoadUnsafe(ref source, (nuint)(i + 24)).AsUInt32();
            int at = i / 8;
            for (int plane = 0; plane < sizeof(int); plane++)
            {
                Vector256<byte> bytes = Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d));
                if (bytes != Vector256<byte>.Zero)
                {
                    WriteRows(bytes, ref Unsafe.Add(ref target, (plane * 8 * rowLength) + at), rowLength);
                }

                a >>>= 8;
                b >>>= 8;
                c >>>= 8;
                d >>>= 8;
            }
        }
    }

    /// <summary>
    /// Writes the eight bit rows of one byte plane of 32 pixels, 4 bytes each, from the top bit down.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteRows(Vector256<byte> bytes, ref byte first, int rowLength)
    {
        for (int bit = 7; bit >= 0; bit--)
        {
            uint top = bytes.ExtractMostSignificantBits();
            top = BitConverter.IsLittleEndian ? top : BinaryPrimitives.ReverseEndianness(top);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref first, bit * rowLength), top);
            bytes += bytes;
        }
    }
}
