using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Ports;

/// <summary>Unpacks the pixels of a frame. Not thread-safe: one instance per worker.</summary>
public interface IFrameDecoder
{
    /// <summary>
    /// Decodes <paramref name="frame"/> to signed 32-bit counts, row-major. Pixels without a value come out negative:
    /// −1 for 2ⁿ−1 and −2 for 2ⁿ−2 of unsigned types, the value itself for signed ones.
    /// </summary>
    /// <param name="frame">The frame; it stays the caller's.</param>
    /// <param name="pixels">Receives the counts; its length is the pixel count of the detector's geometry.</param>
    /// <returns>
    /// <see cref="FrameOutcome.Accepted"/>, <see cref="FrameOutcome.WrongShape"/> or
    /// <see cref="FrameOutcome.Truncated"/>; the content of <paramref name="pixels"/> is undefined unless accepted.
    /// </returns>
    FrameOutcome Decode(in RawFrame frame, Span<int> pixels);
}
