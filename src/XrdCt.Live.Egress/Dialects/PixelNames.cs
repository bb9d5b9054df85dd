using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>What messages and command lines call pixel types (as numpy does) and packings.</summary>
public static class PixelNames
{
    /// <summary>Pixel types by name, the usual ones first.</summary>
    public static IReadOnlyDictionary<string, PixelType> Types { get; } = new OrderedDictionary<string, PixelType>
    {
        ["int32"] = PixelType.Int32,
        ["uint32"] = PixelType.UInt32,
        ["uint16"] = PixelType.UInt16,
        ["uint8"] = PixelType.UInt8,
        ["int16"] = PixelType.Int16,
        ["int8"] = PixelType.Int8,
        ["uint64"] = PixelType.UInt64,
        ["int64"] = PixelType.Int64,
        ["float16"] = PixelType.Float16,
        ["float32"] = PixelType.Float32,
        ["float64"] = PixelType.Float64,
    };

    /// <summary>Packings by name.</summary>
    public static IReadOnlyDictionary<string, PixelEncoding> Encodings { get; } = new OrderedDictionary<string, PixelEncoding>
    {
        ["none"] = PixelEncoding.None,
        ["bslz4"] = PixelEncoding.BitshuffleLz4,
        ["lz4"] = PixelEncoding.Lz4,
        ["lz4-block"] = PixelEncoding.Lz4Block,
        ["cbf"] = PixelEncoding.CbfByteOffset,
    };

    /// <summary>Name of a pixel type.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is not one of <see cref="PixelType"/>.</exception>
    public static string Of(PixelType type) => type switch
    {
        PixelType.UInt8 => "uint8",
        PixelType.UInt16 => "uint16",
        PixelType.UInt32 => "uint32",
        PixelType.UInt64 => "uint64",
        PixelType.Int8 => "int8",
        PixelType.Int16 => "int16",
        PixelType.Int32 => "int32",
        PixelType.Int64 => "int64",
        PixelType.Float16 => "float16",
        PixelType.Float32 => "float32",
        PixelType.Float64 => "float64",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown pixel type"),
    };

    /// <summary>Name of a packing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The packing is not one of <see cref="PixelEncoding"/>.</exception>
    public static string Of(PixelEncoding encoding) => encoding switch
    {
        PixelEncoding.None => "none",
        PixelEncoding.BitshuffleLz4 => "bslz4",
        PixelEncoding.Lz4 => "lz4",
        PixelEncoding.Lz4Block => "lz4-block",
        PixelEncoding.CbfByteOffset => "cbf",
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "unknown packing"),
    };
}
