namespace XrdCt.Live.Model.Frames;

/// <summary>A frame as it arrived: compressed pixels inside leased message memory, with what is needed to decode them.</summary>
/// <remarks>A value that is handed on, never copied: its last holder disposes it, which gives the lease back.</remarks>
public readonly struct RawFrame : IDisposable
{
    /// <summary>Identity and time.</summary>
    public required FrameHeader Header { get; init; }

    /// <summary>Image size that the message claims.</summary>
    public required ImageShape Shape { get; init; }

    /// <summary>Element type of the pixels.</summary>
    public required PixelType Type { get; init; }

    /// <summary>Packing of the pixels.</summary>
    public required PixelEncoding Encoding { get; init; }

    /// <summary>Whether the bytes of a pixel come highest first.</summary>
    public bool IsBigEndian { get; init; }

    /// <summary>Whether the pixels run down the columns (RFC 8746, tag 1040) instead of along the rows.</summary>
    public bool IsColumnMajor { get; init; }

    /// <summary>Message memory that holds the pixels.</summary>
    public required FrameLease Lease { get; init; }

    /// <summary>Where the packed pixels start in the lease, bytes.</summary>
    public required int PayloadOffset { get; init; }

    /// <summary>Length of the packed pixels, bytes.</summary>
    public required int PayloadLength { get; init; }

    /// <summary>The packed pixels.</summary>
    public ReadOnlySpan<byte> Payload => Lease.Bytes.Slice(PayloadOffset, PayloadLength);

    /// <summary>Gives the message memory back.</summary>
    public void Dispose() => Lease.Dispose();
}
