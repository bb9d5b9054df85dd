using System.Buffers.Binary;
using System.Runtime.InteropServices;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Unpacks frames to the pixels that they hold, of their own type: plain, little endian, row-major. Not thread-safe; allocates nothing per
/// frame once its scratch is large enough.
/// </summary>
public sealed class PixelUnpacker
{
    private byte[] _blocks = new byte[(2 * BitshuffleLz4.DefaultBlockBytes) + Lz4Block.Slack_bytes];
    private byte[] _columns = [];

    /// <summary>Unpacks a frame.</summary>
    /// <param name="frame">The frame; it stays the caller's.</param>
    /// <param name="plain">Receives the pixels: as many bytes as the frame's shape and type say.</param>
    /// <returns><see cref="FrameOutcome.Accepted"/>, or <see cref="FrameOutcome.Truncated"/> where it does not unpack.</returns>
    /// <exception cref="ArgumentException"><paramref name="plain"/> has another length.</exception>
    public FrameOutcome Unpack(in RawFrame frame, Span<byte> plain)
    {
        int elementSize = PixelTypes.SizeOf(frame.Type);
        if (plain.Length != (long)frame.Shape.PixelCount * elementSize)
        {
            throw new ArgumentException($"plain.Length is {plain.Length}, expected {(long)frame.Shape.PixelCount * elementSize}", nameof(plain));
        }

        if (frame.Encoding == PixelEncoding.CbfByteOffset)
        {
            return frame.Type == PixelType.Int32 && CbfByteOffset.TryDecode(frame.Payload, MemoryMarshal.Cast<byte, int>(plain))
                ? FrameOutcome.Accepted
                : FrameOutcome.Truncated;
        }

        Span<byte> unpacked = frame.IsColumnMajor ? Columns(plain.Length) : plain;
        if (!TryUnpack(frame.Encoding, frame.Payload, elementSize, unpacked))
        {
            return FrameOutcome.Truncated;
        }

        if (frame.IsBigEndian)
        {
            ReverseBytes(elementSize, unpacked);
        }

        if (frame.IsColumnMajor)
        {
            Transpose(unpacked, frame.Shape, elementSize, plain);
        }

        return FrameOutcome.Accepted;
    }

    /// <summary>Unpacks a payload; the bytes come out in the order that the sender had.</summary>
    internal bool TryUnpack(PixelEncoding encoding, ReadOnlySpan<byte> payload, int elementSize, Span<byte> output)
    {
        switch (encoding)
        {
            case PixelEncoding.BitshuffleLz4:
                int scratchLength = BitshuffleLz4.ScratchLength(payload, elementSize, output.Length);
                if (scratchLength > _blocks.Length)
                {
                    _blocks = new byte[scratchLength];
                }

                return scratchLength >= 0 && BitshuffleLz4.TryDecode(payload, elementSize, _blocks, output);
            case PixelEncoding.Lz4:
                return Lz4Blocks.TryDecode(payload, output);
            case PixelEncoding.Lz4Block:
                return Lz4Block.TryDecode(payload, output);
            case PixelEncoding.None:
                return payload.Length == output.Length && payload.TryCopyTo(output);
            default:
                return false;
        }
    }

    /// <summary>Turns the byte order of every pixel round.</summary>
    internal static void ReverseBytes(int elementSize, Span<byte> plain)
    {
        switch (elementSize)
        {
            case 2:
                Span<ushort> twos = MemoryMarshal.Cast<byte, ushort>(plain);
                BinaryPrimitives.ReverseEndianness(twos, twos);
                break;
            case 4:
                Span<uint> fours = MemoryMarshal.Cast<byte, uint>(plain);
                BinaryPrimitives.ReverseEndianness(fours, fours);
                break;
            case 8:
                Span<ulong> eights = MemoryMarshal.Cast<byte, ulong>(plain);
                BinaryPrimitives.ReverseEndianness(eights, eights);
                break;
            default:
                break;
        }
    }

    private static void Transpose(ReadOnlySpan<byte> columns, ImageShape shape, int elementSize, Span<byte> rows)
    {
        for (int row = 0; row < shape.Rows; row++)
        {
            for (int column = 0; column < shape.Columns; column++)
            {
                columns.Slice(((column * shape.Rows) + row) * elementSize, elementSize)
                    .CopyTo(rows[(((row * shape.Columns) + column) * elementSize)..]);
            }
        }
    }

    private Span<byte> Columns(int length)
    {
        if (_columns.Length < length)
        {
            _columns = new byte[length];
        }

        return _columns.AsSpan(0, length);
    }
}
