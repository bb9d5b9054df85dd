using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Undoes bitshuffle on one block of N elements of S bytes, N a multiple of 8. A shuffled block holds 8·S rows of
/// N/8 bytes; row 8·j + k holds bit k of byte j of every element, element i in bit i mod 8 of byte i / 8 (least
/// significant first), so that <c>element[i] = Σ row[8j + k][i] · 2^(8j + k)</c>. Elements come out little endian.
/// </summary>
/// <remarks>
/// Source: K. Masui et al., <see href="https://doi.org/10.1016/j.ascom.2015.07.002"/>, section 3. The fast kernels work
/// per byte j of the element: gather byte b of the eight rows (8×8 byte transposition by three rounds of unpacking),
/// transpose the 8×8 bits (one GFNI instruction or three rounds of swaps), then interleave the S byte planes.
/// </remarks>
public static class BitUnshuffle
{
    /// <summary>Kernel that this machine runs best.</summary>
    internal static readonly BitUnshuffleKernel Best =
        IsSupported(BitUnshuffleKernel.Vector256) ? BitUnshuffleKernel.Vector256
        : IsSupported(BitUnshuffleKernel.Vector128) ? BitUnshuffleKernel.Vector128
        : BitUnshuffleKernel.Word64;

    // Bit k of byte k, the operand that turns GFNI's affine product into a transposition of its other operand.
    private const ulong Diagonal = 0x8040_2010_0804_0201;

    /// <summary>The definition, bit by bit: slow, and the reference of all other kernels.</summary>
    /// <param name="shuffled">One shuffled block; its length is a multiple of 8·<paramref name="elementSize"/>.</param>
    /// <param name="elementSize">Bytes of an element: 1, 2, 4 or 8.</param>
    /// <param name="output">Receives the elements; same length; must not overlap <paramref name="shuffled"/>.</param>
    /// <exception cref="ArgumentException">A length or the element size is not as stated.</exception>
    public static void Scalar(ReadOnlySpan<byte> shuffled, int elementSize, Span<byte> output)
    {
        CheckBlock(shuffled.Length, elementSize, output.Length);
        int elementCount = shuffled.Length / elementSize;
        int rowLength = elementCount / 8;
        output.Clear();
        for (int row = 0; row < 8 * elementSize; row++)
        {
            ReadOnlySpan<byte> bits = shuffled.Slice(row * rowLength, rowLength);
            for (int i = 0; i < elementCount; i++)
            {
                int bit = (bits[i >> 3] >> (i & 7)) & 1;
                output[(i * elementSize) + (row >> 3)] |= (byte)(bit << (row & 7));
            }
        }
    }

    /// <summary>As <see cref="Scalar"/>, with the fastest kernel of this machine.</summary>
    /// <param name="shuffled">One shuffled block; its length is a multiple of 8·<paramref name="elementSize"/>.</param>
    /// <param name="elementSize">Bytes of an element: 1, 2, 4 or 8.</param>
    /// <param name="planes">
    /// Scratch, at least as long as <paramref name="shuffled"/>; not used when elements are bytes.
    /// </param>
    /// <param name="output">Receives the elements; same length; must not overlap the other two.</param>
    /// <exception cref="ArgumentException">A length or the element size is not as stated.</exception>
    public static void Apply(ReadOnlySpan<byte> shuffled, int elementSize, Span<byte> planes, Span<byte> output) =>
        Apply(Best, shuffled, elementSize, planes, output);

    /// <summary>True where this machine has the instructions of <paramref name="kernel"/>.</summary>
    internal static bool IsSupported(BitUnshuffleKernel kernel) => kernel switch
    {
        BitUnshuffleKernel.Vector256 => Avx2.IsSupported,
        BitUnshuffleKernel.Vector128 => Sse2.IsSupported || AdvSimd.Arm64.IsSupported,
        _ => true,
    };

    /// <summary>As the public form, with a kernel of the caller's choice, which the machine must support.</summary>
    internal static void Apply(
        BitUnshuffleKernel kernel,
        ReadOnlySpan<byte> shuffled,
        int elementSize,
        Span<byte> planes,
        Span<byte> output)
    {
        CheckBlock(shuffled.Length, elementSize, output.Length);
        int elementCount = shuffled.Length / elementSize;
        if (elementSize == 1)
        {
            TransposePlane(kernel, shuffled, output);
            return;
        }

        if (planes.Length < shuffled.Length)
        {
            throw new ArgumentException(
                $"planes.Length is {planes.Length}, expected {shuffled.Length}",
                nameof(planes));
        }

        for (int j = 0; j < elementSize; j++)
        {
            TransposePlane(
                kernel,
                shuffled.Slice(j * elementCount, elementCount),
                planes.Slice(j * elementCount, elementCount));
        }

        Interleave(kernel, planes[..shuffled.Length], elementSize, elementCount, output);
    }

