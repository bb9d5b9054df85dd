using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>
/// One message as it came: its parts, in the memory that they were received into. Reused by its receiver, so what it holds is valid until
/// the receiver's next call; a part that is wanted longer is kept.
/// </summary>
public abstract class StreamMessage
{
    /// <summary>
    /// Parts of a message that can be read; DECTRIS Stream V1 has the most, 9. Those beyond are counted by <see cref="PartCount"/>, but
    /// let go.
    /// </summary>
    public const int MostParts = 16;

    /// <summary>When it came, UTC.</summary>
    public DateTimeOffset ReceivedAt { get; protected set; }

    /// <summary>Number of parts, at least one.</summary>
    public abstract int PartCount { get; }

    /// <summary>A part.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such part, or it is one beyond <see cref="MostParts"/>.</exception>
    /// <exception cref="ObjectDisposedException">The part was kept: it is its holder's.</exception>
    public abstract ReadOnlyMemory<byte> Part(int index);

    /// <summary>Takes a part out of the message without copying it; whoever holds the lease disposes it.</summary>
    /// <param name="index">Which, from 0; each part once.</param>
    public abstract FrameLease Keep(int index);
}
