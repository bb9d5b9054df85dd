namespace XrdCt.Live.Compute.Gpu;

/// <summary>One block of a bitshuffle-LZ4 frame, as the device is told of it: what a warp needs to unpack it.</summary>
internal struct PackedBlock
{
    /// <summary>Where its LZ4 bytes begin in the batch's packed bytes.</summary>
    public int Start;

    /// <summary>LZ4 bytes; checked on the host to lie inside the frame's payload.</summary>
    public int PackedLength;

    /// <summary>Bytes of the plain block; its pixels times <see cref="PixelBytes"/>.</summary>
    public int PlainLength;

    /// <summary>Its first pixel, counted over all frames of the batch.</summary>
    public int FirstPixel;

    /// <summary>Place of its frame in the batch.</summary>
    public int Frame;

    /// <summary>Bytes of a pixel: 1, 2 or 4.</summary>
    public int PixelBytes;

    /// <summary>1 where pixels are signed, 0 where their two largest values are flags.</summary>
    public int IsSigned;

    /// <summary>1 for the few elements at the end of a frame that stand plain, 0 for an LZ4 block.</summary>
    public int IsPlain;
}
