using XrdCt.Live.Egress.Dialects;

namespace XrdCt.Live.Egress.ZeroMq;

/// <summary>Where messages go. Not thread-safe.</summary>
public interface IMessageSink
{
    /// <summary>Hands a message on, all parts or none; blocks while the receiver is behind, at most <paramref name="timeout"/>.</summary>
    /// <param name="message">At least one part; the caller may change it afterwards.</param>
    /// <param name="timeout">Longest wait.</param>
    /// <returns>False when the time passed; the message was not taken then.</returns>
    bool TrySend(OutgoingMessage message, TimeSpan timeout);
}
