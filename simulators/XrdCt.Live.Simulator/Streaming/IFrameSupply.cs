namespace XrdCt.Live.Simulator.Streaming;

/// <summary>Hands out the frames of one series in the order of sending. Not thread-safe.</summary>
internal interface IFrameSupply : IDisposable
{
    /// <summary>Mean time of making a frame on one thread; valid after the last frame.</summary>
    TimeSpan MeanTime { get; }

    /// <summary>The next frame, to be disposed by the caller; null after the last one.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="InvalidDataException">A frame cannot be read.</exception>
    EncodedFrame? Next(CancellationToken cancellation);
}
