using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Tests.Ingest;

public class FrameDecoderTests
{
    private static readonly ImageShape Shape = new(31, 57);

    public static TheoryData<PixelType, PixelEncoding> Formats()
    {
        TheoryData<PixelType, PixelEncoding> formats = [];
        foreach (PixelType type in Enum.GetValues<PixelType>())
        {
            formats.Add(type, PixelEncoding.None);
            formats.Add(type, PixelEncoding.BitshuffleLz4);
            formats.Add(type, PixelEncoding.Lz4);
            formats.Add(type, PixelEncoding.Lz4Block);
        }

        formats.Add(PixelType.Int32, PixelEncoding.CbfByteOffset);
        return formats;
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Decode_AnyFormat_GivesCountsAndFlags(PixelType type, PixelEncoding encoding)
    {
        int[] counts = PackedFrames.Expected(Shape.Rows, Shape.Columns, 5, PixelTypes.SizeOf(type));
        int[] expected = type is PixelType.Float16 or PixelType.Float32 or PixelType.Float64
            ? Array.ConvertAll(counts, c => Math.Max(c, -1))
            : counts;
        int[] pixels = new int[Shape.PixelCount];
        FrameDecoder decoder = new(Shape);
        foreach ((bool isBigEndian, bool isColumnMajor) in new[] { (false, false), (true, false), (false, true), (true, true) })
        {
            RawFrame frame = Packed(counts, type, encoding, isBigEndian, isColumnMajor);

            FrameOutcome outcome = decoder.Decode(frame, pixels);

            Assert.Equal(FrameOutcome.Accepted, outcome);
            Assert.Equal(expected, pixels);
            pixels.AsSpan().Fill(77);
        }
    }

    /// <summary>Every type, with the values around each of its limits, against the rules written out in plain arithmetic.</summary>
    [Fact]
    public void Decode_EdgeValues_FollowTheRulesOfTheType()
    {
        double[] reals =
        [
            0, -0.0, 0.5, 0.49999997, 1.5, 2.5, 3.5, -0.25, -1, 1e-40, 65503.5, 2147483646.5, 2147483647, 2147483648, 4e9, 1e19, 1e300,
            double.NaN, double.PositiveInfinity, double.NegativeInfinity, -double.NaN, double.MinValue, double.Epsilon, 1048575.5,
        ];
        ulong[] bits =
        [
            0, 1, 0x7FFF_FFFE, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xFFFF_FFFD, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000,
            0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0x8000_0000_0000_0001, 0xFFFF_FFFF_7FFF_FFFF, 0xFFFF_FFFF_8000_0000,
            0xFFFF_FFFF_FFFF_FFFC, 0xFFFF_FFFF_FFFF_FFFD, 0xFFFF_FFFF_FFFF_FFFE, 0xFFFF_FFFF_FFFF_FFFF,
        ];
        static int OfReal(double x) =>
            double.IsNaN(x) || double.IsInfinity(x) || x < 0 ? -1
            : x >= int.MaxValue ? int.MaxValue
            : (int)Math.Round(x, MidpointRounding.ToEven);

        Check(PixelType.UInt64, bits, x => x == ulong.MaxValue ? -1 : x == ulong.MaxValue - 1 ? -2 : (int)Math.Min(x, 0x7FFF_FFFF));
        Check(
            PixelType.Int64,
            Array.ConvertAll(bits, x => (long)x),
            x => x > int.MaxValue ? int.MaxValue : x < int.MinValue ? int.MinValue : (int)x);
        Check(PixelType.Float64, reals, OfReal);
        Check(PixelType.Float32, Array.ConvertAll(reals, x => (float)x), x => OfReal(x));
        Check(
            PixelType.Float16,
            Enumerable.Range(0, 65536).Select(x => BitConverter.UInt16BitsToHalf((ushort)x)).ToArray(),
            x => OfReal((double)x));
    }

    private static void Check<T>(PixelType type, T[] values, Func<T, int> rule)
        where T : unmanaged
    {
        // Each value in each lane of the widest kernel, and in the tail behind the last whole vector.
        for (int shift = 0; shift < 17; shift++)
        {
            T[] shifted = [.. Enumerable.Repeat(values[^1], shift), .. values];
            ImageShape shape = new(1, shifted.Length);
            int[] pixels = new int[shifted.Length];

            FrameOutcome outcome = new FrameDecoder(shape).Decode(
                PackedFrames.Frame(PackedFrames.Bytes<T>(shifted), shape, type, PixelEncoding.None),
                pixels);

            Assert.Equal(FrameOutcome.Accepted, outcome);
            Assert.Equal(Array.ConvertAll(shifted, x => rule(x)), pixels);
        }
    }

    [Fact]
    public void Decode_AllValuesOf16Bits_OnlyTheTwoLargestAreFlags()
    {
        ImageShape shape = new(256, 256);
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(x => (ushort)x)];
        int[] pixels = new int[shape.PixelCount];

        new FrameDecoder(shape).Decode(
            PackedFrames.Frame(PackedFrames.Bytes<ushort>(all), shape, PixelType.UInt16, PixelEncoding.None),
            pixels);

        Assert.Equal([.. Enumerable.Range(0, 65534), -2, -1], pixels);
    }

    [Fact]
    public void Decode_AllValuesOf8Bits_OnlyTheTwoLargestAreFlags()
    {
        ImageShape shape = new(1, 256);
        byte[] all = [.. Enumerable.Range(0, 256).Select(x => (byte)x)];
        int[] pixels = new int[shape.PixelCount];

        new FrameDecoder(shape).Decode(PackedFrames.Frame(all, shape, PixelType.UInt8, PixelEncoding.None), pixels);

        Assert.Equal([.. Enumerable.Range(0, 254), -2, -1], pixels);
    }

