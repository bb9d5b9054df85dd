namespace XrdCt.Live.Ingest.Streams;

/// <summary>
/// Dates the stamps of a detector whose clock has an unknown origin. The frame that came fastest after its exposure sets the origin, so
/// a date is late by that shortest way and no more: differences between frames are the detector's own. A stamp that stands still, as
/// simulators send it, says nothing.
/// </summary>
internal struct DetectorClock
{
    // A stamp further off than this belongs to another counting (the clock was reset): the origin is set anew.
    private static readonly TimeSpan LargestStep = TimeSpan.FromHours(1);

    private TimeSpan? _origin;
    private TimeSpan? _last;

    /// <summary>Forgets the origin; for a new series.</summary>
    public void Reset()
    {
        _origin = null;
        _last = null;
    }

    /// <summary>Date of a stamp.</summary>
    /// <param name="stamp">Time on the detector's clock.</param>
    /// <param name="receivedAt">When the message with it came.</param>
    public DateTimeOffset Date(TimeSpan stamp, DateTimeOffset receivedAt)
    {
        bool isStanding = stamp == _last;
        _last = stamp;
        if (isStanding)
        {
            return receivedAt;
        }

        // Counted from year 1, so that no stamp leads to a date before it.
        TimeSpan origin = TimeSpan.FromTicks(receivedAt.UtcTicks) - stamp;
        if (_origin is not { } known || origin < known || origin - known > LargestStep)
        {
            _origin = origin;
        }

        long ticks = (_origin!.Value + stamp).Ticks;
        return new DateTimeOffset(Math.Clamp(ticks, 0, receivedAt.UtcTicks), TimeSpan.Zero);
    }
}
