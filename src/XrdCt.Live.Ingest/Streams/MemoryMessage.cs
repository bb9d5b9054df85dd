using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>A message whose parts lie in ordinary memory, such as one out of a recording.</summary>
public sealed class MemoryMessage : StreamMessage
{
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _parts;

    /// <summary>Makes a message.</summary>
    /// <param name="parts">Its parts, at least one.</param>
    /// <param name="receivedAt">When it came.</param>
    /// <exception cref="ArgumentException">There is no part.</exception>
    public MemoryMessage(IReadOnlyList<ReadOnlyMemory<byte>> parts, DateTimeOffset receivedAt)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 0)
        {
            throw new ArgumentException("a message has at least one part", nameof(parts));
        }

        _parts = parts;
        ReceivedAt = receivedAt;
    }

    /// <inheritdoc/>
    public override int PartCount => _parts.Count;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Part(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Math.Min(_parts.Count, MostParts), nameof(index));
        return _parts[index];
    }

    /// <inheritdoc/>
    public override FrameLease Keep(int index) => new MemoryLease(Part(index));
}
