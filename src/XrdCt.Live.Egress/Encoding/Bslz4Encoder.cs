using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace XrdCt.Live.Egress.Encoding;

/// <summary>
/// Bitshuffle-LZ4 of 32-bit images, as HDF5 filter 32008 and DECTRIS <c>bslz4</c> store it: uncompressed size (8
/// bytes) and block size (4 bytes), big endian; per block the compressed size (4 bytes, big endian) and one LZ4 block;
/// the last pixels that fill no group of eight stand raw at the end. Not thread-safe: one instance per worker.
/// </summary>
public sealed class Bslz4Encoder
{
    /// <summary>Pixels of a block: 8,192 bytes, the default of the codec.</summary>
    public const int BlockPixels = 2048;

    private const int BlockBytes = BlockPixels * sizeof(int);
    private const int HeaderBytes = 12;
    private const int PixelGroup = 8;

    private readonly int[] _pixels = new int[BlockPixels];
    private readonly byte[] _rows = new byte[BlockBytes];

    /// <summary>Largest possible length of the encoded image, bytes.</summary>
    public static int MaximumLength(int pixelCount)
    {
        int blocks = (pixelCount + BlockPixels - 1) / BlockPixels;
        int largestBlock = sizeof(int) + LZ4Codec.MaximumOutputSize(BlockBytes);
        return HeaderBytes + (blocks * largestBlock) + (PixelGroup * sizeof(int));
    }

    /// <summary>Encodes an image in memory.</summary>
    /// <param name="image">Pixels, row-major.</param>
    /// <param name="output">Receives the bytes, at least <see cref="MaximumLength"/>.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(ReadOnlySpan<int> image, Span<byte> output)
    {
        CheckRoom(image.Length, output.Length);
        int written = WriteHeader(image.Length, output);
        int whole = image.Length / PixelGroup * PixelGroup;
        for (int first = 0; first < whole; first += BlockPixels)
        {
            written += WriteBlock(image[first..Math.Min(first + BlockPixels, whole)], output[written..]);
        }

        return written + WriteTail(image[whole..], output[written..]);
    }

    /// <summary>Encodes an image while it is made, block by block: it never leaves the cache.</summary>
    /// <param name="source">Makes the blocks.</param>
    /// <param name="pixelCount">Number of pixels.</param>
    /// <param name="output">Receives the bytes, at least <see cref="MaximumLength"/>.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(IPixelBlocks source, int pixelCount, Span<byte> output)
    {
        ArgumentNullException.ThrowIfNull(source);
        CheckRoom(pixelCount, output.Length);
        int written = WriteHeader(pixelCount, output);
        for (int first = 0; first < pixelCount; first += BlockPixels)
        {
            source.Read(first / BlockPixels, _pixels);
            int count = Math.Min(BlockPixels, pixelCount - first);
            int whole = count / PixelGroup * PixelGroup;
            if (whole > 0)
            {
                written += WriteBlock(_pixels.AsSpan(0, whole), output[written..]);
            }

            written += WriteTail(_pixels.AsSpan(whole, count - whole), output[written..]);
        }

        return written;
    }

    private static void CheckRoom(int pixelCount, int room)
    {
        if (room < MaximumLength(pixelCount))
        {
            throw new ArgumentException(
                $"the output has {room} bytes, {MaximumLength(pixelCount)} are needed", nameof(room));
        }
    }

    private static int WriteHeader(int pixelCount, Span<byte> output)
    {
        BinaryPrimitives.WriteUInt64BigEndian(output, (ulong)pixelCount * sizeof(int));
        BinaryPrimitives.WriteUInt32BigEndian(output[8..], BlockBytes);
        return HeaderBytes;
    }

    private static int WriteTail(ReadOnlySpan<int> pixels, Span<byte> output)
    {
        for (int i = 0; i < pixels.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(output[(i * sizeof(int))..], pixels[i]);
        }

        return pixels.Length * sizeof(int);
    }

    private int WriteBlock(ReadOnlySpan<int> pixels, Span<byte> output)
    {
        Span<byte> rows = _rows.AsSpan(0, pixels.Length * sizeof(int));
        BitShuffle.Transpose(pixels, rows);
        int length = LZ4Codec.Encode(rows, output[sizeof(int)..], LZ4Level.L00_FAST);
        BinaryPrimitives.WriteInt32BigEndian(output, length);
        return sizeof(int) + length;
    }
}
