using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>The numbers of an image file, row-major, in the byte order of this machine.</summary>
internal sealed class NumberArray
{
    private readonly byte[] _bytes;

    /// <summary>
    /// Takes over <paramref name="bytes"/>, which hold the numbers of <paramref name="shape"/> exactly.
    /// </summary>
    internal NumberArray(ImageShape shape, NumberFormat format, byte[] bytes, bool isLittleEndian)
    {
        if (bytes.Length != shape.PixelCount * SizeOf(format))
        {
            throw new ArgumentException($"{bytes.Length} bytes are not {shape} numbers of {format}", nameof(bytes));
        }

        Shape = shape;
        Format = format;
        _bytes = bytes;
        if (isLittleEndian != BitConverter.IsLittleEndian)
        {
            Reverse();
        }
    }

    internal ImageShape Shape { get; }

    internal NumberFormat Format { get; }

    internal static int SizeOf(NumberFormat format) => format switch
    {
        NumberFormat.UInt8 or NumberFormat.Int8 => 1,
        NumberFormat.UInt16 or NumberFormat.Int16 => 2,
        NumberFormat.UInt32 or NumberFormat.Int32 or NumberFormat.Single => 4,
        _ => 8,
    };

    /// <summary>The pixel type of the same size and kind.</summary>
    internal static PixelType PixelTypeOf(NumberFormat format) => format switch
    {
        NumberFormat.UInt8 => PixelType.UInt8,
        NumberFormat.Int8 => PixelType.Int8,
        NumberFormat.UInt16 => PixelType.UInt16,
        NumberFormat.Int16 => PixelType.Int16,
        NumberFormat.UInt32 => PixelType.UInt32,
        NumberFormat.Int32 => PixelType.Int32,
        NumberFormat.UInt64 => PixelType.UInt64,
        NumberFormat.Int64 => PixelType.Int64,
        NumberFormat.Single => PixelType.Float32,
        _ => PixelType.Float64,
    };

    /// <summary>The numbers, in the byte order of this machine.</summary>
    internal ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>True where a number is not zero (NaN is not zero).</summary>
    internal bool[] NonZero() => Format switch
    {
        NumberFormat.UInt8 or NumberFormat.Int8 => Map<byte, bool>(x => x != 0),
        NumberFormat.UInt16 or NumberFormat.Int16 => Map<ushort, bool>(x => x != 0),
        NumberFormat.UInt32 or NumberFormat.Int32 => Map<uint, bool>(x => x != 0),
        NumberFormat.UInt64 or NumberFormat.Int64 => Map<ulong, bool>(x => x != 0),
        NumberFormat.Single => Map<float, bool>(x => x != 0),
        _ => Map<double, bool>(x => x != 0),
    };

    /// <summary>The numbers as 32-bit integers; floats must be whole.</summary>
    /// <exception cref="OverflowException">A number is no 32-bit integer.</exception>
    internal int[] ToInt32() => Format switch
    {
        NumberFormat.UInt8 => Map<byte, int>(x => x),
        NumberFormat.Int8 => Map<sbyte, int>(x => x),
        NumberFormat.UInt16 => Map<ushort, int>(x => x),
        NumberFormat.Int16 => Map<short, int>(x => x),
        NumberFormat.UInt32 => Map<uint, int>(x => checked((int)x)),
        NumberFormat.Int32 => Map<int, int>(x => x),
        NumberFormat.UInt64 => Map<ulong, int>(x => checked((int)x)),
        NumberFormat.Int64 => Map<long, int>(x => checked((int)x)),
        NumberFormat.Single => Map<float, int>(x => Whole(x)),
        _ => Map<double, int>(Whole),
    };

    /// <summary>The numbers as floats.</summary>
    internal float[] ToSingle() => Format switch
    {
        NumberFormat.UInt8 => Map<byte, float>(x => x),
        NumberFormat.Int8 => Map<sbyte, float>(x => x),
        NumberFormat.UInt16 => Map<ushort, float>(x => x),
        NumberFormat.Int16 => Map<short, float>(x => x),
        NumberFormat.UInt32 => Map<uint, float>(x => x),
        NumberFormat.Int32 => Map<int, float>(x => x),
        NumberFormat.UInt64 => Map<ulong, float>(x => x),
        NumberFormat.Int64 => Map<long, float>(x => x),
        NumberFormat.Single => Map<float, float>(x => x),
        _ => Map<double, float>(x => (float)x),
    };

    /// <summary>The numbers as doubles.</summary>
    internal double[] ToDouble() => Format switch
    {
        NumberFormat.UInt8 => Map<byte, double>(x => x),
        NumberFormat.Int8 => Map<sbyte, double>(x => x),
        NumberFormat.UInt16 => Map<ushort, double>(x => x),
        NumberFormat.Int16 => Map<short, double>(x => x),
        NumberFormat.UInt32 => Map<uint, double>(x => x),
        NumberFormat.Int32 => Map<int, double>(x => x),
        NumberFormat.UInt64 => Map<ulong, double>(x => x),
        NumberFormat.Int64 => Map<long, double>(x => x),
        NumberFormat.Single => Map<float, double>(x => x),
        _ => Map<double, double>(x => x),
    };

    private static int Whole(double x) =>
        Math.Floor(x) == x ? checked((int)x) : throw new OverflowException($"{x} is not a whole number");

    private TOut[] Map<TIn, TOut>(Func<TIn, TOut> convert)
        where TIn : unmanaged, INumber<TIn>
    {
        ReadOnlySpan<TIn> numbers = MemoryMarshal.Cast<byte, TIn>(_bytes);
        TOut[] mapped = new TOut[numbers.Length];
        for (int i = 0; i < mapped.Length; i++)
        {
            mapped[i] = convert(numbers[i]);
        }

        return mapped;
    }

    private void Reverse()
    {
        switch (SizeOf(Format))
        {
            case 2:
                Span<ushort> twos = MemoryMarshal.Cast<byte, ushort>(_bytes.AsSpan());
                BinaryPrimitives.ReverseEndianness(twos, twos);
                break;
            case 4:
                Span<uint> fours = MemoryMarshal.Cast<byte, uint>(_bytes.AsSpan());
                BinaryPrimitives.ReverseEndianness(fours, fours);
                break;
            case 8:
                Span<ulong> eights = MemoryMarshal.Cast<byte, ulong>(_bytes.AsSpan());
                BinaryPrimitives.ReverseEndianness(eights, eights);
                break;
            default:
                break;
        }
    }
}
