using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Unpacks frames of one detector in any <see cref="PixelEncoding"/> and <see cref="PixelType"/>. Not thread-safe: one
/// instance per worker. Allocates nothing per frame: the scratch grows once if a sender takes larger blocks.
/// </summary>
/// <remarks>
/// Unsigned 32-bit counts of 2³¹ and more that are no flag come out as 2³¹−1, so that they stay valid pixels.
/// Big-endian machines are not supported.
/// </remarks>
public sealed class FrameDecoder : IFrameDecoder
{
    private readonly ImageShape _shape;
    private byte[] _scratch = new byte[2 * BitshuffleLz4.DefaultBlockBytes];

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

    /// <inheritdoc/>
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

        if (frame.Encoding == PixelEncoding.CbfByteOffset)
        {
            return frame.Type != PixelType.Int32 ? FrameOutcome.WrongShape
                : CbfByteOffset.TryDecode(frame.Payload, pixels) ? FrameOutcome.Accepted
                : FrameOutcome.Truncated;
        }

        int elementSize = PixelTypes.SizeOf(frame.Type);
        if (!TryUnpack(frame.Encoding, frame.Payload, elementSize, PixelWidening.NarrowEnd(pixels, elementSize)))
        {
            return FrameOutcome.Truncated;
        }

        Widen(frame.Type, pixels);
        return FrameOutcome.Accepted;
    }

    private bool TryUnpack(PixelEncoding encoding, ReadOnlySpan<byte> payload, int elementSize, Span<byte> output)
    {
        switch (encoding)
        {
            case PixelEncoding.BitshuffleLz4:
                int scratchLength = BitshuffleLz4.ScratchLength(payload, elementSize, output.Length);
                if (scratchLength > _scratch.Length)
                {
                    _scratch = new byte[scratchLength];
                }

                return scratchLength >= 0 && BitshuffleLz4.TryDecode(payload, elementSize, _scratch, output);
            case PixelEncoding.Lz4:
                return Lz4Blocks.TryDecode(payload, output);
            case PixelEncoding.None:
                return payload.Length == output.Length && payload.TryCopyTo(output);
            default:
                return false;
        }
    }

    private static void Widen(PixelType type, Span<int> pixels)
    {
        switch (type)
        {
            case PixelType.UInt8:
                PixelWidening.FromUInt8(pixels);
                break;
            case PixelType.UInt16:
                PixelWidening.FromUInt16(pixels);
                break;
            case PixelType.UInt32:
                PixelWidening.FromUInt32(pixels);
                break;
            case PixelType.Int8:
                PixelWidening.FromInt8(pixels);
                break;
            case PixelType.Int16:
                PixelWidening.FromInt16(pixels);
                break;
            case PixelType.Int32:
            default:
                break;
        }
    }
}
