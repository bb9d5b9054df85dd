using XrdCt.Live.Model.Frames;
using XrdCt.Live.Simulator.Sources;

namespace XrdCt.Live.Tests.Simulators;

/// <summary>Frames of 4 × 16 pixels that tell their number: pixel i of frame k is i + 1000 k, and the first two are −1 and −2.</summary>
internal sealed class TinySource(int frameCount) : IFrameSource
{
    public ImageShape Shape { get; } = new(4, 16);

    public PixelType Type => PixelType.Int32;

    public int FrameCount => frameCount;

    public FrameFacts FactsOf(int index) => new(index, index / 10.0, null);

    public IFrameReader NewReader() => new Reader();

    public static int[] Counts(int index)
    {
        int[] counts = [.. Enumerable.Range(0, 64).Select(i => i + (1000 * index))];
        (counts[0], counts[1]) = (-1, -2);
        return counts;
    }

    private sealed class Reader : IFrameReader
    {
        public void Read(int index, Span<int> pixels) => Counts(index).CopyTo(pixels);
    }
}
