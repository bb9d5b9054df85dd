namespace XrdCt.Live.Server.Integration;

/// <summary>What became of a run.</summary>
/// <param name="Written">Files that were written.</param>
/// <param name="Frames">Frames that were asked for.</param>
/// <param name="Integrated">Frames that have a pattern.</param>
/// <param name="Failures">Frames that have none, though they were reached.</param>
/// <param name="IsStopped">Whether it was stopped before its end.</param>
/// <param name="Seconds">From the first frame read to the last pattern written, s.</param>
/// <param name="FramesPerS">Frames reached in that time, 1/s.</param>
/// <param name="Backend">What integrated.</param>
/// <param name="Workers">Frames, or batches of them, that were integrated at the same time.</param>
/// <param name="BatchSize">Frames of a batch.</param>
internal sealed record IntegrationSummary(
    IReadOnlyList<string> Written,
    int Frames,
    int Integrated,
    IReadOnlyList<FrameFailure> Failures,
    bool IsStopped,
    double Seconds,
    double FramesPerS,
    string Backend,
    int Workers,
    int BatchSize)
{
    /// <summary>Keys of pyFAI's configuration that have no meaning here.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];
}
