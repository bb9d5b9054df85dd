namespace XrdCt.Live.Model.Frames;

/// <summary>Element type of a detector image as it travels; little endian unless the frame says otherwise.</summary>
public enum PixelType
{
    /// <summary>8-bit unsigned; 255 and 254 flag pixels without a value.</summary>
    UInt8,

    /// <summary>16-bit unsigned; 65535 and 65534 flag pixels without a value.</summary>
    UInt16,

    /// <summary>32-bit unsigned; 2³²−1 and 2³²−2 flag pixels without a value.</summary>
    UInt32,

    /// <summary>32-bit signed; negative values flag pixels without a value (−1 gap, −2 bad).</summary>
    Int32,

    /// <summary>8-bit signed; negative values flag pixels without a value.</summary>
    Int8,

    /// <summary>16-bit signed; negative values flag pixels without a value.</summary>
    Int16,

    /// <summary>64-bit unsigned; 2⁶⁴−1 and 2⁶⁴−2 flag pixels without a value, other counts above 2³¹−1 become 2³¹−1.</summary>
    UInt64,

    /// <summary>64-bit signed; negative values flag pixels without a value, counts above 2³¹−1 become 2³¹−1.</summary>
    Int64,

    /// <summary>16-bit float (IEEE 754), rounded to whole counts; NaN, infinite and negative values flag pixels without a value.</summary>
    Float16,

    /// <summary>32-bit float, rounded to whole counts; NaN, infinite and negative values flag pixels without a value.</summary>
    Float32,

    /// <summary>64-bit float, rounded to whole counts; NaN, infinite and negative values flag pixels without a value.</summary>
    Float64,
}
