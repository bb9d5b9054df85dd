using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Transposes the bits of one byte plane: eight rows, row k with bit k of every byte, become the bytes. Gathers byte b of
/// the eight rows (8×8 byte transposition by three rounds of unpacking), then transposes the 8×8 bits (one GFNI
/// instruction or three rounds of swaps).
/// </summary>
internal static class BitPlanes
{
    // Bit k of byte k, the operand that turns GFNI's affine product into a transposition of its other operand.
    private const ulong Diagonal = 0x8040_2010_0804_0201;

    /// <summary>Eight rows of n/8 bytes → n bytes: byte i holds bit i of every row, row 0 in its lowest bit.</summary>
    internal static void Transpose(BitUnshuffleKernel kernel, ReadOnlySpan<byte> rows, Span<byte> bytes)
    {
        int column = 0;
        if (kernel == BitUnshuffleKernel.Vector512)
        {
            column = TransposeColumns512(rows, bytes);
        }

        if (kernel >= BitUnshuffleKernel.Vector256)
        {
            column = TransposeColumns256(rows, bytes, column);
        }

        if (kernel != BitUnshuffleKernel.Word64)
        {
            column = TransposeColumns128(rows, bytes, column);
        }

        TransposeColumns64(rows, bytes, column);
    }

    private static void TransposeColumns64(ReadOnlySpan<byte> rows, Span<byte> bytes, int column)
    {
        int rowLength = rows.Length / 8;
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (; column < rowLength; column++)
        {
            ulong x = 0;
            for (int row = 7; row >= 0; row--)
            {
                x = (x << 8) | rows[(row * rowLength) + column];
            }

            // Transposes 8×8 bits by swapping blocks of 1, 2 and 4 (H. S. Warren, Hacker's Delight, section 7-3).
            ulong t = (x ^ (x >> 7)) & 0x00AA_00AA_00AA_00AA;
            x ^= t ^ (t << 7);
            t = (x ^ (x >> 14)) & 0x0000_CCCC_0000_CCCC;
            x ^= t ^ (t << 14);
            t = (x ^ (x >> 28)) & 0x0000_0000_F0F0_F0F0;
            x ^= t ^ (t << 28);
            words[column] = BitConverter.IsLittleEndian ? x : BinaryPrimitives.ReverseEndianness(x);
        }
    }

    /// <summary>
    /// Sixteen columns (128 elements) per step, from <paramref name="column"/> on; returns the first one left over.
    /// </summary>
    private static int TransposeColumns128(ReadOnlySpan<byte> rows, Span<byte> bytes, int column)
    {
        nuint rowLength = (nuint)(rows.Length / 8);
        nuint c = (nuint)column;
        ref byte source = ref MemoryMarshal.GetReference(rows);
        ref byte target = ref MemoryMarshal.GetReference(bytes);

        // GFNI counts the rows of a matrix from its highest byte, so it wants them in reverse.
        bool reversed = Gfni.IsSupported;
        nuint first = reversed ? 7 * rowLength : 0;
        nuint step = reversed ? 0 - rowLength : rowLength;
        for (; c + 16 <= rowLength; c += 16)
        {
            nuint at = first + c;
            Vector128<byte> r0 = Vector128.LoadUnsafe(ref source, at);
            Vector128<byte> r1 = Vector128.LoadUnsafe(ref source, at + step);
            Vector128<byte> r2 = Vector128.LoadUnsafe(ref source, at + (2 * step));
            Vector128<byte> r3 = Vector128.LoadUnsafe(ref source, at + (3 * step));
            Vector128<byte> r4 = Vector128.LoadUnsafe(ref source, at + (4 * step));
            Vector128<byte> r5 = Vector128.LoadUnsafe(ref source, at + (5 * step));
            Vector128<byte> r6 = Vector128.LoadUnsafe(ref source, at + (6 * step));
            Vector128<byte> r7 = Vector128.LoadUnsafe(ref source, at + (7 * step));
            nuint to = 8 * c;
            Store128(VectorZip.ZipLow(r0, r1), VectorZip.ZipLow(r2, r3), VectorZip.ZipLow(r4, r5), VectorZip.ZipLow(r6, r7), ref target, to);
            Store128(VectorZip.ZipHigh(r0, r1), VectorZip.ZipHigh(r2, r3), VectorZip.ZipHigh(r4, r5), VectorZip.ZipHigh(r6, r7), ref target, to + 64);
        }

        return (int)c;
    }

