using System.Buffers.Binary;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>A pixel-wise table of a series header, still packed. Unpacked when asked for; not in the path of frames.</summary>
internal sealed class PackedTable
{
    // No detector reaches 2²⁷ pixels; a header that claims more must not cost memory.
    private const int MostPixels = 1 << 27;

    private readonly byte[] _packed;

    /// <summary>Copies <paramref name="packed"/>.</summary>
    internal PackedTable(ReadOnlySpan<byte> packed) => _packed = packed.ToArray();

    public required ImageShape Shape { get; init; }

    public required PixelType Type { get; init; }

    public required PixelEncoding Encoding { get; init; }

    public bool IsBigEndian { get; init; }

    public bool IsColumnMajor { get; init; }

    /// <summary>Masked where a number is not 0; null where the table cannot be read.</summary>
    internal PixelMask? ToMask() => Unpack() is { } bytes ? new PixelMask(Shape, Map(bytes, x => x != 0)) : null;

    /// <summary>The numbers, row-major; null where the table cannot be read.</summary>
    internal float[]? ToFloats() => Unpack() is { } bytes ? Map(bytes, x => (float)x) : null;

    /// <summary>Whether the unpacked pixels have an MD5 sum, as Stream V1 carries it.</summary>
    /// <param name="hex">The sum, 32 hexadecimal digits.</param>
    internal bool MatchesMd5(ReadOnlySpan<byte> hex) => Unpack() is { } bytes && FrameDigest.Matches(bytes, hex);

    private byte[]? Unpack()
    {
        if (Shape.Rows < 1 || Shape.Columns < 1 || (long)Shape.Rows * Shape.Columns > MostPixels)
        {
            return null;
        }

        int elementSize = PixelTypes.SizeOf(Type);
        long length = (long)Shape.PixelCount * elementSize;
        if (Encoding == PixelEncoding.None)
        {
            return _packed.Length == length ? _packed : null;
        }

        // LZ4 packs 255 to 1 at most: what claims more is no table, and must not cost memory.
        const int LargestRatio = 255;
        if (length > Array.MaxLength || length > (long)_packed.Length * LargestRatio)
        {
            return null;
        }

        byte[] bytes = new byte[length];
        bool unpacked = false;
        if (Encoding == PixelEncoding.Lz4)
        {
            unpacked = Lz4Blocks.TryDecode(_packed, bytes);
        }
        else if (Encoding == PixelEncoding.Lz4Block)
        {
            unpacked = Lz4Block.TryDecode(_packed, bytes);
        }
        else if (Encoding == PixelEncoding.BitshuffleLz4
            && BitshuffleLz4.ScratchLength(_packed, elementSize, bytes.Length) is var scratch and >= 0)
        {
            unpacked = BitshuffleLz4.TryDecode(_packed, elementSize, new byte[scratch], bytes);
        }

        return unpacked ? bytes : null;
    }

    private T[] Map<T>(byte[] bytes, Func<double, T> map)
    {
        int size = PixelTypes.SizeOf(Type);
        T[] result = new T[Shape.PixelCount];
        for (int i = 0; i < result.Length; i++)
        {
            int from = IsColumnMajor ? ((i % Shape.Columns) * Shape.Rows) + (i / Shape.Columns) : i;
            result[i] = map(Number(bytes.AsSpan(from * size, size)));
        }

        return result;
    }

    private double Number(ReadOnlySpan<byte> bytes) => (Type, IsBigEndian) switch
    {
        (PixelType.UInt8, _) => bytes[0],
        (PixelType.Int8, _) => (sbyte)bytes[0],
        (PixelType.UInt16, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (PixelType.UInt16, true) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        (PixelType.Int16, false) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        (PixelType.Int16, true) => BinaryPrimitives.ReadInt16BigEndian(bytes),
        (PixelType.UInt32, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        (PixelType.UInt32, true) => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        (PixelType.Int32, false) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        (PixelType.Int32, true) => BinaryPrimitives.ReadInt32BigEndian(bytes),
        (PixelType.UInt64, false) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        (PixelType.UInt64, true) => BinaryPrimitives.ReadUInt64BigEndian(bytes),
        (PixelType.Int64, false) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        (PixelType.Int64, true) => BinaryPrimitives.ReadInt64BigEndian(bytes),
        (PixelType.Float16, false) => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        (PixelType.Float16, true) => (double)BinaryPrimitives.ReadHalfBigEndian(bytes),
        (PixelType.Float32, false) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        (PixelType.Float32, true) => BinaryPrimitives.ReadSingleBigEndian(bytes),
        (PixelType.Float64, false) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        (PixelType.Float64, true) => BinaryPrimitives.ReadDoubleBigEndian(bytes),
        _ => double.NaN,
    };
}
