using System.Runtime.InteropServices;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Reads the pixels of frames of one detector, in whatever they are packed. Bitshuffle + LZ4, which is what fast detectors send, is unpacked
/// block by block to where the pixels are wanted, and plain 32-bit pixels are copied from the message; anything else is decoded as a whole.
/// </summary>
/// <remarks>
/// Not thread-safe: one instance per frame in work. Allocates nothing per frame once the largest block has been seen; the image that the
/// slower encodings need is made when the first of them comes. Outcomes and counts are those of <see cref="FrameDecoder"/>.
/// </remarks>
public sealed class PixelReader : IPixelReader
{
    // Blocks of bitshuffle have 8 kB unless somebody asked for others; above 64 kB nothing is gained by going block by block.
    private const int LargestBlock_bytes = 1 << 16;

    private readonly ImageShape _shape;
    private readonly FrameDecoder _decoder;
    private Source _source;
    private RawFrame _frame;
    private int _elementSize;
    private BitshuffleLz4.Layout _layout;
    private int _position;
    private int _at;
    private int[] _block = [];
    private int _blockStart;
    private int _blockLength;
    private byte[] _scratch = [];
    private int[] _image = [];

    /// <summary>Makes a reader.</summary>
    /// <param name="shape">Image size of the detector's geometry, at least one pixel; frames of another size are refused.</param>
    /// <exception cref="ArgumentOutOfRangeException">The shape has no pixels, or more than 2³¹ bytes of counts.</exception>
    public PixelReader(ImageShape shape)
    {
        _decoder = new FrameDecoder(shape);
        _shape = shape;
    }

    private enum Source
    {
        Nothing,
        Image,
        Plain,
        Blocks,
    }

    /// <inheritdoc/>
    public FrameOutcome Begin(in RawFrame frame)
    {
        _frame = frame;
        _position = 0;
        _blockLength = 0;
        _source = Source.Nothing;
        if (frame.Shape != _shape || !Enum.IsDefined(frame.Type))
        {
            return FrameOutcome.WrongShape;
        }

        _elementSize = PixelTypes.SizeOf(frame.Type);
        bool inOrder = !frame.IsColumnMajor && !frame.IsBigEndian && _elementSize <= sizeof(int);
        if (inOrder && frame.Encoding == PixelEncoding.BitshuffleLz4)
        {
            if (!BitshuffleLz4.TryReadLayout(frame.Payload, _elementSize, _elementSize * _shape.PixelCount, out _layout))
            {
                return FrameOutcome.Truncated;
            }

            if (_layout.LargestBlock <= LargestBlock_bytes)
            {
                BeginBlocks();
                return FrameOutcome.Accepted;
            }
        }

        if (inOrder && frame.Encoding == PixelEncoding.None && frame.Type == PixelType.Int32)
        {
            _source = Source.Plain;
            return frame.Payload.Length == sizeof(int) * _shape.PixelCount ? FrameOutcome.Accepted : FrameOutcome.Truncated;
        }

        if (_image.Length == 0)
        {
            _image = GC.AllocateUninitializedArray<int>(_shape.PixelCount);
        }

        _source = Source.Image;
        return _decoder.Decode(frame, _image);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The frame has not so many pixels left.</exception>
    /// <exception cref="InvalidOperationException">No frame has begun, or it was not accepted.</exception>
    public FrameOutcome Read(Span<int> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pixels.Length, _shape.PixelCount - _position, nameof(pixels));
        switch (_source)
        {
            case Source.Image:
                _image.AsSpan(_position, pixels.Length).CopyTo(pixels);
                break;
            case Source.Plain:
                _frame.Payload.Slice(sizeof(int) * _position, sizeof(int) * pixels.Length).CopyTo(MemoryMarshal.AsBytes(pixels));
                break;
            case Source.Blocks:
                return ReadBlocks(pixels);
            case Source.Nothing:
            default:
                throw new InvalidOperationException("no frame has begun");
        }

        _position += pixels.Length;
        return FrameOutcome.Accepted;
    }

    private void BeginBlocks()
    {
        _source = Source.Blocks;
        _at = BitshuffleLz4.HeaderBytes;
        if (_scratch.Length < _layout.ScratchBytes)
        {
            _scratch = new byte[_layout.ScratchBytes];
        }

        int pixels = Math.Max(_layout.LargestBlock, _layout.TailBytes) / _elementSize;
        if (_block.Length < pixels)
        {
            _block = new int[pixels];
        }
    }

    private FrameOutcome ReadBlocks(Span<int> pixels)
    {
        while (pixels.Length > 0)
        {
            int left = _blockStart + _blockLength - _position;
            if (_blockLength > 0 && left > 0)
            {
                int taken = Math.Min(left, pixels.Length);
                _block.AsSpan(_position - _blockStart, taken).CopyTo(pixels);
                _position += taken;
                pixels = pixels[taken..];
                continue;
            }

            int length = NextLength();
            bool direct = length <= pixels.Length;
            Span<int> counts = direct ? pixels[..length] : _block.AsSpan(0, length);
            if (!TryUnpack(counts))
            {
                _source = Source.Nothing;
                return FrameOutcome.Truncated;
            }

            if (direct)
            {
                _position += length;
                pixels = pixels[length..];
            }
            else
            {
                (_blockStart, _blockLength) = (_position, length);
            }
        }

        return FrameOutcome.Accepted;
    }

    /// <summary>Pixels of the next block, or of the plain tail behind the last.</summary>
    private int NextLength()
    {
        int rest_bytes = (_elementSize * (_shape.PixelCount - _position)) - _layout.TailBytes;
        return (rest_bytes > 0 ? Math.Min(_layout.BlockBytes, rest_bytes) : _layout.TailBytes) / _elementSize;
    }

    private bool TryUnpack(Span<int> counts)
    {
        ReadOnlySpan<byte> rest = _frame.Payload[_at..];
        Span<byte> plain = PixelWidening.NarrowEnd(counts, _elementSize);
        int left = _shape.PixelCount - _position - counts.Length;
        if ((_elementSize * (left + counts.Length)) > _layout.TailBytes)
        {
            if (!BitshuffleLz4.TryDecodeBlock(BitUnshuffle.Best, _layout, ref rest, _elementSize, _scratch, plain))
            {
                return false;
            }
        }
        else
        {
            rest[.._layout.TailBytes].CopyTo(plain);
            rest = rest[_layout.TailBytes..];
        }

        _at = _frame.Payload.Length - rest.Length;
        FrameDecoder.Convert(_frame.Type, default, counts);

        // What must follow the last block is known: nothing, or the plain tail.
        return _elementSize * left > _layout.TailBytes || rest.Length == _elementSize * left;
    }
}
