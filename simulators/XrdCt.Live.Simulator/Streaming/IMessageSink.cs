namespace XrdCt.Live.Simulator.Streaming;

/// <summary>Where messages go. Not thread-safe.</summary>
public interface IMessageSink
{
    /// <summary>Hands a message on; blocks while the receiver is behind, at most <paramref name="timeout"/>.</summary>
    /// <returns>False when the time passed; the message was not taken then.</returns>
    bool TrySend(ReadOnlySpan<byte> message, TimeSpan timeout);
}
