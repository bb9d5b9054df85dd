using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>
/// A frame source: a transport that brings messages and a dialect that reads them. Frames stay in the memory that they were received
/// into, lent by the events and given back when the last holder disposes them, on any thread, also after the source is gone.
/// </summary>
/// <param name="receiver">The transport; disposed with the source.</param>
/// <param name="dialect">The dialect.</param>
public sealed class StreamSource(IMessageReceiver receiver, IStreamDialect dialect) : IFrameSource
{
    /// <inheritdoc/>
    public string Name => $"{receiver.Endpoint} ({dialect.Name})";

    /// <summary>Frames that are still held by somebody.</summary>
    public int LentCount => receiver.LentCount;

    /// <summary>Where the receiver is attached.</summary>
    public string Endpoint => receiver.Endpoint;

    /// <inheritdoc/>
    public SourceEvent Receive(TimeSpan timeout) =>
        receiver.Receive(timeout) is { } message
            ? dialect.Read(message)
            : new SourceEvent { Kind = SourceEventKind.Silence };

    /// <summary>Closes the receiver at once; messages not yet received are dropped. Leases stay valid.</summary>
    public void Dispose() => receiver.Dispose();
}
