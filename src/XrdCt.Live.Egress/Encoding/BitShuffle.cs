using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XrdCt.Live.Egress.Encoding;

/// <summary>
/// Bit transposition of pixels of 1, 2, 4 or 8 bytes: bit k of all N pixels in N/8 consecutive bytes, pixel i in bit i mod 8 of byte
/// i / 8; the rows in the order of k.
/// </summary>
/// <remarks>Source: Masui et al., <see href="https://doi.org/10.1016/j.ascom.2015.07.002"/>, section 2.</remarks>
internal static class BitShuffle
{
    private const int Lanes = 32;

    /// <summary>Transposes a block.</summary>
    /// <param name="pixels">Bytes of the pixels, lowest first; their number is a multiple of 8.</param>
    /// <param name="elementBytes">Bytes of a pixel: 1, 2, 4 or 8.</param>
    /// <param name="rows">Receives as many bytes; must not overlap <paramref name="pixels"/>.</param>
    public static void Transpose(ReadOnlySpan<byte> pixels, int elementBytes, Span<byte> rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows.Length, pixels.Length);
        int count = pixels.Length / elementBytes;
        int vectorised = count / Lanes * Lanes;
        int rowLength = count / 8;
        ref byte source = ref MemoryMarshal.GetReference(pixels);

        // Counts are small: most upper bytes are zero, and their rows need no writing then.
        rows[..pixels.Length].Clear();
        ref byte target = ref MemoryMarshal.GetReference(rows);
        for (int i = 0; i < vectorised; i += Lanes)
        {
            ref byte first = ref Unsafe.Add(ref source, i * elementBytes);
            ref byte at = ref Unsafe.Add(ref target, i / 8);
            switch (elementBytes)
            {
                case 1:
                    WriteRows(Vector256.LoadUnsafe(ref first), ref at, rowLength);
                    break;
                case 2:
                    WritePlanes16(ref first, ref at, rowLength);
                    break;
                case 4:
                    WritePlanes32(ref first, ref at, rowLength);
                    break;
                default:
                    WritePlanes64(ref first, ref at, rowLength);
                    break;
            }
        }

        TransposeBy8(pixels, elementBytes, rows, vectorised);
    }

    /// <summary>The reference, eight pixels at a time, from a given pixel on.</summary>
    internal static void TransposeBy8(ReadOnlySpan<byte> pixels, int elementBytes, Span<byte> rows, int first)
    {
        int count = pixels.Length / elementBytes;
        int rowLength = count / 8;
        for (int i = first; i < count; i += 8)
        {
            for (int bit = 0; bit < 8 * elementBytes; bit++)
            {
                int packed = 0;
                for (int j = 0; j < 8; j++)
                {
                    int octet = pixels[((i + j) * elementBytes) + (bit / 8)];
                    packed |= ((octet >> (bit % 8)) & 1) << j;
                }

                rows[(bit * rowLength) + (i / 8)] = (byte)packed;
            }
        }
    }

    private static void WritePlanes16(ref byte first, ref byte target, int rowLength)
    {
        Vector256<ushort> a = Vector256.LoadUnsafe(ref first).AsUInt16();
        Vector256<ushort> b = Vector256.LoadUnsafe(ref first, 32).AsUInt16();
        for (int plane = 0; plane < sizeof(ushort); plane++)
        {
            // Narrow keeps the lower byte of each.
            WriteRows(Vector256.Narrow(a, b), ref Unsafe.Add(ref target, plane * 8 * rowLength), rowLength);
            a >>>= 8;
            b >>>= 8;
        }
    }

    private static void WritePlanes32(ref byte first, ref byte target, int rowLength)
    {
        Vector256<uint> a = Vector256.LoadUnsafe(ref first).AsUInt32();
        Vector256<uint> b = Vector256.LoadUnsafe(ref first, 32).AsUInt32();
        Vector256<uint> c = Vector256.LoadUnsafe(ref first, 64).AsUInt32();
        Vector256<uint> d = Vector256.LoadUnsafe(ref first, 96).AsUInt32();
        for (int plane = 0; plane < sizeof(uint); plane++)
        {
            Vector256<byte> bytes = Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d));
            WriteRows(bytes, ref Unsafe.Add(ref target, plane * 8 * rowLength), rowLength);
            a >>>= 8;
            b >>>= 8;
            c >>>= 8;
            d >>>= 8;
        }
    }

    /// <summary>Detectors hardly ever send these: gathered byte by byte.</summary>
    private static void WritePlanes64(ref byte first, ref byte target, int rowLength)
    {
        Span<byte> gathered = stackalloc byte[Lanes];
        for (int plane = 0; plane < sizeof(ulong); plane++)
        {
            for (int i = 0; i < Lanes; i++)
            {
                gathered[i] = Unsafe.Add(ref first, (i * sizeof(ulong)) + plane);
            }

            Vector256<byte> bytes = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(gathered));
            WriteRows(bytes, ref Unsafe.Add(ref target, plane * 8 * rowLength), rowLength);
        }
    }

    /// <summary>
    /// Writes the eight bit rows of one byte plane of 32 pixels, 4 bytes each, from the top bit down.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteRows(Vector256<byte> bytes, ref byte first, int rowLength)
    {
        if (bytes == Vector256<byte>.Zero)
        {
            return;
        }

        for (int bit = 7; bit >= 0; bit--)
        {
            uint top = bytes.ExtractMostSignificantBits();
            top = BitConverter.IsLittleEndian ? top : BinaryPrimitives.ReverseEndianness(top);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref first, bit * rowLength), top);
            bytes += bytes;
        }
    }
}
