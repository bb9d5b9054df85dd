using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Simulator.Sources;

namespace XrdCt.Live.Simulator.Beamline;

/// <summary>
/// The frames of a phantom, made when their line has begun: what they count depends on the beam of that time. Positions and monitor values
/// are told by the beamline itself, not with the frames.
/// </summary>
/// <param name="frames">The frames; their beam intensity is asked for when they are made.</param>
/// <param name="waitFor">Waits until the line of a frame has begun.</param>
internal sealed class BeamlineSource(PhantomSource frames, Action<int> waitFor) : IFrameSource
{
    /// <inheritdoc/>
    public ImageShape Shape => frames.Shape;

    /// <inheritdoc/>
    public PixelType Type => frames.Type;

    /// <inheritdoc/>
    public int FrameCount => frames.FrameCount;

    /// <inheritdoc/>
    public FrameFacts FactsOf(int index) => default;

    /// <inheritdoc/>
    public IFrameReader NewReader()
    {
        IFrameReader reader = frames.NewReader();
        return new Reader(reader, (IBlockReader)reader, waitFor);
    }

    private sealed class Reader(IFrameReader frames, IBlockReader blocks, Action<int> waitFor) : IFrameReader, IBlockReader
    {
        public void Read(int index, Span<int> pixels)
        {
            waitFor(index);
            frames.Read(index, pixels);
        }

        public void Begin(int index)
        {
            waitFor(index);
            blocks.Begin(index);
        }

        void IPixelBlocks.Read(int block, Span<int> pixels) => blocks.Read(block, pixels);
    }
}
