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
        }

        formats.Add(PixelType.Int32, PixelEncoding.CbfByteOffset);
        return formats;
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Decode_AnyFormat_GivesCountsAndFlags(PixelType type, PixelEncoding encoding)
    {
        int[] expected = PackedFrames.Expected(Shape.Rows, Shape.Columns, 5, PixelTypes.SizeOf(type));
        int[] pixels = new int[Shape.PixelCount];
        FrameDecoder decoder = new(Shape);

        FrameOutcome outcome = decoder.Decode(Packed(expected, type, encoding), pixels);

        Assert.Equal(FrameOutcome.Accepted, outcome);
        Assert.Equal(expected, pixels);
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
        RawFrame frame = Packed(expected, type, encoding);
        int[] pixels = new int[Shape.PixelCount];
        FrameDecoder decoder = new(Shape);
        decoder.Decode(frame, pixels);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 20; i++)
        {
            decoder.Decode(frame, pixels);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
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

    private static RawFrame Packed(int[] pixels, PixelType type, PixelEncoding encoding)
    {
        if (encoding == PixelEncoding.CbfByteOffset)
        {
            return PackedFrames.Frame(PackedFrames.CbfByteOffset(pixels), Shape, type, encoding);
        }

        // Unsigned types carry −1 and −2 as their two largest values: the plain conversion wraps to just that.
        byte[] plain = type switch
        {
            PixelType.UInt8 or PixelType.Int8 => [.. pixels.Select(p => (byte)p)],
            PixelType.UInt16 or PixelType.Int16 => PackedFrames.Bytes<short>(Array.ConvertAll(pixels, p => (short)p)),
            _ => PackedFrames.Bytes<int>(pixels),
        };
        byte[] payload = encoding switch
        {
            PixelEncoding.BitshuffleLz4 => PackedFrames.BitshuffleLz4(plain, PixelTypes.SizeOf(type)),
            PixelEncoding.Lz4 => PackedFrames.Lz4(plain, 1024),
            _ => plain,
        };
        return PackedFrames.Frame(payload, Shape, type, encoding);
    }
}
