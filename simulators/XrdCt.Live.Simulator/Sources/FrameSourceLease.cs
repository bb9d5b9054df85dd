namespace XrdCt.Live.Simulator.Sources;

/// <summary>A source and the files that it holds open.</summary>
/// <param name="frames">The source.</param>
internal sealed class FrameSourceLease(IFrameSource frames) : IDisposable
{
    public IFrameSource Frames => frames;

    public void Dispose() => (frames as IDisposable)?.Dispose();
}
