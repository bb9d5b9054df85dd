using System.Runtime.InteropServices;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Unpacks frames of one detector in any <see cref="PixelEncoding"/> and <see cref="PixelType"/>, either byte order, row-
/// or column-major. Not thread-safe: one instance per worker. Allocates nothing per frame: the scratch grows once if a
/// sender takes larger blocks, pixels of 8 bytes or column-major order, and never beyond 24 bytes per pixel of the geometry
/// (a whole frame of 8 bytes per pixel, and twice that where a sender packs it as one single block).
/// </summary>
/// <remarks>
/// All flags of a detector come out as one: a negative count. The integrators leave negative pixels out of every sum
/// and count before any arithmetic, so a flag never becomes intensity. Unsigned counts of 2³¹ and more that are no
/// flag come out as 2³¹−1, so that they stay valid pixels. Byte offset has a byte order of its own, whatever the frame
/// says. Big-endian machines are not supported.
/// </remarks>
public sealed class FrameDecoder
{
    private readonly ImageShape _shape;
    private readonly PixelUnpacker _unpacker = new();
    private ulong[] _frame = [];

    /// <summary>Makes a decoder.</summary>
    /// <param name="shape">
    /// Image size of the detector's geometry, at least one pixel; frames of another size are refused.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The shape has no pixels, or more than 2³¹ bytes of counts.
    /// </exception>
    public FrameDecoder(ImageShape shape)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shape.Rows, 1, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfLessThan(shape.Columns, 1, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            (long)shape.Rows * shape.Columns,
            int.MaxValue / sizeof(int),
            nameof(shape));
        _shape = shape;
    }

    /// <summary>
    /// Decodes <paramref name="frame"/> to signed 32-bit counts, row-major. Pixels without a value come out negative:
    /// −1 for 2ⁿ−1 and −2 for 2ⁿ−2 of unsigned types, the value itself for signed ones.
    /// </summary>
    /// <param name="frame">The frame; it stays the caller's.</param>
    /// <param name="pixels">Receives the counts; its length is the pixel count of the detector's geometry.</param>
    /// <returns>
    /// <see cref="FrameOutcome.Accepted"/>, <see cref="FrameOutcome.WrongShape"/> or
    /// <see cref="FrameOutcome.Truncated"/>; the content of <paramref name="pixels"/> is undefined unless accepted.
    /// </returns>
    /// <remarks>Frames of 8-byte pixels with more than 2³¹ bytes are <see cref="FrameOutcome.WrongShape"/>.</remarks>
    /// <exception cref="ArgumentException">
    /// <paramref name="pixels"/> has not one value per pixel of the geometry.
    /// </exception>
    public FrameOutcome Decode(in RawFrame frame, Span<int> pixels)
    {
        if (pixels.Length != _shape.PixelCount)
        {
            throw new ArgumentException(
                $"pixels.Length is {pixels.Length}, expected {_shape.PixelCount}",
                nameof(pixels));
        }

        if (frame.Shape != _shape || !Enum.IsDefined(frame.Type))
        {
            return FrameOutcome.WrongShape;
        }

        int elementSize = PixelTypes.SizeOf(frame.Type);
        bool isWide = elementSize > sizeof(int);
        if (isWide && pixels.Length > int.MaxValue / elementSize)
        {
            return FrameOutcome.WrongShape;
        }

        int words = isWide ? pixels.Length : frame.IsColumnMajor ? (pixels.Length + 1) / 2 : 0;
        if (words > _frame.Length)
        {
            _frame = new ulong[words];
        }

        Span<byte> scratch = MemoryMarshal.AsBytes(_frame.AsSpan());
        if (!frame.IsColumnMajor)
        {
            return DecodeInOrder(frame, elementSize, scratch, pixels);
        }

        // Wide pixels are narrowed in place, so their counts may begin where they do.
        Span<int> columnMajor = MemoryMarshal.Cast<byte, int>(scratch)[..pixels.Length];
        FrameOutcome outcome = DecodeInOrder(frame, elementSize, scratch, columnMajor);
        if (outcome == FrameOutcome.Accepted)
        {
            ColumnMajorImage.Transpose(columnMajor, _shape, pixels);
        }

        return outcome;
    }

    private FrameOutcome DecodeInOrder(in RawFrame frame, int elementSize, Span<byte> wide, Span<int> counts)
    {
        if (frame.Encoding == PixelEncoding.CbfByteOffset)
        {
            return frame.Type != PixelType.Int32 ? FrameOutcome.WrongShape
                : CbfByteOffset.TryDecode(frame.Payload, counts) ? FrameOutcome.Accepted
                : FrameOutcome.Truncated;
        }

        Span<byte> plain = elementSize > sizeof(int)
            ? wide[..(elementSize * counts.Length)]
            : PixelWidening.NarrowEnd(counts, elementSize);
        if (!_unpacker.TryUnpack(frame.Encoding, frame.Payload, elementSize, plain))
        {
            return FrameOutcome.Truncated;
        }

        if (frame.IsBigEndian)
        {
            PixelUnpacker.ReverseBytes(elementSize, plain);
        }

        Convert(frame.Type, plain, counts);
        return FrameOutcome.Accepted;
    }

    /// <summary>Turns unpacked pixels into counts; those of 4 bytes and less stand at the counts' own end.</summary>
    internal static void Convert(PixelType type, ReadOnlySpan<byte> wide, Span<int> counts)
    {
        switch (type)
        {
            case PixelType.UInt8:
                PixelWidening.FromUInt8(counts);
                break;
            case PixelType.UInt16:
                PixelWidening.FromUInt16(counts);
                break;
            case PixelType.UInt32:
                PixelWidening.FromUInt32(counts);
                break;
            case PixelType.Int8:
                PixelWidening.FromInt8(counts);
                break;
            case PixelType.Int16:
                PixelWidening.FromInt16(counts);
                break;
            case PixelType.UInt64:
                PixelNarrowing.FromUInt64(wide, counts);
                break;
            case PixelType.Int64:
                PixelNarrowing.FromInt64(wide, counts);
                break;
            case PixelType.Float16:
                PixelRounding.FromFloat16(counts);
                break;
            case PixelType.Float32:
                PixelRounding.FromFloat32(counts);
                break;
            case PixelType.Float64:
                PixelRounding.FromFloat64(wide, counts);
                break;
            case PixelType.Int32:
            default:
                break;
        }
    }
}
