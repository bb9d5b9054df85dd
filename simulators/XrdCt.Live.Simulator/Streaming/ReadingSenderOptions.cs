namespace XrdCt.Live.Simulator.Streaming;

/// <summary>How positions and monitor values go out beside the frames.</summary>
public sealed record ReadingSenderOptions
{
    /// <summary>How much later than its frame a reading goes out.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Whether readings carry a time instead of the index of their frame.</summary>
    public bool ByTime { get; init; }

    /// <summary>Share of the readings that are never sent, 0 to 1.</summary>
    public double LostShare { get; init; }

    /// <summary>When to give up where nobody takes them.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Seed of the losses.</summary>
    public long Seed { get; init; } = 1;
}
