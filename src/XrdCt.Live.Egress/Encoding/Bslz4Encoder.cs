using System.Buffers.Binary;
using System.Runtime.InteropServices;
using K4os.Compression.LZ4;

namespace XrdCt.Live.Egress.Encoding;

/// <summary>
/// Bitshuffle-LZ4 of images, as HDF5 filter 32008 and DECTRIS <c>bslz4</c> store it: uncompressed size (8
/// bytes) and block size (4 bytes), big endian; per block the compressed size (4 bytes, big endian) and one LZ4 block;
/// the last pixels that fill no group of eight stand raw at the end. Not thread-safe: one instance per worker.
/// </summary>
public sealed class Bslz4Encoder
{
    /// <summary>32-bit pixels of a block: 8,192 bytes, the default of the codec.</summary>
    public const int BlockPixels = BlockBytes / sizeof(int);

    private const int BlockBytes = 8192;
    private const int HeaderBytes = 12;
    private const int PixelGroup = 8;

    private readonly int[] _pixels = new int[BlockPixels];
    private readonly byte[] _rows = new byte[BlockBytes];

    /// <summary>Largest possible length of the encoded image, bytes.</summary>
    /// <param name="pixelCount">Number of pixels.</param>
    /// <param name="elementBytes">Bytes of a pixel: 1, 2, 4 or 8.</param>
    public static int MaximumLength(int pixelCount, int elementBytes = sizeof(int))
    {
        int blocks = (int)((((long)pixelCount * elementBytes) + BlockBytes - 1) / BlockBytes);
        int largestBlock = sizeof(int) + LZ4Codec.MaximumOutputSize(BlockBytes);
        return checked(HeaderBytes + (blocks * largestBlock) + (PixelGroup * elementBytes));
    }

    /// <summary>Encodes an image of 32-bit pixels.</summary>
    /// <param name="image">Pixels, row-major.</param>
    /// <param name="output">Receives the bytes, at least <see cref="MaximumLength"/>.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The output is too short.</exception>
    public int Encode(ReadOnlySpan<int> image, Span<byte> output) => Encode(MemoryMarshal.AsBytes(image), sizeof(int), output);

    /// <summary>Encodes an image of any pixels.</summary>
    /// <param name="image">Bytes of the pixels, row-major, lowest byte first.</param>
    /// <param name="elementBytes">Bytes of a pixel: 1, 2, 4 or 8.</param>
    /// <param name="output">Receives the bytes, at least <see cref="MaximumLength"/>.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The output is too short, the image holds a part of a pixel, or pixels have other sizes.</exception>
    public int Encode(ReadOnlySpan<byte> image, int elementBytes, Span<byte> output)
    {
        if (elementBytes is not (1 or 2 or 4 or 8) || image.Length % elementBytes != 0)
        {
            throw new ArgumentException($"{image.Length} bytes are no pixels of {elementBytes} bytes", nameof(elementBytes));
        }

        CheckRoom(image.Length / elementBytes, elementBytes, output.Length);
        int written = WriteHeader(image.Length, output);
        int group = PixelGroup * elementBytes;
        int whole = image.Length / group * group;
        for (int first = 0; first < whole; first += BlockBytes)
        {
            written += WriteBlock(image[first..Math.Min(first + BlockBytes, whole)], elementBytes, output[written..]);
        }

        image[whole..].CopyTo(output[written..]);
        return written + image.Length - whole;
    }

    /// <summary>Encodes an image of 32-bit pixels while it is made, block by block: it never leaves the cache.</summary>
    /// <param name="source">Makes the blocks.</param>
    /// <param name="pixelCount">Number of pixels.</param>
    /// <param name="output">Receives the bytes, at least <see cref="MaximumLength"/>.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The output is too short.</exception>
    public int Encode(IPixelBlocks source, int pixelCount, Span<byte> output)
    {
        ArgumentNullException.ThrowIfNull(source);
        CheckRoom(pixelCount, sizeof(int), output.Length);
        int written = WriteHeader((long)pixelCount * sizeof(int), output);
        for (int first = 0; first < pixelCount; first += BlockPixels)
        {
            source.Read(first / BlockPixels, _pixels);
            int count = Math.Min(BlockPixels, pixelCount - first);
            int whole = count / PixelGroup * PixelGroup;
            if (whole > 0)
            {
                written += WriteBlock(MemoryMarshal.AsBytes(_pixels.AsSpan(0, whole)), sizeof(int), output[written..]);
            }

            ReadOnlySpan<byte> tail = MemoryMarshal.AsBytes(_pixels.AsSpan(whole, count - whole));
            tail.CopyTo(output[written..]);
            written += tail.Length;
        }

        return written;
    }

    private static void CheckRoom(int pixelCount, int elementBytes, int room)
    {
        int needed = MaximumLength(pixelCount, elementBytes);
        if (room < needed)
        {
            throw new ArgumentException($"the output has {room} bytes, {needed} are needed", nameof(room));
        }
    }

    private static int WriteHeader(long plainBytes, Span<byte> output)
    {
        BinaryPrimitives.WriteUInt64BigEndian(output, (ulong)plainBytes);
        BinaryPrimitives.WriteUInt32BigEndian(output[8..], BlockBytes);
        return HeaderBytes;
    }

    private int WriteBlock(ReadOnlySpan<byte> pixels, int elementBytes, Span<byte> output)
    {
        Span<byte> rows = _rows.AsSpan(0, pixels.Length);
        BitShuffle.Transpose(pixels, elementBytes, rows);
        int length = LZ4Codec.Encode(rows, output[sizeof(int)..], LZ4Level.L00_FAST);
        BinaryPrimitives.WriteInt32BigEndian(output, length);
        return sizeof(int) + length;
    }
}
