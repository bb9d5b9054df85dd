using System.Runtime.InteropServices;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Tests.Ingest;

public sealed class PixelUnpackerTests
{
    private static readonly ImageShape Shape = new(2, 3);

    [Fact]
    public void Unpack_BigEndianColumnMajor_GivesLittleEndianRows()
    {
        // [[1, 2, 3], [4, 5, 0x0106]] down the columns, highest byte first.
        byte[] sent = [0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 1, 6];
        byte[] plain = new byte[12];
        RawFrame frame = Frame(sent, PixelType.UInt16, isBigEndian: true, isColumnMajor: true);
        Assert.Equal(FrameOutcome.Accepted, new PixelUnpacker().Unpack(frame, plain));
        Assert.Equal(new ushort[] { 1, 2, 3, 4, 5, 0x0106 }, MemoryMarshal.Cast<byte, ushort>(plain.AsSpan()).ToArray());
    }

    [Fact]
    public void Unpack_PayloadOfAnotherLength_IsTruncated()
    {
        byte[] plain = new byte[12];
        Assert.Equal(FrameOutcome.Truncated, new PixelUnpacker().Unpack(Frame(new byte[11], PixelType.UInt16), plain));
        Assert.Equal(FrameOutcome.Truncated, new PixelUnpacker().Unpack(Frame(new byte[13], PixelType.UInt16), plain));
        Assert.Throws<ArgumentException>(() => new PixelUnpacker().Unpack(Frame(new byte[12], PixelType.UInt16), new byte[11]));
    }

    private static RawFrame Frame(byte[] payload, PixelType type, bool isBigEndian = false, bool isColumnMajor = false) => new()
    {
        Header = new FrameHeader { SeriesId = 1, Index = 0, AcquiredAt = default },
        Shape = Shape,
        Type = type,
        Encoding = PixelEncoding.None,
        IsBigEndian = isBigEndian,
        IsColumnMajor = isColumnMajor,
        Lease = new MemoryLease(payload),
        PayloadOffset = 0,
        PayloadLength = payload.Length,
    };
}
