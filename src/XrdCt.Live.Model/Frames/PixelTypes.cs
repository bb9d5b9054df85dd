namespace XrdCt.Live.Model.Frames;

/// <summary>Sizes of <see cref="PixelType"/>.</summary>
public static class PixelTypes
{
    /// <summary>Bytes of one pixel.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is not one of <see cref="PixelType"/>.</exception>
    public static int SizeOf(PixelType type) => type switch
    {
        PixelType.UInt8 or PixelType.Int8 => 1,
        PixelType.UInt16 or PixelType.Int16 or PixelType.Float16 => 2,
        PixelType.UInt32 or PixelType.Int32 or PixelType.Float32 => 4,
        PixelType.UInt64 or PixelType.Int64 or PixelType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown pixel type"),
    };
}
