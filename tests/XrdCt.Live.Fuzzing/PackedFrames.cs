using System.Buffers.Binary;
using System.Runtime.InteropServices;
using K4os.Compression.LZ4;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Fuzzing;

/// <summary>Makes packed frames the plain way: bit by bit, as the format descriptions say.</summary>
internal static class PackedFrames
{
    /// <summary>The pixels of <c>stream2_peer.py</c>, int32.</summary>
    internal static int[] Expected(int rows, int columns, int frame, int elementBytes = 4)
    {
        int[] pixels = new int[rows * columns];
        for (int i = 0; i < pixels.Length; i++)
        {
            int count = (int)(((7L * i) + (13 * frame)) % 1000);
            count = elementBytes == 1 ? count % 100 : count;
            pixels[i] = i % 11 == 0 ? -1 : i % 101 == 5 ? -2 : count;
        }

        return pixels;
    }

    /// <summary>Bit transposition of one block, by the definition.</summary>
    internal static byte[] BitShuffle(ReadOnlySpan<byte> plain, int elementSize)
    {
        int elementCount = plain.Length / elementSize;
        byte[] shuffled = new byte[plain.Length];
        for (int i = 0; i < elementCount; i++)
        {
            for (int bit = 0; bit < 8 * elementSize; bit++)
            {
                int value = (plain[(i * elementSize) + (bit / 8)] >> (bit % 8)) & 1;
                shuffled[(bit * elementCount / 8) + (i / 8)] |= (byte)(value << (i % 8));
            }
        }

        return shuffled;
    }

    internal static byte[] BitshuffleLz4(ReadOnlySpan<byte> plain, int elementSize, int blockBytes = 8192)
    {
        using MemoryStream packed = Header(plain.Length, blockBytes);
        int tail = plain.Length % (8 * elementSize);
        for (int at = 0; at < plain.Length - tail; at += blockBytes)
        {
            ReadOnlySpan<byte> block = plain.Slice(at, Math.Min(blockBytes, plain.Length - tail - at));
            WriteBlock(packed, Compress(BitShuffle(block, elementSize)));
        }

        packed.Write(plain[^tail..]);
        return packed.ToArray();
    }

    internal static byte[] Lz4(ReadOnlySpan<byte> plain, int blockBytes = 65536)
    {
        using MemoryStream packed = Header(plain.Length, blockBytes);
        for (int at = 0; at < plain.Length; at += blockBytes)
        {
            ReadOnlySpan<byte> block = plain.Slice(at, Math.Min(blockBytes, plain.Length - at));
            byte[] compressed = Compress(block);
            WriteBlock(packed, compressed.Length >= block.Length ? block : compressed);
        }

        return packed.ToArray();
    }

    /// <summary>One LZ4 block without framing.</summary>
    internal static byte[] Lz4Block(ReadOnlySpan<byte> plain) => Compress(plain);

    internal static byte[] CbfByteOffset(ReadOnlySpan<int> pixels)
    {
        using MemoryStream packed = new();
        using BinaryWriter writer = new(packed);
        long before = 0;
        foreach (int pixel in pixels)
        {
            long difference = pixel - before;
            before = pixel;
            if (difference is > sbyte.MinValue and <= sbyte.MaxValue)
            {
                writer.Write((sbyte)difference);
                continue;
            }

            writer.Write((byte)0x80);
            if (difference is > short.MinValue and <= short.MaxValue)
            {
                writer.Write((short)difference);
                continue;
            }

            writer.Write(short.MinValue);
            if (difference is > int.MinValue and <= int.MaxValue)
            {
                writer.Write((int)difference);
                continue;
            }

            writer.Write(int.MinValue);
            writer.Write(difference);
        }

        return packed.ToArray();
    }

    internal static RawFrame Frame(
        byte[] payload,
        ImageShape shape,
        PixelType type = PixelType.Int32,
        PixelEncoding encoding = PixelEncoding.BitshuffleLz4) => new()
        {
            Header = new FrameHeader { SeriesId = 1, Index = 0, AcquiredAt = DateTimeOffset.UnixEpoch },
            Shape = shape,
            Type = type,
            Encoding = encoding,
            Lease = new MemoryLease(payload),
            PayloadOffset = 0,
            PayloadLength = payload.Length,
        };

    internal static byte[] Bytes<T>(ReadOnlySpan<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values).ToArray();

    private static byte[] Compress(ReadOnlySpan<byte> plain)
    {
        byte[] target = new byte[LZ4Codec.MaximumOutputSize(plain.Length)];
        return target[..LZ4Codec.Encode(plain, target)];
    }

    private static MemoryStream Header(int plainLength, int blockBytes)
    {
        byte[] header = new byte[12];
        BinaryPrimitives.WriteUInt64BigEndian(header, (ulong)plainLength);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(8), (uint)blockBytes);
        MemoryStream packed = new();
        packed.Write(header);
        return packed;
    }

    private static void WriteBlock(MemoryStream packed, ReadOnlySpan<byte> block)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)block.Length);
        packed.Write(length);
        packed.Write(block);
    }
}
