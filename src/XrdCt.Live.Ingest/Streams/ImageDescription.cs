using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>What a message says of the pixels that come in a part of their own.</summary>
/// <param name="Header">Identity and time.</param>
/// <param name="Shape">Image size.</param>
/// <param name="Type">Element type.</param>
/// <param name="Encoding">Packing.</param>
/// <param name="IsBigEndian">Whether the bytes of a pixel come highest first.</param>
internal readonly record struct ImageDescription(
    FrameHeader Header, ImageShape Shape, PixelType Type, PixelEncoding Encoding, bool IsBigEndian);
