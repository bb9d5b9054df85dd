using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Ingest.Xrdct;

/// <summary>
/// Positions and monitor values as MessagePack maps of one part, <c>type</c> <c>reading</c>, beside any stream of frames.
/// <c>docs/streams.md</c> has every key.
/// </summary>
/// <param name="receiver">The transport; disposed with the source.</param>
/// <param name="firstFrame">Number that the stream gives to the first frame of a series.</param>
public sealed class ReadingStream(IMessageReceiver receiver, int firstFrame) : IReadingSource
{
    /// <summary>Where the receiver is attached.</summary>
    public string Endpoint => receiver.Endpoint;

    /// <inheritdoc/>
    public bool TryReceive(TimeSpan timeout, out StageReading reading, out string? refusal)
    {
        reading = default;
        refusal = null;
        if (receiver.Receive(timeout) is not { } message)
        {
            return false;
        }

        refusal = XrdctDialect.TryRead(message, firstFrame, out reading);
        return refusal is null;
    }

    /// <summary>Closes the receiver at once; messages not yet received are dropped.</summary>
    public void Dispose() => receiver.Dispose();
}
