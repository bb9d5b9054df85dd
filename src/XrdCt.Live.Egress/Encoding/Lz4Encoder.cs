using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace XrdCt.Live.Egress.Encoding;

/// <summary>LZ4 of images in the two forms that detectors send: blocks with the framing of HDF5, and one bare block. Pure functions.</summary>
public static class Lz4Encoder
{
    // Any size is allowed; 64 KiB is the reach of LZ4's back references.
    private const int BlockBytes = 1 << 16;
    private const int HeaderBytes = 12;

    /// <summary>Largest possible length of <see cref="EncodeFramed"/>, bytes.</summary>
    public static int MaximumFramedLength(int plainBytes)
    {
        long blocks = ((long)plainBytes + BlockBytes - 1) / BlockBytes;
        return checked((int)(HeaderBytes + (blocks * sizeof(int)) + plainBytes));
    }

    /// <summary>Largest possible length of <see cref="EncodeBlock"/>, bytes.</summary>
    public static int MaximumBlockLength(int plainBytes) => LZ4Codec.MaximumOutputSize(plainBytes);

    /// <summary>
    /// HDF5 filter 32004 and DECTRIS Stream V2 <c>lz4</c>: uncompressed size (8 bytes) and block size (4 bytes), big endian; per block the
    /// compressed size (4 bytes, big endian) and one LZ4 block, which stands raw where compression would not make it shorter.
    /// </summary>
    /// <param name="image">Bytes of the pixels.</param>
    /// <param name="output">Receives the bytes, at least <see cref="MaximumFramedLength"/>.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The output is too short.</exception>
    public static int EncodeFramed(ReadOnlySpan<byte> image, Span<byte> output)
    {
        CheckRoom(MaximumFramedLength(image.Length), output.Length);
        BinaryPrimitives.WriteUInt64BigEndian(output, (ulong)image.Length);
        BinaryPrimitives.WriteInt32BigEndian(output[8..], BlockBytes);
        int written = HeaderBytes;
        for (int first = 0; first < image.Length; first += BlockBytes)
        {
            ReadOnlySpan<byte> block = image[first..Math.Min(first + BlockBytes, image.Length)];
            Span<byte> packed = output.Slice(written + sizeof(int), block.Length);

            // Room for one byte less than the block: what does not fit is not shorter. A reader takes equal length for "raw".
            int length = LZ4Codec.Encode(block, packed[..^1], LZ4Level.L00_FAST);
            if (length < 0)
            {
                block.CopyTo(packed);
                length = block.Length;
            }

            BinaryPrimitives.WriteInt32BigEndian(output[written..], length);
            written += sizeof(int) + length;
        }

        return written;
    }

    /// <summary>DECTRIS Stream V1 <c>lz4&lt;</c>: the whole image as one LZ4 block, nothing around it.</summary>
    /// <param name="image">Bytes of the pixels.</param>
    /// <param name="output">Receives the bytes, at least <see cref="MaximumBlockLength"/>.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The output is too short.</exception>
    public static int EncodeBlock(ReadOnlySpan<byte> image, Span<byte> output)
    {
        CheckRoom(MaximumBlockLength(image.Length), output.Length);
        return LZ4Codec.Encode(image, output, LZ4Level.L00_FAST);
    }

    private static void CheckRoom(int needed, int room)
    {
        if (room < needed)
        {
            throw new ArgumentException($"the output has {room} bytes, {needed} are needed", nameof(room));
        }
    }
}
