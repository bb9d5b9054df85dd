using System.Buffers.Binary;
using K4os.Compression.LZ4;
using PureHDF.Filters;

namespace XrdCt.Live.Simulator.Sources;

/// <summary>
/// HDF5 filter 32008 (bitshuffle with LZ4), which nearly all files of detectors use: unpacks only. Independent of the processor's decoder.
/// </summary>
/// <remarks>Source: bitshuffle, <see href="https://github.com/kiyo-masui/bitshuffle"/>, description of the HDF5 filter.</remarks>
internal sealed class BitshuffleLz4Filter : IH5Filter
{
    private const int HeaderBytes = 12;
    private const int Lz4 = 2;
    private const int LargestChunk = 1 << 30;

    // Parameters of the filter: two version numbers, bytes of an element, elements of a block, compression.
    private const int ElementParameter = 2;
    private const int CompressionParameter = 4;

    /// <inheritdoc/>
    public ushort FilterId => 32008;

    /// <inheritdoc/>
    public string Name => "bitshuffle";

    /// <inheritdoc/>
    public Memory<byte> Filter(FilterInfo info)
    {
        if (!info.Flags.HasFlag(H5FilterFlags.Decompress))
        {
            throw new NotSupportedException("bitshuffle is only read here");
        }

        if (info.Parameters.Length <= CompressionParameter || info.Parameters[CompressionParameter] != Lz4)
        {
            throw new NotSupportedException("bitshuffle without LZ4");
        }

        return Unpack(info.Buffer.Span, (int)info.Parameters[ElementParameter]);
    }

    /// <inheritdoc/>
    public uint[] GetParameters(uint[] chunkDimensions, uint typeSize, Dictionary<string, object>? options) =>
        throw new NotSupportedException("bitshuffle is only read here");

    /// <exception cref="InvalidDataException">The chunk is damaged.</exception>
    internal static byte[] Unpack(ReadOnlySpan<byte> packed, int elementBytes)
    {
        if (packed.Length < HeaderBytes || elementBytes is not (1 or 2 or 4 or 8))
        {
            throw Damaged();
        }

        long plain = BinaryPrimitives.ReadInt64BigEndian(packed);
        int block = BinaryPrimitives.ReadInt32BigEndian(packed[8..]);
        int group = 8 * elementBytes;
        if (plain is < 0 or > LargestChunk || block <= 0 || block % group != 0)
        {
            throw Damaged();
        }

        byte[] pixels = new byte[plain];
        byte[] rows = new byte[Math.Min(block, plain)];
        int whole = (int)(plain / group * group);
        ReadOnlySpan<byte> rest = packed[HeaderBytes..];
        for (int first = 0; first < whole; first += block)
        {
            int length = Math.Min(block, whole - first);
            int size = rest.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32BigEndian(rest);
            if (size < 0 || size > rest.Length - sizeof(int)
                || LZ4Codec.Decode(rest.Slice(sizeof(int), size), rows.AsSpan(0, length)) != length)
            {
                throw Damaged();
            }

            Transpose(rows.AsSpan(0, length), elementBytes, pixels.AsSpan(first, length));
            rest = rest[(sizeof(int) + size)..];
        }

        if (rest.Length < plain - whole)
        {
            throw Damaged();
        }

        rest[..(int)(plain - whole)].CopyTo(pixels.AsSpan(whole));
        return pixels;
    }

    /// <summary>Bit k of all pixels stands in row k, pixel i in bit i mod 8 of byte i / 8.</summary>
    private static void Transpose(ReadOnlySpan<byte> rows, int elementBytes, Span<byte> pixels)
    {
        int rowLength = rows.Length / elementBytes / 8;
        for (int octet = 0; octet < elementBytes; octet++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                ReadOnlySpan<byte> row = rows.Slice(((octet * 8) + bit) * rowLength, rowLength);
                for (int i = 0; i < rowLength; i++)
                {
                    // Most rows of counts are empty.
                    for (int set = row[i], j = 0; set != 0; set >>= 1, j++)
                    {
                        pixels[(((i * 8) + j) * elementBytes) + octet] |= (byte)((set & 1) << bit);
                    }
                }
            }
        }
    }

    private static InvalidDataException Damaged() => new("a bitshuffle chunk is damaged");
}