    /// <summary>Eight columns, given as pairs of rows, → 64 transposed bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store128(
        Vector128<byte> p01,
        Vector128<byte> p23,
        Vector128<byte> p45,
        Vector128<byte> p67,
        ref byte target,
        nuint to)
    {
        Vector128<uint> low0123 = VectorZip.ZipLow(p01.AsUInt16(), p23.AsUInt16()).AsUInt32();
        Vector128<uint> high0123 = VectorZip.ZipHigh(p01.AsUInt16(), p23.AsUInt16()).AsUInt32();
        Vector128<uint> low4567 = VectorZip.ZipLow(p45.AsUInt16(), p67.AsUInt16()).AsUInt32();
        Vector128<uint> high4567 = VectorZip.ZipHigh(p45.AsUInt16(), p67.AsUInt16()).AsUInt32();
        TransposeBits(VectorZip.ZipLow(low0123, low4567).AsByte()).StoreUnsafe(ref target, to);
        TransposeBits(VectorZip.ZipHigh(low0123, low4567).AsByte()).StoreUnsafe(ref target, to + 16);
        TransposeBits(VectorZip.ZipLow(high0123, high4567).AsByte()).StoreUnsafe(ref target, to + 32);
        TransposeBits(VectorZip.ZipHigh(high0123, high4567).AsByte()).StoreUnsafe(ref target, to + 48);
    }

    /// <summary>Transposes the 8×8 bits in each 64-bit lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> TransposeBits(Vector128<byte> matrices)
    {
        if (Gfni.IsSupported)
        {
            return Gfni.GaloisFieldAffineTransform(Vector128.Create(Diagonal).AsByte(), matrices, 0);
        }

        Vector128<ulong> x = matrices.AsUInt64();
        Vector128<ulong> t = (x ^ (x >>> 7)) & Vector128.Create(0x00AA_00AA_00AA_00AAul);
        x ^= t ^ (t << 7);
        t = (x ^ (x >>> 14)) & Vector128.Create(0x0000_CCCC_0000_CCCCul);
        x ^= t ^ (t << 14);
        t = (x ^ (x >>> 28)) & Vector128.Create(0x0000_0000_F0F0_F0F0ul);
        return (x ^ t ^ (t << 28)).AsByte();
    }

    /// <summary>
    /// Thirty-two columns (256 elements) per step, from <paramref name="column"/> on; returns the first one left over.
    /// </summary>
    /// <remarks>
    /// As the 128-bit form in either half of the registers: the lower half holds columns c … c + 15, the upper half
    /// c + 16 … c + 31, whose bytes belong 128 further on.
    /// </remarks>
    private static int TransposeColumns256(ReadOnlySpan<byte> rows, Span<byte> bytes, int column)
    {
        nuint rowLength = (nuint)(rows.Length / 8);
        nuint c = (nuint)column;
        ref byte source = ref MemoryMarshal.GetReference(rows);
        ref byte target = ref MemoryMarshal.GetReference(bytes);
        bool reversed = Gfni.V256.IsSupported;
        nuint first = reversed ? 7 * rowLength : 0;
        nuint step = reversed ? 0 - rowLength : rowLength;
        for (; c + 32 <= rowLength; c += 32)
        {
            nuint at = first + c;
            Vector256<byte> r0 = Vector256.LoadUnsafe(ref source, at);
            Vector256<byte> r1 = Vector256.LoadUnsafe(ref source, at + step);
            Vector256<byte> r2 = Vector256.LoadUnsafe(ref source, at + (2 * step));
            Vector256<byte> r3 = Vector256.LoadUnsafe(ref source, at + (3 * step));
            Vector256<byte> r4 = Vector256.LoadUnsafe(ref source, at + (4 * step));
            Vector256<byte> r5 = Vector256.LoadUnsafe(ref source, at + (5 * step));
            Vector256<byte> r6 = Vector256.LoadUnsafe(ref source, at + (6 * step));
            Vector256<byte> r7 = Vector256.LoadUnsafe(ref source, at + (7 * step));
            nuint to = 8 * c;
            Store256(
                Avx2.UnpackLow(r0, r1),
                Avx2.UnpackLow(r2, r3),
                Avx2.UnpackLow(r4, r5),
                Avx2.UnpackLow(r6, r7),
                ref target,
                to);
            Store256(
                Avx2.UnpackHigh(r0, r1),
                Avx2.UnpackHigh(r2, r3),
                Avx2.UnpackHigh(r4, r5),
                Avx2.UnpackHigh(r6, r7),
                ref target,
                to + 64);
        }

        return (int)c;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store256(
        Vector256<byte> p01,
        Vector256<byte> p23,
        Vector256<byte> p45,
        Vector256<byte> p67,
        ref byte target,
        nuint to)
    {
        Vector256<uint> low0123 = Avx2.UnpackLow(p01.AsUInt16(), p23.AsUInt16()).AsUInt32();
        Vector256<uint> high0123 = Avx2.UnpackHigh(p01.AsUInt16(), p23.AsUInt16()).AsUInt32();
        Vector256<uint> low4567 = Avx2.UnpackLow(p45.AsUInt16(), p67.AsUInt16()).AsUInt32();
        Vector256<uint> high4567 = Avx2.UnpackHigh(p45.AsUInt16(), p67.AsUInt16()).AsUInt32();
        Vector256<byte> columns01 = TransposeBits(Avx2.UnpackLow(low0123, low4567).AsByte());
        Vector256<byte> columns23 = TransposeBits(Avx2.UnpackHigh(low0123, low4567).AsByte());
        Vector256<byte> columns45 = TransposeBits(Avx2.UnpackLow(high0123, high4567).AsByte());
        Vector256<byte> columns67 = TransposeBits(Avx2.UnpackHigh(high0123, high4567).AsByte());
        Avx2.Permute2x128(columns01, columns23, 0x20).StoreUnsafe(ref target, to);
        Avx2.Permute2x128(columns45, columns67, 0x20).StoreUnsafe(ref target, to + 32);
        Avx2.Permute2x128(columns01, columns23, 0x31).StoreUnsafe(ref target, to + 128);
        Avx2.Permute2x128(columns45, columns67, 0x31).StoreUnsafe(ref target, to + 160);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> TransposeBits(Vector256<byte> matrices)
    {
        if (Gfni.V256.IsSupported)
        {
            return Gfni.V256.GaloisFieldAffineTransform(Vector256.Create(Diagonal).AsByte(), matrices, 0);
        }

        Vector256<ulong> x = matrices.AsUInt64();
        Vector256<ulong> t = (x ^ (x >>> 7)) & Vector256.Create(0x00AA_00AA_00AA_00AAul);
        x ^= t ^ (t << 7);
        t = (x ^ (x >>> 14)) & Vector256.Create(0x0000_CCCC_0000_CCCCul);
        x ^= t ^ (t << 14);
        t = (x ^ (x >>> 28)) & Vector256.Create(0x0000_0000_F0F0_F0F0ul);
        return (x ^ t ^ (t << 28)).AsByte();
    }

    /// <summary>Sixty-four columns (512 elements) per step; returns the first one left over.</summary>
    /// <remarks>As the 256-bit form in four quarters: quarter q holds columns c + 16q … c + 16q + 15.</remarks>
    private static int TransposeColumns512(ReadOnlySpan<byte> rows, Span<byte> bytes)
    {
        nuint rowLength = (nuint)(rows.Length / 8);
        nuint c = 0;
        ref byte source = ref MemoryMarshal.GetReference(rows);
        ref byte target = ref MemoryMarshal.GetReference(bytes);
        nuint first = 7 * rowLength;
        for (; c + 64 <= rowLength; c += 64)
        {
            // GFNI counts the rows of a matrix from its highest byte, so it wants them in reverse.
            nuint at = first + c;
            Vector512<byte> r0 = Vector512.LoadUnsafe(ref source, at);
            Vector512<byte> r1 = Vector512.LoadUnsafe(ref source, at - rowLength);
            Vector512<byte> r2 = Vector512.LoadUnsafe(ref source, at - (2 * rowLength));
            Vector512<byte> r3 = Vector512.LoadUnsafe(ref source, at - (3 * rowLength));
            Vector512<byte> r4 = Vector512.LoadUnsafe(ref source, at - (4 * rowLength));
            Vector512<byte> r5 = Vector512.LoadUnsafe(ref source, at - (5 * rowLength));
            Vector512<byte> r6 = Vector512.LoadUnsafe(ref source, at - (6 * rowLength));
            Vector512<byte> r7 = Vector512.LoadUnsafe(ref source, c);
            nuint to = 8 * c;
            Store512(
                Avx512BW.UnpackLow(r0, r1),
                Avx512BW.UnpackLow(r2, r3),
                Avx512BW.UnpackLow(r4, r5),
                Avx512BW.UnpackLow(r6, r7),
                ref target,
                to);
            Store512(
                Avx512BW.UnpackHigh(r0, r1),
                Avx512BW.UnpackHigh(r2, r3),
                Avx512BW.UnpackHigh(r4, r5),
                Avx512BW.UnpackHigh(r6, r7),
                ref target,
                to + 64);
        }

        return (int)c;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store512(
        Vector512<byte> p01,
        Vector512<byte> p23,
        Vector512<byte> p45,
        Vector512<byte> p67,
        ref byte target,
        nuint to)
    {
        Vector512<uint> low0123 = Avx512BW.UnpackLow(p01.AsUInt16(), p23.AsUInt16()).AsUInt32();
        Vector512<uint> high0123 = Avx512BW.UnpackHigh(p01.AsUInt16(), p23.AsUInt16()).AsUInt32();
        Vector512<uint> low4567 = Avx512BW.UnpackLow(p45.AsUInt16(), p67.AsUInt16()).AsUInt32();
        Vector512<uint> high4567 = Avx512BW.UnpackHigh(p45.AsUInt16(), p67.AsUInt16()).AsUInt32();
        Vector512<ulong> columns01 = TransposeBits(Avx512F.UnpackLow(low0123, low4567).AsByte()).AsUInt64();
        Vector512<ulong> columns23 = TransposeBits(Avx512F.UnpackHigh(low0123, low4567).AsByte()).AsUInt64();
        Vector512<ulong> columns45 = TransposeBits(Avx512F.UnpackLow(high0123, high4567).AsByte()).AsUInt64();
        Vector512<ulong> columns67 = TransposeBits(Avx512F.UnpackHigh(high0123, high4567).AsByte()).AsUInt64();

        // Quarter q of the four registers belongs together, 128 bytes after quarter q − 1: a transposition of quarters.
        Vector512<ulong> front03 = Avx512F.Shuffle4x128(columns01, columns23, 0x44);
        Vector512<ulong> back03 = Avx512F.Shuffle4x128(columns01, columns23, 0xEE);
        Vector512<ulong> front47 = Avx512F.Shuffle4x128(columns45, columns67, 0x44);
        Vector512<ulong> back47 = Avx512F.Shuffle4x128(columns45, columns67, 0xEE);
        Avx512F.Shuffle4x128(front03, front47, 0x88).AsByte().StoreUnsafe(ref target, to);
        Avx512F.Shuffle4x128(front03, front47, 0xDD).AsByte().StoreUnsafe(ref target, to + 128);
        Avx512F.Shuffle4x128(back03, back47, 0x88).AsByte().StoreUnsafe(ref target, to + 256);
        Avx512F.Shuffle4x128(back03, back47, 0xDD).AsByte().StoreUnsafe(ref target, to + 384);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> TransposeBits(Vector512<byte> matrices) =>
        Gfni.V512.GaloisFieldAffineTransform(Vector512.Create(Diagonal).AsByte(), matrices, 0);
}
