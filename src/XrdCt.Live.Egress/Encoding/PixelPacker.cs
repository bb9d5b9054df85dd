using System.Runtime.InteropServices;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Encoding;

/// <summary>Packs plain pixels of any type in any way. Not thread-safe: one instance per worker; allocates nothing per image.</summary>
public sealed class PixelPacker
{
    private readonly Bslz4Encoder _bslz4 = new();

    /// <summary>Room that <see cref="Pack"/> needs, bytes.</summary>
    /// <param name="pixels">Bytes of the pixels, row-major, lowest byte first.</param>
    /// <param name="type">Their type.</param>
    /// <param name="encoding">How they are to be packed.</param>
    /// <exception cref="ArgumentException">CBF holds 32-bit signed pixels only.</exception>
    public static int RoomFor(ReadOnlySpan<byte> pixels, PixelType type, PixelEncoding encoding) => encoding switch
    {
        PixelEncoding.None => pixels.Length,
        PixelEncoding.BitshuffleLz4 =>
            Bslz4Encoder.MaximumLength(pixels.Length / PixelTypes.SizeOf(type), PixelTypes.SizeOf(type)),
        PixelEncoding.Lz4 => Lz4Encoder.MaximumFramedLength(pixels.Length),
        PixelEncoding.Lz4Block => Lz4Encoder.MaximumBlockLength(pixels.Length),
        PixelEncoding.CbfByteOffset => CbfByteOffsetEncoder.Length(Signed(pixels, type)),
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "unknown packing"),
    };

    /// <summary>Packs an image.</summary>
    /// <param name="pixels">Bytes of the pixels, row-major, lowest byte first.</param>
    /// <param name="type">Their type.</param>
    /// <param name="encoding">How they are to be packed.</param>
    /// <param name="output">Receives the bytes, at least <see cref="RoomFor"/>.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The output is too short; CBF holds 32-bit signed pixels only.</exception>
    public int Pack(ReadOnlySpan<byte> pixels, PixelType type, PixelEncoding encoding, Span<byte> output)
    {
        switch (encoding)
        {
            case PixelEncoding.None:
                pixels.CopyTo(output);
                return pixels.Length;
            case PixelEncoding.BitshuffleLz4:
                return _bslz4.Encode(pixels, PixelTypes.SizeOf(type), output);
            case PixelEncoding.Lz4:
                return Lz4Encoder.EncodeFramed(pixels, output);
            case PixelEncoding.Lz4Block:
                return Lz4Encoder.EncodeBlock(pixels, output);
            case PixelEncoding.CbfByteOffset:
                return CbfByteOffsetEncoder.Encode(Signed(pixels, type), output);
            default:
                throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "unknown packing");
        }
    }

    private static ReadOnlySpan<int> Signed(ReadOnlySpan<byte> pixels, PixelType type) =>
        type == PixelType.Int32
            ? MemoryMarshal.Cast<byte, int>(pixels)
            : throw new ArgumentException($"CBF byte offset holds int32 pixels, not {type}", nameof(type));
}
