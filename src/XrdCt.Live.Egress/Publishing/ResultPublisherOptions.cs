namespace XrdCt.Live.Egress.Publishing;

/// <summary>Where results are published, and the memory that it may take.</summary>
public sealed record ResultPublisherOptions
{
    /// <summary>Least value of <see cref="MemoryLimit_bytes"/>: 16 MiB, a few of the largest patterns.</summary>
    public const long LeastMemory_bytes = 16L << 20;

    /// <summary>
    /// XPUB socket of the newest results (<c>latest/…</c>). On the loopback address by default: there is no login, so opening it to
    /// a network is a decision.
    /// </summary>
    public PublishEndpoint Latest { get; init; } = new("127.0.0.1", 31010);

    /// <summary>ROUTER socket that answers requests for patterns and for the newest results.</summary>
    public required PublishEndpoint Requests { get; init; }

    /// <summary>XPUB socket of every pattern (<c>every/…</c>).</summary>
    public required PublishEndpoint Every { get; init; }

    /// <summary>
    /// Memory of the patterns that are kept to be asked for again, bytes. Default 256 MiB, 10,000 patterns of 2,048 bins. What waits for
    /// one subscriber that does not read comes on top, at most a sixteenth of it (<see cref="Queue_bytes"/>).
    /// </summary>
    public long MemoryLimit_bytes { get; init; } = 256L << 20;

    /// <summary>Radial bins of a pattern; with it the watermarks are known in messages.</summary>
    public required int BinCount { get; init; }

    /// <summary>Live channels.</summary>
    public required int ChannelCount { get; init; }

    /// <summary>Most that waits for one subscriber of every pattern, or for one who asks, bytes.</summary>
    public long Queue_bytes => MemoryLimit_bytes / 16;
}
