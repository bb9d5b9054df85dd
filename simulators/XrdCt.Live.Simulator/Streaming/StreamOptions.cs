using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>How a series is streamed.</summary>
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

    /// <summary>Images of the series; as many as the source has if not given.</summary>
    public int? FrameCount { get; init; }

    /// <summary>Pixel type; the source's own if not given.</summary>
    public PixelType? Type { get; init; }

    /// <summary>Packing of the pixels; the one that is usual in the dialect if not given.</summary>
    public PixelEncoding? Encoding { get; init; }

    /// <summary>Frames that are packed beforehand and sent over and over; 0 = every frame is made when its turn comes.</summary>
    public int CycleCount { get; init; }

    /// <summary>Whether the MD5 of the plain pixels goes along, where the dialect has a place for it.</summary>
    public bool Hashes { get; init; }

    /// <summary>Seed of the faults.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Who tells positions and monitor values beside the frames; null where they go with them. It stays the caller's.</summary>
    public ReadingSender? Readings { get; init; }

    /// <summary>When frames are exposed; one after the other at <see cref="Rate_Hz"/> if not given.</summary>
    public IExposureClock? Exposures { get; init; }

    /// <summary>What should go wrong.</summary>
    public FaultOptions Faults { get; init; } = new();
}
