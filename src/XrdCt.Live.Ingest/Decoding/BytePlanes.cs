using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>Puts the byte planes of a block together to elements: plane j holds byte j of every element.</summary>
internal static class BytePlanes
{
    /// <summary>Byte planes, one after the other, → elements.</summary>
    internal static void Interleave(
        BitUnshuffleKernel kernel,
        ReadOnlySpan<byte> planes,
        int elementSize,
        int elementCount,
        Span<byte> output)
    {
        int done = 0;
        if (elementSize == 4 && kernel >= BitUnshuffleKernel.Vector256)
        {
            done = InterleaveFour256(planes, elementCount, output);
        }

        if (kernel != BitUnshuffleKernel.Word64)
        {
            done = elementSize switch
            {
                2 => InterleaveTwo128(planes, elementCount, output),
                4 => InterleaveFour128(planes, elementCount, output, done),
                8 => InterleaveEight128(planes, elementCount, output),
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
            VectorZip.ZipLow(low, high).StoreUnsafe(ref target, 2 * i);
            VectorZip.ZipHigh(low, high).StoreUnsafe(ref target, (2 * i) + 16);
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
            Vector128<ushort> low01 = VectorZip.ZipLow(b0, b1).AsUInt16();
            Vector128<ushort> high01 = VectorZip.ZipHigh(b0, b1).AsUInt16();
            Vector128<ushort> low23 = VectorZip.ZipLow(b2, b3).AsUInt16();
            Vector128<ushort> high23 = VectorZip.ZipHigh(b2, b3).AsUInt16();
            nuint to = 4 * i;
            VectorZip.ZipLow(low01, low23).AsByte().StoreUnsafe(ref target, to);
            VectorZip.ZipHigh(low01, low23).AsByte().StoreUnsafe(ref target, to + 16);
            VectorZip.ZipLow(high01, high23).AsByte().StoreUnsafe(ref target, to + 32);
            VectorZip.ZipHigh(high01, high23).AsByte().StoreUnsafe(ref target, to + 48);
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

    private static int InterleaveEight128(ReadOnlySpan<byte> planes, int elementCount, Span<byte> output)
    {
        nuint n = (nuint)elementCount;
        nuint i = 0;
        ref byte source = ref MemoryMarshal.GetReference(planes);
        ref byte target = ref MemoryMarshal.GetReference(output);
        for (; i + 16 <= n; i += 16)
        {
            Vector128<byte> b0 = Vector128.LoadUnsafe(ref source, i);
            Vector128<byte> b1 = Vector128.LoadUnsafe(ref source, i + n);
            Vector128<byte> b2 = Vector128.LoadUnsafe(ref source, i + (2 * n));
            Vector128<byte> b3 = Vector128.LoadUnsafe(ref source, i + (3 * n));
            Vector128<byte> b4 = Vector128.LoadUnsafe(ref source, i + (4 * n));
            Vector128<byte> b5 = Vector128.LoadUnsafe(ref source, i + (5 * n));
            Vector128<byte> b6 = Vector128.LoadUnsafe(ref source, i + (6 * n));
            Vector128<byte> b7 = Vector128.LoadUnsafe(ref source, i + (7 * n));
            StoreEight128(
                VectorZip.ZipLow(b0, b1), VectorZip.ZipLow(b2, b3), VectorZip.ZipLow(b4, b5), VectorZip.ZipLow(b6, b7), ref target, 8 * i);
            StoreEight128(
                VectorZip.ZipHigh(b0, b1),
                VectorZip.ZipHigh(b2, b3),
                VectorZip.ZipHigh(b4, b5),
                VectorZip.ZipHigh(b6, b7),
                ref target,
                (8 * i) + 64);
        }

        return (int)i;
    }

    /// <summary>Eight elements, given as pairs of bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreEight128(
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
        VectorZip.ZipLow(low0123, low4567).AsByte().StoreUnsafe(ref target, to);
        VectorZip.ZipHigh(low0123, low4567).AsByte().StoreUnsafe(ref target, to + 16);
        VectorZip.ZipLow(high0123, high4567).AsByte().StoreUnsafe(ref target, to + 32);
        VectorZip.ZipHigh(high0123, high4567).AsByte().StoreUnsafe(ref target, to + 48);
    }

    /// <summary>One byte plane → 32-bit elements with the sign of that byte.</summary>
    internal static void ExtendOne(BitUnshuffleKernel kernel, ReadOnlySpan<byte> planes, Span<byte> output)
    {
        ReadOnlySpan<sbyte> low = MemoryMarshal.Cast<byte, sbyte>(planes);
        Span<int> elements = MemoryMarshal.Cast<byte, int>(output);
        ref sbyte source = ref MemoryMarshal.GetReference(low);
        ref int target = ref MemoryMarshal.GetReference(elements);
        int i = 0;
        if (kernel == BitUnshuffleKernel.Vector512)
        {
            for (; i + 16 <= elements.Length; i += 16)
            {
                Avx512F.ConvertToVector512Int32(Vector128.LoadUnsafe(ref source, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
            }
        }

        if (kernel != BitUnshuffleKernel.Word64)
        {
            for (; i + 16 <= elements.Length; i += 16)
            {
                (Vector128<short> a, Vector128<short> b) = Vector128.Widen(Vector128.LoadUnsafe(ref source, (nuint)i));
                Store(a, ref target, i);
                Store(b, ref target, i + 8);
            }
        }

        for (; i < elements.Length; i++)
        {
            elements[i] = low[i];
        }
    }

    /// <summary>Two byte planes → 32-bit elements with the sign of the second.</summary>
    internal static void ExtendTwo(BitUnshuffleKernel kernel, ReadOnlySpan<byte> planes, Span<byte> output)
    {
        Span<int> elements = MemoryMarshal.Cast<byte, int>(output);
        int n = elements.Length;
        ref byte source = ref MemoryMarshal.GetReference(planes);
        ref int target = ref MemoryMarshal.GetReference(elements);
        int i = 0;
        if (kernel == BitUnshuffleKernel.Vector512)
        {
            for (; i + 32 <= n; i += 32)
            {
                Vector512<short> low = Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(ref source, (nuint)i));
                Vector512<short> high = Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(ref source, (nuint)(i + n)));
                Vector512<short> both = low | (high << 8);
                Avx512F.ConvertToVector512Int32(both.GetLower()).StoreUnsafe(ref target, (nuint)i);
                Avx512F.ConvertToVector512Int32(both.GetUpper()).StoreUnsafe(ref target, (nuint)(i + 16));
            }
        }

        if (kernel != BitUnshuffleKernel.Word64)
        {
            for (; i + 16 <= n; i += 16)
            {
                Vector128<byte> low = Vector128.LoadUnsafe(ref source, (nuint)i);
                Vector128<byte> high = Vector128.LoadUnsafe(ref source, (nuint)(i + n));
                Store(VectorZip.ZipLow(low, high).AsInt16(), ref target, i);
                Store(VectorZip.ZipHigh(low, high).AsInt16(), ref target, i + 8);
            }
        }

        for (; i < n; i++)
        {
            elements[i] = (short)(planes[i] | (planes[i + n] << 8));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<short> x, ref int target, int at)
    {
        if (Avx2.IsSupported)
        {
            Avx2.ConvertToVector256Int32(x).StoreUnsafe(ref target, (nuint)at);
            return;
        }

        (Vector128<int> low, Vector128<int> high) = Vector128.Widen(x);
        low.StoreUnsafe(ref target, (nuint)at);
        high.StoreUnsafe(ref target, (nuint)(at + 4));
    }
}
