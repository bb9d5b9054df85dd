using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Egress.Publishing;

/// <summary>The scan that is being published.</summary>
internal sealed class PublishedScan
{
    private readonly PatternMessage _message;
    private long _acquiredUtcTicks;

    public PublishedScan(string id, ScanDescription description, long memoryLimit_bytes, TimeProvider time)
    {
        Id = id;
        Description = description;
        _message = new PatternMessage(id, description.Plan, description.Axis.Unit, time);
        Patterns = new PatternHistory(
            description.Plan.CellCount,
            PatternMessage.MaximumLength(description.Axis.BinCount, description.Channels.Count),
            memoryLimit_bytes);
    }

    public string Id { get; }

    public ScanDescription Description { get; }

    public PatternHistory Patterns { get; }

    /// <summary>End of exposure of the newest frame; null before the first.</summary>
    public DateTimeOffset? AcquiredAt =>
        Volatile.Read(ref _acquiredUtcTicks) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    public void Add(in PlacedPattern pattern)
    {
        Patterns.Add(_message, pattern);

        // Frames overtake each other; the newest exposure counts. One thread writes.
        long acquired = pattern.Header.AcquiredAt.UtcTicks;
        Volatile.Write(ref _acquiredUtcTicks, Math.Max(_acquiredUtcTicks, acquired));
    }
}
