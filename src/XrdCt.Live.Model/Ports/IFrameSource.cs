namespace XrdCt.Live.Model.Ports;

/// <summary>
/// A stream of frames from a detector, one class per transport and dialect. Not thread-safe: one thread calls
/// <see cref="Receive"/>, and the same thread disposes it.
/// </summary>
public interface IFrameSource : IDisposable
{
    /// <summary>Where the frames come from, for people: <c>tcp://127.0.0.1:31001 (DECTRIS Stream V2)</c>.</summary>
    string Name { get; }

    /// <summary>Waits for the next message, at most <paramref name="timeout"/>.</summary>
    /// <param name="timeout">Longest wait; <see cref="SourceEventKind.Silence"/> comes back when it passes.</param>
    /// <returns>The event. Bad messages are events too: this never throws for bytes that came over the wire.</returns>
    SourceEvent Receive(TimeSpan timeout);
}
