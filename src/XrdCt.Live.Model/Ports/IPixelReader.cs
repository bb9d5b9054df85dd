using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Ports;

/// <summary>
/// Unpacks a frame a few thousand pixels at a time, so that whoever needs them finds them in the cache and the frame itself is never
/// written to memory. Not thread-safe: one instance per frame in work.
/// </summary>
public interface IPixelReader
{
    /// <summary>Begins a frame; what was left of the one before is forgotten.</summary>
    /// <param name="frame">The frame; it stays the caller's, who keeps it until its pixels are read.</param>
    /// <returns><see cref="FrameOutcome.Accepted"/>, <see cref="FrameOutcome.WrongShape"/> or <see cref="FrameOutcome.Truncated"/>.</returns>
    FrameOutcome Begin(in RawFrame frame);

    /// <summary>
    /// Unpacks the next pixels, row-major, as signed 32-bit counts. Pixels without a value come out negative: −1 for 2ⁿ−1 and −2 for 2ⁿ−2
    /// of unsigned types, the value itself for signed ones.
    /// </summary>
    /// <param name="pixels">Receives the counts; all reads of a frame together take no more than its pixels.</param>
    /// <returns>
    /// <see cref="FrameOutcome.Accepted"/> or <see cref="FrameOutcome.Truncated"/>; after the latter the content of
    /// <paramref name="pixels"/> is undefined and the frame is over.
    /// </returns>
    FrameOutcome Read(Span<int> pixels);
}
