using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Dectris;

/// <summary>What a DECTRIS Stream V2 message says; the pixels stay in the message and are pointed at.</summary>
public readonly struct Stream2Message
{
    /// <summary>Kind of the message.</summary>
    public Stream2Kind Kind { get; init; }

    /// <summary>Number of the series.</summary>
    public long SeriesId { get; init; }

    /// <summary>The series header of <see cref="Stream2Kind.Start"/>.</summary>
    public SeriesHeader? Series { get; init; }

    /// <summary>Index of the image in its series, from 0.</summary>
    public int ImageIndex { get; init; }

    /// <summary>
    /// End of the exposure on the detector's clock (series date + stop time), if the message tells both.
    /// </summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>Monitor, transmission and positions out of <c>user_data</c>.</summary>
    public FrameFacts Facts { get; init; }

    /// <summary>Image size.</summary>
    public ImageShape Shape { get; init; }

    /// <summary>Element type of the pixels.</summary>
    public PixelType Type { get; init; }

    /// <summary>Packing of the pixels.</summary>
    public PixelEncoding Encoding { get; init; }

    /// <summary>Whether the bytes of a pixel come highest first.</summary>
    public bool IsBigEndian { get; init; }

    /// <summary>Whether the pixels run down the columns (tag 1040).</summary>
    public bool IsColumnMajor { get; init; }

    /// <summary>Where the packed pixels start in the message, bytes.</summary>
    public int PayloadOffset { get; init; }

    /// <summary>Length of the packed pixels, bytes.</summary>
    public int PayloadLength { get; init; }
}
