using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>How dialects with JSON or MessagePack headers name pixel types and packings.</summary>
internal static class PixelNames
{
    /// <summary>Element type of a name such as <c>int32</c>, <c>uint16</c>, <c>float32</c> (areaDetector's capitals too).</summary>
    /// <returns>The type; null where the name is unknown.</returns>
    internal static PixelType? TypeOf(ReadOnlySpan<byte> name)
    {
        Span<byte> lower = stackalloc byte[8];
        if (name.Length > lower.Length || System.Text.Ascii.ToLower(name, lower, out int length) != System.Buffers.OperationStatus.Done)
        {
            return null;
        }

        ReadOnlySpan<byte> type = lower[..length];
        return type.SequenceEqual("int32"u8) ? PixelType.Int32
            : type.SequenceEqual("uint32"u8) ? PixelType.UInt32
            : type.SequenceEqual("uint16"u8) ? PixelType.UInt16
            : type.SequenceEqual("int16"u8) ? PixelType.Int16
            : type.SequenceEqual("uint8"u8) ? PixelType.UInt8
            : type.SequenceEqual("int8"u8) ? PixelType.Int8
            : type.SequenceEqual("uint64"u8) ? PixelType.UInt64
            : type.SequenceEqual("int64"u8) ? PixelType.Int64
            : type.SequenceEqual("float16"u8) ? PixelType.Float16
            : type.SequenceEqual("float32"u8) ? PixelType.Float32
            : type.SequenceEqual("float64"u8) || type.SequenceEqual("double"u8) ? PixelType.Float64
            : null;
    }

    /// <summary>
    /// Packing of DECTRIS' grammar <c>[bs&lt;bits&gt;][[-]lz4][&lt;|&gt;]</c>: <c>bs32-lz4&lt;</c>, <c>lz4&lt;</c>, <c>&lt;</c>.
    /// </summary>
    /// <param name="text">The text; empty for plain little-endian pixels.</param>
    /// <param name="type">Element type, whose size the shuffle must have been made for.</param>
    /// <param name="encoding">The packing.</param>
    /// <param name="isBigEndian">Whether it ends in <c>&gt;</c>.</param>
    /// <returns>False where the text is another.</returns>
    internal static bool TryReadGrammar(ReadOnlySpan<byte> text, PixelType type, out PixelEncoding encoding, out bool isBigEndian)
    {
        encoding = PixelEncoding.None;
        isBigEndian = text.EndsWith(">"u8);
        ReadOnlySpan<byte> packing = text.EndsWith(">"u8) || text.EndsWith("<"u8) ? text[..^1] : text;
        if (packing.IsEmpty)
        {
            return true;
        }

        if (packing.SequenceEqual("lz4"u8))
        {
            // One LZ4 block with nothing around it, unlike the lz4 of Stream V2.
            encoding = PixelEncoding.Lz4Block;
            return true;
        }

        if (!packing.StartsWith("bs"u8) || !(packing.EndsWith("-lz4"u8) || packing.EndsWith("lz4"u8)))
        {
            return false;
        }

        encoding = PixelEncoding.BitshuffleLz4;
        ReadOnlySpan<byte> bits = packing[2..(packing.EndsWith("-lz4"u8) ? ^4 : ^3)];
        return bits.IsEmpty
            || (System.Buffers.Text.Utf8Parser.TryParse(bits, out int number, out int used)
                && used == bits.Length
                && number == 8 * PixelTypes.SizeOf(type));
    }

    /// <summary>Packing of a plain name: <c>none</c> or nothing, <c>bslz4</c>, <c>lz4</c> (HDF5 framing), <c>cbf</c>.</summary>
    /// <returns>The packing; null where the name is unknown.</returns>
    internal static PixelEncoding? EncodingOf(ReadOnlySpan<byte> name) =>
        name.IsEmpty || name.SequenceEqual("none"u8) ? PixelEncoding.None
        : name.SequenceEqual("bslz4"u8) ? PixelEncoding.BitshuffleLz4
        : name.SequenceEqual("lz4"u8) ? PixelEncoding.Lz4
        : name.SequenceEqual("cbf"u8) ? PixelEncoding.CbfByteOffset
        : null;
}
