using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Ports;

/// <summary>One thing that came from a frame source.</summary>
public readonly struct SourceEvent
{
    /// <summary>What came.</summary>
    public required SourceEventKind Kind { get; init; }

    /// <summary>Series that the event belongs to, where known.</summary>
    public long SeriesId { get; init; }

    /// <summary>The header of <see cref="SourceEventKind.SeriesStarted"/>.</summary>
    public SeriesHeader? Series { get; init; }

    /// <summary>The image of <see cref="SourceEventKind.Image"/>.</summary>
    public RawFrame Frame { get; init; }

    /// <summary>Whether the dialect has no headers at all: a series begins with its first image then.</summary>
    public bool HasNoHeader { get; init; }

    /// <summary>Why a message was refused.</summary>
    public FrameOutcome Outcome { get; init; }

    /// <summary>One sentence for people, of a refused message.</summary>
    public string? Reason { get; init; }
}
