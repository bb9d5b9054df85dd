namespace XrdCt.Live.Model.Frames;

/// <summary>Sizes of <see cref="PixelType"/>.</summary>
public static class PixelTypes
{
    /// <summary>Bytes of one pixel.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is not one of <see cref="PixelType"/>.</exception>
    public static int SizeOf(PixelType type) => type switch
    {
        PixelType.UInt8 or PixelType.Int8 => 1,
        PixelType.UInt16 or PixelType.Int16 => 2,
        PixelType.UInt32 or PixelType.Int32 => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown pixel type"),
    };
}
