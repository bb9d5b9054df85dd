namespace XrdCt.Live.Server.Integration;

/// <summary>Where the patterns of a run go, frame by frame in their order. Disposed unfinished, what is complete stays.</summary>
internal interface IPatternOutput : IDisposable
{
    /// <summary>Takes a frame, integrated or failed.</summary>
    /// <exception cref="IOException">It cannot be written; the message names the file and the remedy.</exception>
    void Write(FrameSlot slot);

    /// <summary>Completes the output.</summary>
    /// <returns>The files that were written.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    IReadOnlyList<string> Finish();
}
