namespace XrdCt.Live.Ingest.Streams;

/// <summary>Where messages come from: a socket of one of the ZeroMQ libraries. Not thread-safe: one thread receives and disposes.</summary>
public interface IMessageReceiver : IDisposable
{
    /// <summary>Where it is attached, with the real port where port 0 was bound.</summary>
    string Endpoint { get; }

    /// <summary>Parts that were kept and are still held by somebody.</summary>
    int LentCount { get; }

    /// <summary>Waits for the next message, at most <paramref name="timeout"/>.</summary>
    /// <param name="timeout">Longest wait; zero or less looks once.</param>
    /// <returns>The message, valid until the next call; null when the time passed.</returns>
    StreamMessage? Receive(TimeSpan timeout);
}
