using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Tests.Ingest;

/// <summary>Pixels block by block are those of the frame as a whole, in every packing, however many are asked for.</summary>
public sealed class PixelReaderTests
{
    private static readonly ImageShape Shape = new(61, 83);

    public static TheoryData<PixelEncoding, PixelType> Packings { get; } =
        new MatrixTheoryData<PixelEncoding, PixelType>(
            Enum.GetValues<PixelEncoding>().Where(e => e != PixelEncoding.CbfByteOffset), Enum.GetValues<PixelType>());

    [Theory]
    [MemberData(nameof(Packings))]
    public void Read_InPiecesOfAnySize_IsTheDecodedFrame(PixelEncoding encoding, PixelType type)
    {
        int[] expected = new int[Shape.PixelCount];
        byte[] pixels = new byte[Shape.PixelCount * PixelTypes.SizeOf(type)];
        new Random(5).NextBytes(pixels);
        using RawFrame frame = PackedFrames.Frame(Pack(pixels, type, encoding), Shape, type, encoding);
        Assert.Equal(FrameOutcome.Accepted, new FrameDecoder(Shape).Decode(frame, expected));

        PixelReader reader = new(Shape);
        foreach (int piece in new[] { 1, 7, 100, 2048, Shape.PixelCount })
        {
            int[] actual = new int[Shape.PixelCount];
            Assert.Equal(FrameOutcome.Accepted, reader.Begin(frame));
            for (int at = 0; at < actual.Length; at += piece)
            {
                Assert.Equal(FrameOutcome.Accepted, reader.Read(actual.AsSpan(at, Math.Min(piece, actual.Length - at))));
            }

            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void Read_BrokenPayload_IsTruncatedWhereverItBreaks()
    {
        byte[] pixels = new byte[Shape.PixelCount * sizeof(int)];
        new Random(5).NextBytes(pixels);
        using RawFrame whole = PackedFrames.Frame(
            Pack(pixels, PixelType.Int32, PixelEncoding.BitshuffleLz4), Shape, PixelType.Int32, PixelEncoding.BitshuffleLz4);
        PixelReader reader = new(Shape);
        int[] counts = new int[Shape.PixelCount];
        for (int length = 0; length < whole.PayloadLength; length += 97)
        {
            Assert.Equal(FrameOutcome.Truncated, ReadAll(whole.Payload[..length].ToArray()));
        }

        Assert.Equal(FrameOutcome.Truncated, ReadAll([.. whole.Payload, 0]));
        Assert.Equal(FrameOutcome.Accepted, ReadAll(whole.Payload.ToArray()));

        FrameOutcome ReadAll(byte[] payload)
        {
            using RawFrame frame = PackedFrames.Frame(payload, Shape, PixelType.Int32, PixelEncoding.BitshuffleLz4);
            FrameOutcome outcome = reader.Begin(frame);
            for (int at = 0; at < counts.Length && outcome == FrameOutcome.Accepted; at += 1000)
            {
                outcome = reader.Read(counts.AsSpan(at, Math.Min(1000, counts.Length - at)));
            }

            return outcome;
        }
    }

    [Fact]
    public void Begin_FrameOfAnotherSize_IsRefused()
    {
        using RawFrame frame = PackedFrames.Frame(new byte[48], new ImageShape(3, 4), PixelType.Int32, PixelEncoding.None);
        PixelReader reader = new(Shape);
        Assert.Equal(FrameOutcome.WrongShape, reader.Begin(frame));
        Assert.Throws<InvalidOperationException>(() => reader.Read(new int[4]));
    }

    private static byte[] Pack(byte[] plain, PixelType type, PixelEncoding encoding) => encoding switch
    {
        PixelEncoding.BitshuffleLz4 => PackedFrames.BitshuffleLz4(plain, PixelTypes.SizeOf(type)),
        PixelEncoding.Lz4 => PackedFrames.Lz4(plain),
        PixelEncoding.Lz4Block => PackedFrames.Lz4Block(plain),
        _ => plain,
    };
}