    private static void CheckBlock(int shuffledLength, int elementSize, int outputLength)
    {
        if (elementSize is not (1 or 2 or 4 or 8))
        {
            throw new ArgumentOutOfRangeException(nameof(elementSize), elementSize, "expected 1, 2, 4 or 8 bytes");
        }

        if (shuffledLength % (8 * elementSize) != 0 || outputLength != shuffledLength)
        {
            throw new ArgumentException(
                $"{shuffledLength} bytes into {outputLength}: expected equal multiples of {8 * elementSize}");
        }
    }

    /// <summary>Eight rows of n/8 bytes → n bytes: byte i holds bit i of every row, row 0 in its lowest bit.</summary>
    private static void TransposePlane(BitUnshuffleKernel kernel, ReadOnlySpan<byte> rows, Span<byte> bytes)
    {
        int column = 0;
        if (kernel == BitUnshuffleKernel.Vector256)
        {
            column = TransposeColumns256(rows, bytes);
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
            Store128(ZipLow(r0, r1), ZipLow(r2, r3), ZipLow(r4, r5), ZipLow(r6, r7), ref target, to);
            Store128(ZipHigh(r0, r1), ZipHigh(r2, r3), ZipHigh(r4, r5), ZipHigh(r6, r7), ref target, to + 64);
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
        Vector128<uint> low0123 = ZipLow(p01.AsUInt16(), p23.AsUInt16()).AsUInt32();
        Vector128<uint> high0123 = ZipHigh(p01.AsUInt16(), p23.AsUInt16()).AsUInt32();
        Vector128<uint> low4567 = ZipLow(p45.AsUInt16(), p67.AsUInt16()).AsUInt32();
        Vector128<uint> high4567 = ZipHigh(p45.AsUInt16(), p67.AsUInt16()).AsUInt32();
        TransposeBits(ZipLow(low0123, low4567).AsByte()).StoreUnsafe(ref target, to);
        TransposeBits(ZipHigh(low0123, low4567).AsByte()).StoreUnsafe(ref target, to + 16);
        TransposeBits(ZipLow(high0123, high4567).AsByte()).StoreUnsafe(ref target, to + 32);
        TransposeBits(ZipHigh(high0123, high4567).AsByte()).StoreUnsafe(ref target, to + 48);
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

    /// <summary>Thirty-two columns (256 elements) per step; returns the first one left over.</summary>
    /// <remarks>
    /// As the 128-bit form in either half of the registers: the lower half holds columns c … c + 15, the upper half
    /// c + 16 … c + 31, whose bytes belong 128 further on.
    /// </remarks>
    private static int TransposeColumns256(ReadOnlySpan<byte> rows, Span<byte> bytes)
    {
        nuint rowLength = (nuint)(rows.Length / 8);
        nuint c = 0;
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

    /// <summary>Byte planes, one after the other, → elements.</summary>
    private static void Interleave(
        BitUnshuffleKernel kernel,
        ReadOnlySpan<byte> planes,
        int elementSize,
        int elementCount,
        Span<byte> output)
    {
        int done = 0;
        if (elementSize == 4 && kernel == BitUnshuffleKernel.Vector256)
        {
            done = InterleaveFour256(planes, elementCount, output);
        }

        if (kernel != BitUnshuffleKernel.Word64)
        {
            done = elementSize switch
            {
                2 => InterleaveTwo128(planes, elementCount, output),
                4 => InterleaveFour128(planes, elementCount, output, done),
                _ => 0,
            };
        }

        for (int j = 0; j < elementSize; j++)
        {
            ReadOnlySpan<byte> plane = planes.Slice(j * elementCount, elementCount);
            for (int i = done; i < plane.Length; i++)
            {
                output[(i * elementSize) + j] = plane[i];
            }
        }
    }

    private static int InterleaveTwo128(ReadOnlySpan<byte> planes, int elementCount, Span<byte> output)
    {
        nuint n = (nuint)elementCount;
        nuint i = 0;
        ref byte source = ref MemoryMarshal.GetReference(planes);
        ref byte target = ref MemoryMarshal.GetReference(output);
        for (; i + 16 <= n; i += 16)
        {
            Vector128<byte> low = Vector128.LoadUnsafe(ref source, i);
            Vector128<byte> high = Vector128.LoadUnsafe(ref source, i + n);
            ZipLow(low, high).StoreUnsafe(ref target, 2 * i);
            ZipHigh(low, high).StoreUnsafe(ref target, (2 * i) + 16);
        }

        return (int)i;
    }

    private static int InterleaveFour128(ReadOnlySpan<byte> planes, int elementCount, Span<byte> output, int start)
    {
        nuint n = (nuint)elementCount;
        nuint i = (nuint)start;
        ref byte source = ref MemoryMarshal.GetReference(planes);
        ref byte target = ref MemoryMarshal.GetReference(output);
        for (; i + 16 <= n; i += 16)
        {
            Vector128<byte> b0 = Vector128.LoadUnsafe(ref source, i);
            Vector128<byte> b1 = Vector128.LoadUnsafe(ref source, i + n);
            Vector128<byte> b2 = Vector128.LoadUnsafe(ref source, i + (2 * n));
            Vector128<byte> b3 = Vector128.LoadUnsafe(ref source, i + (3 * n));
            Vector128<ushort> low01 = ZipLow(b0, b1).AsUInt16();
            Vector128<ushort> high01 = ZipHigh(b0, b1).AsUInt16();
            Vector128<ushort> low23 = ZipLow(b2, b3).AsUInt16();
            Vector128<ushort> high23 = ZipHigh(b2, b3).AsUInt16();
            nuint to = 4 * i;
            ZipLow(low01, low23).AsByte().StoreUnsafe(ref target, to);
            ZipHigh(low01, low23).AsByte().StoreUnsafe(ref target, to + 16);
            ZipLow(high01, high23).AsByte().StoreUnsafe(ref target, to + 32);
            ZipHigh(high01, high23).AsByte().StoreUnsafe(ref target, to + 48);
        }

        return (int)i;
    }

    private static int InterleaveFour256(ReadOnlySpan<byte> planes, int elementCount, Span<byte> output)
    {
        nuint n = (nuint)elementCount;
        nuint i = 0;
        ref byte source = ref MemoryMarshal.GetReference(planes);
        ref byte target = ref MemoryMarshal.GetReference(output);
        for (; i + 32 <= n; i += 32)
        {
            Vector256<byte> b0 = Vector256.LoadUnsafe(ref source, i);
            Vector256<byte> b1 = Vector256.LoadUnsafe(ref source, i + n);
            Vector256<byte> b2 = Vector256.LoadUnsafe(ref source, i + (2 * n));
            Vector256<byte> b3 = Vector256.LoadUnsafe(ref source, i + (3 * n));
            Vector256<ushort> low01 = Avx2.UnpackLow(b0, b1).AsUInt16();
            Vector256<ushort> high01 = Avx2.UnpackHigh(b0, b1).AsUInt16();
            Vector256<ushort> low23 = Avx2.UnpackLow(b2, b3).AsUInt16();
            Vector256<ushort> high23 = Avx2.UnpackHigh(b2, b3).AsUInt16();

            // Unpacking stays inside a half of the register: e03 holds elements 0–3 below and 16–19 above, and so on.
            Vector256<byte> e03 = Avx2.UnpackLow(low01, low23).AsByte();
            Vector256<byte> e47 = Avx2.UnpackHigh(low01, low23).AsByte();
            Vector256<byte> e8B = Avx2.UnpackLow(high01, high23).AsByte();
            Vector256<byte> eCF = Avx2.UnpackHigh(high01, high23).AsByte();
            nuint to = 4 * i;
            Avx2.Permute2x128(e03, e47, 0x20).StoreUnsafe(ref target, to);
            Avx2.Permute2x128(e8B, eCF, 0x20).StoreUnsafe(ref target, to + 32);
            Avx2.Permute2x128(e03, e47, 0x31).StoreUnsafe(ref target, to + 64);
            Avx2.Permute2x128(e8B, eCF, 0x31).StoreUnsafe(ref target, to + 96);
        }

        return (int)i;
    }

    // One pair of instructions per architecture; the callers run only where one of the two is there.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> ZipLow(Vector128<byte> a, Vector128<byte> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> ZipHigh(Vector128<byte> a, Vector128<byte> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> ZipLow(Vector128<ushort> a, Vector128<ushort> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> ZipHigh(Vector128<ushort> a, Vector128<ushort> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> ZipLow(Vector128<uint> a, Vector128<uint> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> ZipHigh(Vector128<uint> a, Vector128<uint> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
}
