using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>
/// Reads the messages of one dialect. It may remember what earlier messages said (a series number, the detector's clock), so it serves
/// one stream. Not thread-safe.
/// </summary>
public interface IStreamDialect
{
    /// <summary>What people call it: <c>DECTRIS Stream V2</c>.</summary>
    string Name { get; }

    /// <summary>Reads one message. Never throws for what the bytes are; keeps the part that holds an image's pixels.</summary>
    /// <param name="message">The message; what is not kept stays the caller's.</param>
    /// <returns>The event; never <see cref="SourceEventKind.Silence"/>.</returns>
    SourceEvent Read(StreamMessage message);
}
