namespace XrdCt.Live.Model.Frames;

/// <summary>How the pixels of a <see cref="RawFrame"/> are packed.</summary>
public enum PixelEncoding
{
    /// <summary>Plain little-endian pixels, row-major.</summary>
    None,

    /// <summary>Bitshuffle + LZ4 blocks (HDF5 filter 32008; DECTRIS <c>bslz4</c>).</summary>
    BitshuffleLz4,

    /// <summary>LZ4 blocks with the HDF5 framing (HDF5 filter 32004; DECTRIS Stream V2 <c>lz4</c>).</summary>
    Lz4,

    /// <summary>One LZ4 block without any framing (DECTRIS Stream V1 <c>lz4&lt;</c>).</summary>
    Lz4Block,

    /// <summary>CBF byte offset (<c>x-CBF_BYTE_OFFSET</c>), 32-bit signed pixels.</summary>
    CbfByteOffset,
}
