using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Simulator.Sources;

/// <summary>The frames of several slices one after another, as one series holds them.</summary>
/// <param name="slices">The slices, at least one, all with as many frames of the same size.</param>
public sealed class StackSource(IReadOnlyList<PhantomSource> slices) : IFrameSource
{
    private readonly int _perSlice = slices[0].FrameCount;

    /// <inheritdoc/>
    public ImageShape Shape => slices[0].Shape;

    /// <inheritdoc/>
    public PixelType Type => slices[0].Type;

    /// <inheritdoc/>
    public int FrameCount => checked(_perSlice * slices.Count);

    /// <inheritdoc/>
    public FrameFacts FactsOf(int index) => slices[index / _perSlice].FactsOf(index % _perSlice);

    /// <inheritdoc/>
    public IFrameReader NewReader() => new Reader(slices, _perSlice);

    private sealed class Reader(IReadOnlyList<PhantomSource> slices, int perSlice) : IFrameReader, IBlockReader
    {
        private readonly IFrameReader?[] _readers = new IFrameReader?[slices.Count];
        private IBlockReader? _begun;

        public void Read(int index, Span<int> pixels) => Of(index).Read(index % perSlice, pixels);

        public void Begin(int index)
        {
            _begun = (IBlockReader)Of(index);
            _begun.Begin(index % perSlice);
        }

        void IPixelBlocks.Read(int block, Span<int> pixels) => _begun!.Read(block, pixels);

        private IFrameReader Of(int index) => _readers[index / perSlice] ??= slices[index / perSlice].NewReader();
    }
}
