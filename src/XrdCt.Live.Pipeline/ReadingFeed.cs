using System.Globalization;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// One stream of readings, lent to scan after scan: it stays open between them, and what is told before a scan has begun, or of the next
/// one, waits for it. Used by one thread at a time.
/// </summary>
/// <param name="open">Opens the stream; called at the first use.</param>
public sealed class ReadingFeed(Func<IReadingSource> open) : IDisposable
{
    // Four minutes at 250 Hz. Of what is told by its time the oldest is let go then; what is told by its index is refused.
    private const int MostEarly = 1 << 16;

    private readonly Queue<StageReading> _early = new();
    private readonly Queue<StageReading> _toldByTime = new();
    private IReadingSource? _source;
    private int _unseen;

    /// <summary>A scan begins: what came early is looked at again.</summary>
    public void BeginScan()
    {
        _source ??= open();
        _unseen = _early.Count;
        _toldByTime.Clear();
    }

    /// <summary>A scan is over.</summary>
    /// <param name="shared_ticks">Readings from this time on, UTC ticks, are told the next scan too: they lie about its first frames.</param>
    public void EndScan(long shared_ticks)
    {
        StageReading[] later = [.. _early];
        _early.Clear();
        foreach (StageReading reading in _toldByTime.Where(r => r.At?.UtcTicks >= shared_ticks).Concat(later))
        {
            Keep(reading);
        }
    }

    /// <summary>Between two scans: takes what has come, so that nobody's socket fills up.</summary>
    public void Drain()
    {
        _source ??= open();
        while (_source.TryReceive(TimeSpan.Zero, out StageReading reading, out string? refusal) || refusal is not null)
        {
            if (refusal is null)
            {
                Keep(reading);
            }
        }
    }

    /// <summary>Waits for the next reading of a scan.</summary>
    /// <param name="series">The scan's series; null while it is not known, and readings are kept for it.</param>
    /// <param name="slices">Which of the readings of a series that holds several slices are the scan's, by their index; null where their time
    /// tells.</param>
    /// <param name="timeout">Longest wait.</param>
    /// <param name="reading">The reading.</param>
    /// <param name="refusal">Why what came is none, or none of this scan; null otherwise.</param>
    /// <returns>Whether there is one.</returns>
    internal bool TryNext(long? series, SliceGate? slices, TimeSpan timeout, out StageReading reading, out string? refusal)
    {
        refusal = null;
        if (series is long running)
        {
            while (_unseen > 0)
            {
                _unseen--;
                reading = _early.Dequeue();
                if (Judge(ref reading, running, slices, out refusal))
                {
                    return true;
                }
            }
        }

        if (refusal is not null || !_source!.TryReceive(timeout, out reading, out refusal))
        {
            reading = default;
            return false;
        }

        if (series is long known)
        {
            return Judge(ref reading, known, slices, out refusal);
        }

        refusal = Keep(reading);
        _unseen = _early.Count;
        return false;
    }

    /// <summary>Closes the stream.</summary>
    public void Dispose() => _source?.Dispose();

    private bool Judge(ref StageReading reading, long series, SliceGate? slices, out string? refusal)
    {
        refusal = null;
        if (reading.SeriesId is not long told || told == series)
        {
            return IsOfSlice(ref reading, slices, out refusal);
        }

        // Series count upwards; a detector that was restarted counts anew, and its first readings wait in vain.
        refusal = told > series
            ? Keep(reading)
            : string.Create(CultureInfo.InvariantCulture, $"positions or monitor values of series {told} came during series {series}: they are left out");
        return false;
    }

    private bool IsOfSlice(ref StageReading reading, SliceGate? slices, out string? refusal)
    {
        refusal = null;
        if (slices is null || reading.Index is not int index)
        {
            if (_toldByTime.Count == MostEarly)
            {
                _toldByTime.Dequeue();
            }

            _toldByTime.Enqueue(reading);
            return true;
        }

        int place = slices.Compare(index);
        if (place > 0)
        {
            refusal = Keep(reading);
        }
        else if (place < 0)
        {
            refusal = string.Create(CultureInfo.InvariantCulture, $"a reading of frame {index} came when its slice was over: it is left out");
        }

        reading = reading with { Index = slices.IndexInSlice(index) };
        return place == 0;
    }

    // Why it cannot be kept; null where it is.
    private string? Keep(in StageReading reading)
    {
        if (_early.Count == MostEarly)
        {
            if (reading.Index is not null)
            {
                return $"more than {MostEarly} readings came before their scan: a later one is left out";
            }

            _early.Dequeue();
            _unseen = Math.Max(0, _unseen - 1);
        }

        _early.Enqueue(reading);
        return null;
    }
}
