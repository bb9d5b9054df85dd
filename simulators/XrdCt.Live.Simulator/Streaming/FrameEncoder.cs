using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Egress.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Phantoms;
using XrdCt.Live.Simulator.Sources;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>Reads and packs frames, with the damage that is asked for. Not thread-safe: one instance per worker.</summary>
/// <param name="source">Where the frames come from.</param>
/// <param name="series">Tells pixel type and packing, and the header of CBF files.</param>
/// <param name="hashes">Whether the MD5 of the plain pixels is wanted.</param>
/// <param name="seed">Seed of the bit flips.</param>
internal sealed class FrameEncoder(IFrameSource source, SeriesInfo series, bool hashes, long seed)
{
    private const int FlipStream = 6;

    private readonly IFrameReader _reader = source.NewReader();
    private readonly Bslz4Encoder _bslz4 = new();
    private readonly PixelPacker _packer = new();
    private int[] _counts = [];
    private byte[] _pixels = [];

    /// <summary>Frames made.</summary>
    public int FrameCount { get; private set; }

    /// <summary>Time spent on making them.</summary>
    public TimeSpan Busy { get; private set; }

    /// <summary>Makes a frame.</summary>
    public EncodedFrame Make(Delivery delivery) => Make(delivery, delivery.Index % source.FrameCount);

    /// <summary>A frame that was packed before, again: the same memory, or a damaged copy.</summary>
    public EncodedFrame Repeat(EncodedFrame packed, Delivery delivery)
    {
        if (delivery.Kind == DeliveryKind.WrongSize)
        {
            return Make(delivery, packed.Delivery.Index % source.FrameCount);
        }

        bool isCopied = delivery.Kind == DeliveryKind.Flipped;
        byte[] buffer = isCopied ? ArrayPool<byte>.Shared.Rent(packed.Length) : packed.Buffer;
        if (isCopied)
        {
            packed.Payload.Span.CopyTo(buffer);
        }

        return Damage(new EncodedFrame
        {
            Delivery = delivery,
            Shape = packed.Shape,
            Facts = packed.Facts,
            Buffer = buffer,
            Length = packed.Length,
            IsRented = isCopied,
            PlainMd5 = packed.PlainMd5,
        });
    }

    private EncodedFrame Make(Delivery delivery, int index)
    {
        long started = Stopwatch.GetTimestamp();
        ImageShape shape = source.Shape;
        if (delivery.Kind == DeliveryKind.WrongSize)
        {
            shape = shape with { Rows = shape.Rows / 2 };
        }

        string? md5 = null;
        (byte[] buffer, int length) = _reader is IBlockReader blocks && !hashes
            && (series.Type, series.Encoding) == (PixelType.Int32, PixelEncoding.BitshuffleLz4)
            ? PackWhileMade(blocks, index, shape)
            : Pack(delivery.Index, index, shape, out md5);
        FrameCount++;
        Busy += Stopwatch.GetElapsedTime(started);
        return Damage(new EncodedFrame
        {
            Delivery = delivery,
            Shape = shape,
            Facts = source.FactsOf(index),
            Buffer = buffer,
            Length = length,
            IsRented = true,
            PlainMd5 = md5,
        });
    }

    private EncodedFrame Damage(EncodedFrame frame)
    {
        if (frame.Delivery.Kind == DeliveryKind.Flipped && frame.Length > 0)
        {
            int bit = new SeededRandom(seed, ((long)frame.Delivery.Index << 8) | FlipStream).NextIndex(frame.Length * 8);
            frame.Buffer[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        return frame.Delivery.Kind != DeliveryKind.Truncated ? frame : new EncodedFrame
        {
            Delivery = frame.Delivery,
            Shape = frame.Shape,
            Facts = frame.Facts,
            Buffer = frame.Buffer,
            Length = frame.Length / 2,
            IsRented = frame.IsRented,
            PlainMd5 = frame.PlainMd5,
        };
    }

    private (byte[] Buffer, int Length) PackWhileMade(IBlockReader blocks, int index, ImageShape shape)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Bslz4Encoder.MaximumLength(shape.PixelCount));
        blocks.Begin(index);
        return (buffer, _bslz4.Encode(blocks, shape.PixelCount, buffer));
    }

    private (byte[] Buffer, int Length) Pack(int number, int index, ImageShape shape, out string? md5)
    {
        if (_counts.Length == 0)
        {
            _counts = new int[source.Shape.PixelCount];
            _pixels = new byte[_counts.Length * PixelTypes.SizeOf(series.Type)];
        }

        _reader.Read(index, _counts);
        ReadOnlySpan<int> counts = _counts.AsSpan(0, shape.PixelCount);
        if (series.Encoding == PixelEncoding.CbfByteOffset)
        {
            // Made ahead of the exposure, so the file tells the time that is planned.
            TimeSpan start = number * series.FramePeriod;
            ImageTimes times = new(start, start + (series.Exposure ?? series.FramePeriod));
            byte[] file = ArrayPool<byte>.Shared.Rent(CbfWriter.RoomFor(counts));
            md5 = hashes ? Md5(MemoryMarshal.AsBytes(counts)) : null;
            return (file, CbfWriter.Write(series, number, times, shape, counts, file));
        }

        Span<byte> pixels = _pixels.AsSpan(0, counts.Length * PixelTypes.SizeOf(series.Type));
        PixelCast.To(counts, series.Type, pixels);
        md5 = hashes ? Md5(pixels) : null;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PixelPacker.RoomFor(pixels, series.Type, series.Encoding));
        return (buffer, _packer.Pack(pixels, series.Type, series.Encoding, buffer));
    }

    // CA5351: the digest that DECTRIS Stream V1 names, not for security.
#pragma warning disable CA5351
    private static string Md5(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351
}
