using System.Buffers.Binary;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// Finds the blocks of a bitshuffle-LZ4 payload: 8 bytes big-endian size of the plain data, 4 bytes big-endian block size, then per block
/// a 4-byte big-endian length and the LZ4 bytes; the last size mod (8 · pixel size) bytes stand plain at the end. Done on the host, since
/// each length says where the next one stands: on the device this walk alone takes ten times as long as the unpacking.
/// </summary>
/// <remarks>Source: bitshuffle <c>bshuf_h5filter.c</c>; DECTRIS compression <c>compression.c</c>.</remarks>
internal static class BlockTable
{
    // Block size that bitshuffle takes when nobody asks for another one; a header of zeros, as some senders write it, means it too.
    private const int DefaultBlock_bytes = 8192;

    private const int Header_bytes = 12;

    /// <summary>Whether the device can unpack frames of this type and packing, little-endian and row-major.</summary>
    public static bool Takes(in RawFrame frame) =>
        frame is { Encoding: PixelEncoding.BitshuffleLz4, IsBigEndian: false, IsColumnMajor: false }
        && frame.Type is PixelType.UInt8 or PixelType.Int8 or PixelType.UInt16 or PixelType.Int16 or PixelType.UInt32 or PixelType.Int32;

    /// <summary>Appends the blocks of a frame to the batch's table. Every length is checked against the payload.</summary>
    /// <param name="payload">The packed frame, whole.</param>
    /// <param name="type">Type of its pixels, one that the device takes.</param>
    /// <param name="frame">Place of the frame in the batch.</param>
    /// <param name="start">Where the payload will stand in the batch's packed bytes.</param>
    /// <param name="pixelCount">Pixels of a frame.</param>
    /// <param name="largestBlock_bytes">Largest plain block that the device takes.</param>
    /// <param name="table">Room for blocks.</param>
    /// <param name="count">Blocks in the table; grows only for <see cref="PackedFrame.Blocks"/>.</param>
    public static PackedFrame Append(
        ReadOnlySpan<byte> payload,
        PixelType type,
        int frame,
        int start,
        int pixelCount,
        int largestBlock_bytes,
        Span<PackedBlock> table,
        ref int count)
    {
        int pixelBytes = PixelTypes.SizeOf(type);
        long plainBytes = (long)pixelCount * pixelBytes;
        int granule = 8 * pixelBytes;
        if (!TryReadHeader(payload, plainBytes, out int blockBytes) || blockBytes % granule != 0)
        {
            return PackedFrame.Damaged;
        }

        int tailBytes = (int)(plainBytes % granule);
        long shuffledBytes = plainBytes - tailBytes;
        if (Math.Min(blockBytes, shuffledBytes) > largestBlock_bytes)
        {
            return PackedFrame.Unusual;
        }

        int next = count;
        int at = Header_bytes;
        var block = new PackedBlock
        {
            Frame = frame,
            PixelBytes = pixelBytes,
            IsSigned = type is PixelType.Int8 or PixelType.Int16 or PixelType.Int32 ? 1 : 0,
        };
        for (long plain = 0; plain < shuffledBytes; plain += blockBytes)
        {
            if (payload.Length - at < sizeof(uint))
            {
                return PackedFrame.Damaged;
            }

            uint length = BinaryPrimitives.ReadUInt32BigEndian(payload[at..]);
            at += sizeof(uint);
            if (length == 0 || length > (uint)(payload.Length - at))
            {
                return PackedFrame.Damaged;
            }

            if (next == table.Length)
            {
                return PackedFrame.Unusual;
            }

            block.Start = start + at;
            block.PackedLength = (int)length;
            block.PlainLength = (int)Math.Min(blockBytes, shuffledBytes - plain);
            block.FirstPixel = (int)((frame * (long)pixelCount) + (plain / pixelBytes));
            table[next++] = block;
            at += (int)length;
        }

        if (payload.Length - at != tailBytes)
        {
            return PackedFrame.Damaged;
        }

        if (tailBytes > 0)
        {
            if (next == table.Length)
            {
                return PackedFrame.Unusual;
            }

            block.Start = start + at;
            block.PackedLength = tailBytes;
            block.PlainLength = tailBytes;
            block.FirstPixel = (int)((frame * (long)pixelCount) + (shuffledBytes / pixelBytes));
            block.IsPlain = 1;
            table[next++] = block;
        }

        count = next;
        return PackedFrame.Blocks;
    }

    private static bool TryReadHeader(ReadOnlySpan<byte> payload, long plainBytes, out int blockBytes)
    {
        blockBytes = DefaultBlock_bytes;
        if (payload.Length < Header_bytes)
        {
            return false;
        }

        ulong claimedPlain = BinaryPrimitives.ReadUInt64BigEndian(payload);
        uint claimedBlock = BinaryPrimitives.ReadUInt32BigEndian(payload[sizeof(ulong)..]);
        if (claimedPlain == 0 && claimedBlock == 0)
        {
            return true;
        }

        blockBytes = (int)Math.Min(claimedBlock, int.MaxValue);
        return claimedPlain == (ulong)plainBytes && claimedBlock is not 0 and <= int.MaxValue;
    }
}
