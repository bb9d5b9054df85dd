namespace XrdCt.Live.Ingest.Dectris;

/// <summary>Major types of CBOR (RFC 8949, section 3.1).</summary>
internal enum CborMajor
{
    /// <summary>Unsigned integer.</summary>
    Unsigned = 0,

    /// <summary>Negative integer, −1 − n.</summary>
    Negative = 1,

    /// <summary>Byte string.</summary>
    Bytes = 2,

    /// <summary>UTF-8 text.</summary>
    Text = 3,

    /// <summary>Array.</summary>
    Array = 4,

    /// <summary>Map.</summary>
    Map = 5,

    /// <summary>Tag in front of another item.</summary>
    Tag = 6,

    /// <summary>Floats, booleans, null, and the break that ends an item of indefinite length.</summary>
    Simple = 7,
}
