using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>Reads the pixels of frames of one detector, in whatever they are packed.</summary>
/// <remarks>Not thread-safe: one instance per frame in work.</remarks>
public sealed class PixelReader : IPixelReader
{
    private readonly FrameDecoder _decoder;
    private readonly int[] _pixels;
    private int _next;

    /// <summary>Makes a reader.</summary>
    /// <param name="shape">Image size of the detector's geometry; frames of another size are refused.</param>
    public PixelReader(ImageShape shape)
    {
        _decoder = new FrameDecoder(shape);
        _pixels = GC.AllocateUninitializedArray<int>(shape.PixelCount, pinned: true);
        _next = _pixels.Length;
    }

    /// <inheritdoc/>
    public FrameOutcome Begin(in RawFrame frame)
    {
        FrameOutcome outcome = _decoder.Decode(frame, _pixels);
        _next = outcome == FrameOutcome.Accepted ? 0 : _pixels.Length;
        return outcome;
    }

    /// <inheritdoc/>
    public FrameOutcome Read(Span<int> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pixels.Length, _pixels.Length - _next, nameof(pixels));
        _pixels.AsSpan(_next, pixels.Length).CopyTo(pixels);
        _next += pixels.Length;
        return FrameOutcome.Accepted;
    }
}