    [Fact]
    public void Decode_UnsignedBeyond31Bits_SaturatesInsteadOfFlagging()
    {
        ImageShape shape = new(1, 7);
        uint[] values = [0, 5, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFD, 0xFFFF_FFFE, 0xFFFF_FFFF];
        int[] pixels = new int[shape.PixelCount];

        new FrameDecoder(shape).Decode(
            PackedFrames.Frame(PackedFrames.Bytes<uint>(values), shape, PixelType.UInt32, PixelEncoding.None),
            pixels);

        Assert.Equal([0, 5, int.MaxValue, int.MaxValue, int.MaxValue, -2, -1], pixels);
    }

    [Fact]
    public void Decode_OtherShape_IsWrongShape()
    {
        RawFrame frame = Packed(new int[Shape.PixelCount], PixelType.Int32, PixelEncoding.BitshuffleLz4);
        ImageShape swapped = new(Shape.Columns, Shape.Rows);

        FrameOutcome outcome = new FrameDecoder(swapped).Decode(frame, new int[swapped.PixelCount]);

        Assert.Equal(FrameOutcome.WrongShape, outcome);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Decode_CutShort_IsTruncated(PixelType type, PixelEncoding encoding)
    {
        int[] expected = PackedFrames.Expected(Shape.Rows, Shape.Columns, 5, PixelTypes.SizeOf(type));
        RawFrame whole = Packed(expected, type, encoding);
        byte[] cut = whole.Payload[..^1].ToArray();

        FrameOutcome outcome = new FrameDecoder(Shape).Decode(
            PackedFrames.Frame(cut, Shape, type, encoding),
            new int[Shape.PixelCount]);

        Assert.Equal(FrameOutcome.Truncated, outcome);
    }

    [Fact]
    public void Decode_WrongOutputLength_Throws()
    {
        RawFrame frame = Packed(new int[Shape.PixelCount], PixelType.Int32, PixelEncoding.None);

        Assert.Throws<ArgumentException>(() => new FrameDecoder(Shape).Decode(frame, new int[5]));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Decode_AfterTheFirstFrame_AllocatesNothing(PixelType type, PixelEncoding encoding)
    {
        int[] expected = PackedFrames.Expected(Shape.Rows, Shape.Columns, 5, PixelTypes.SizeOf(type));
        RawFrame frame = Packed(expected, type, encoding, isBigEndian: true, isColumnMajor: true);
        int[] pixels = new int[Shape.PixelCount];
        FrameDecoder decoder = new(Shape);
        decoder.Decode(frame, pixels);

        Assert.Equal(0, Allocation.OfRound_bytes(() =>
        {
            for (int i = 0; i < 5; i++)
            {
                decoder.Decode(frame, pixels);
            }
        }));
    }

    [Fact]
    public void Decode_LargerBlocksThanUsual_GrowsTheScratchOnce()
    {
        int[] expected = PackedFrames.Expected(100, 120, 5);
        ImageShape shape = new(100, 120);
        RawFrame frame = PackedFrames.Frame(
            PackedFrames.BitshuffleLz4(PackedFrames.Bytes<int>(expected), 4, 32768),
            shape);
        int[] pixels = new int[shape.PixelCount];

        Assert.Equal(FrameOutcome.Accepted, new FrameDecoder(shape).Decode(frame, pixels));

        Assert.Equal(expected, pixels);
    }

    private static RawFrame Packed(
        int[] pixels,
        PixelType type,
        PixelEncoding encoding,
        bool isBigEndian = false,
        bool isColumnMajor = false)
    {
        if (isColumnMajor)
        {
            pixels = [.. Enumerable.Range(0, pixels.Length)
                .Select(i => pixels[(i % Shape.Rows * Shape.Columns) + (i / Shape.Rows)])];
        }

        byte[] plain = [.. pixels.SelectMany(p => Element(p, type, isBigEndian))];
        byte[] payload = encoding switch
        {
            PixelEncoding.BitshuffleLz4 => PackedFrames.BitshuffleLz4(plain, PixelTypes.SizeOf(type)),
            PixelEncoding.Lz4 => PackedFrames.Lz4(plain, 1024),
            PixelEncoding.Lz4Block => PackedFrames.Lz4Block(plain),
            PixelEncoding.CbfByteOffset => PackedFrames.CbfByteOffset(pixels),
            _ => plain,
        };
        RawFrame frame = PackedFrames.Frame(payload, Shape, type, encoding);
        return new RawFrame
        {
            Header = frame.Header,
            Shape = Shape,
            Type = type,
            Encoding = encoding,
            IsBigEndian = isBigEndian,
            IsColumnMajor = isColumnMajor,
            Lease = frame.Lease,
            PayloadOffset = 0,
            PayloadLength = payload.Length,
        };
    }

    /// <summary>Unsigned types carry −1 and −2 as their two largest values: the plain conversion wraps to just that.</summary>
    private static byte[] Element(int pixel, PixelType type, bool isBigEndian)
    {
        byte[] bytes = type switch
        {
            PixelType.UInt8 or PixelType.Int8 => [(byte)pixel],
            PixelType.UInt16 or PixelType.Int16 => BitConverter.GetBytes((short)pixel),
            PixelType.UInt64 or PixelType.Int64 => BitConverter.GetBytes((long)pixel),
            PixelType.Float16 => BitConverter.GetBytes((Half)pixel),
            PixelType.Float32 => BitConverter.GetBytes((float)pixel),
            PixelType.Float64 => BitConverter.GetBytes((double)pixel),
            _ => BitConverter.GetBytes(pixel),
        };
        if (isBigEndian)
        {
            Array.Reverse(bytes);
        }

        return bytes;
    }
}
