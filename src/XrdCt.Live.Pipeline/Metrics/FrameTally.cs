using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Pipeline.Metrics;

/// <summary>The counters of a scan: the one place where frames are counted. Written by two stages, read by any.</summary>
public sealed class FrameTally
{
    private readonly long[] _outcomes = new long[Enum.GetValues<FrameOutcome>().Length];
    private long _received;
    private long _integrated;
    private long _outOfOrder;
    private long _missing;

    /// <summary>An image message came.</summary>
    public void CountReceived() => Interlocked.Increment(ref _received);

    /// <summary>A frame was integrated.</summary>
    public void CountIntegrated() => Interlocked.Increment(ref _integrated);

    /// <summary>A frame came after one with a higher index.</summary>
    public void CountOutOfOrder() => Interlocked.Increment(ref _outOfOrder);

    /// <summary>What became of a frame.</summary>
    public void Count(FrameOutcome outcome) => Interlocked.Increment(ref _outcomes[(int)outcome]);

    /// <summary>How many cells are missing by now.</summary>
    public void SetMissing(long missing) => Interlocked.Exchange(ref _missing, missing);

    /// <summary>Goes on from the counters of another process; what is placed and missing is counted anew with the cells.</summary>
    public void GoOnFrom(in FrameCounters counters)
    {
        Interlocked.Exchange(ref _received, counters.Received);
        Interlocked.Exchange(ref _integrated, counters.Integrated);
        Interlocked.Exchange(ref _outOfOrder, counters.OutOfOrder);
        Set(FrameOutcome.Duplicate, counters.Duplicate);
        Set(FrameOutcome.Malformed, counters.Malformed);
        Set(FrameOutcome.Truncated, counters.Truncated);
        Set(FrameOutcome.WrongShape, counters.WrongShape);
        Set(FrameOutcome.ForeignSeries, counters.ForeignSeries);
        Set(FrameOutcome.OutsidePlan, counters.OutsidePlan);
        Set(FrameOutcome.BeforeHeader, counters.BeforeHeader);
    }

    /// <summary>The counters as they stand.</summary>
    public FrameCounters Read() => new()
    {
        Received = Interlocked.Read(ref _received),
        Integrated = Interlocked.Read(ref _integrated),
        Placed = Of(FrameOutcome.Accepted),
        Duplicate = Of(FrameOutcome.Duplicate),
        OutOfOrder = Interlocked.Read(ref _outOfOrder),
        Malformed = Of(FrameOutcome.Malformed),
        Truncated = Of(FrameOutcome.Truncated),
        WrongShape = Of(FrameOutcome.WrongShape),
        ForeignSeries = Of(FrameOutcome.ForeignSeries),
        OutsidePlan = Of(FrameOutcome.OutsidePlan),
        BeforeHeader = Of(FrameOutcome.BeforeHeader),
        Missing = Interlocked.Read(ref _missing),
    };

    private void Set(FrameOutcome outcome, long count) => Interlocked.Exchange(ref _outcomes[(int)outcome], count);

    private long Of(FrameOutcome outcome) => Interlocked.Read(ref _outcomes[(int)outcome]);
}
