namespace XrdCt.Live.Simulator.Streaming;

/// <summary>How a scan is streamed.</summary>
public sealed record StreamOptions
{
    /// <summary>Frames per second; 0 = as fast as they are made and taken.</summary>
    public double Rate_Hz { get; init; }

    /// <summary>Threads that make frames.</summary>
    public int ThreadCount { get; init; } = 1;

    /// <summary>Longest wait for the receiver to take a message.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Number of the series.</summary>
    public long SeriesId { get; init; } = 1;

    /// <summary>What should go wrong.</summary>
    public FaultOptions Faults { get; init; } = new();
}
