using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// What the beamline told so far, and what of it belongs to a frame. What a frame gets does not change any more once it has it: the first
/// reading of an index stays, and times only grow.
/// </summary>
internal sealed class ReadingBook
{
    // Readings come at most a few times per frame; a stream that never ends must not take all memory.
    private const int MostPerFrame = 64;
    private const int MostBesides = 1 << 16;

    private readonly ReadingRule _rule;
    private readonly double[] _monitors;
    private readonly double[] _translations;
    private readonly double[] _rotations;
    private readonly double[] _transmissions;
    private readonly Track _monitor = new();
    private readonly Track _transmission = new();
    private readonly Track _translation = new();
    private readonly Track _rotation = new();
    private readonly int _most;

    public ReadingBook(ReadingRule rule, int frameCount)
    {
        _rule = rule;
        int indexed = rule.Key == ReadingKey.Index ? frameCount : 0;
        _monitors = Empty(indexed);
        _transmissions = Empty(indexed);
        _translations = Empty(indexed);
        _rotations = Empty(indexed);
        _most = (int)Math.Min(Array.MaxLength, ((long)MostPerFrame * frameCount) + MostBesides);
    }

    /// <summary>The latest time up to which all that frames need is told; 0 before.</summary>
    public long ToldUntil_ticks
    {
        get
        {
            long until = (_rule.Needs & ReadingQuantities.Monitor) != 0 ? _monitor.Last_ticks : long.MaxValue;
            until = (_rule.Needs & ReadingQuantities.Transmission) != 0 ? Math.Min(until, _transmission.Last_ticks) : until;
            until = (_rule.Needs & ReadingQuantities.Translation) != 0 ? Math.Min(until, _translation.Last_ticks) : until;
            return (_rule.Needs & ReadingQuantities.Rotation) != 0 ? Math.Min(until, _rotation.Last_ticks) : until;
        }
    }

    /// <summary>Takes a reading.</summary>
    /// <returns>Why it is of no use, one sentence; null where it was taken.</returns>
    public string? Add(in StageReading reading) => _rule.Key == ReadingKey.Index ? AddByIndex(reading) : AddByTime(reading);

    /// <summary>When the middle of a frame's exposure was, UTC ticks.</summary>
    public long Middle_ticks(in FrameHeader header) => header.AcquiredAt.UtcTicks - (_rule.Exposure.Ticks / 2);

    /// <summary>Fills in what a frame's own message does not tell.</summary>
    /// <param name="header">What its message tells; receives what the readings tell.</param>
    /// <returns>What it needs and has not got.</returns>
    public ReadingQuantities Complete(ref FrameHeader header)
    {
        double monitor = header.Monitor;
        double transmission = header.Transmission ?? double.NaN;
        double translation = header.Translation_mm ?? double.NaN;
        double rotation = header.Rotation_deg ?? double.NaN;
        if (_rule.Key == ReadingKey.Index)
        {
            int index = header.Index;
            monitor = double.IsNaN(monitor) ? _monitors[index] : monitor;
            transmission = double.IsNaN(transmission) ? _transmissions[index] : transmission;
            translation = double.IsNaN(translation) ? _translations[index] : translation;
            rotation = double.IsNaN(rotation) ? _rotations[index] : rotation;
        }
        else
        {
            long at = Middle_ticks(header);
            long gap = _rule.LargestGap.Ticks;
            monitor = double.IsNaN(monitor) ? _monitor.At(at, gap) : monitor;
            transmission = double.IsNaN(transmission) ? _transmission.At(at, gap) : transmission;
            translation = double.IsNaN(translation) ? _translation.At(at, gap) : translation;
            rotation = double.IsNaN(rotation) ? _rotation.At(at, gap) : rotation;
        }

        header = header with
        {
            Monitor = monitor,
            Transmission = double.IsNaN(transmission) ? null : transmission,
            Translation_mm = double.IsNaN(translation) ? null : translation,
            Rotation_deg = double.IsNaN(rotation) ? null : rotation,
        };
        ReadingQuantities missing = (double.IsNaN(monitor) ? ReadingQuantities.Monitor : 0)
            | (double.IsNaN(transmission) ? ReadingQuantities.Transmission : 0)
            | (double.IsNaN(translation) ? ReadingQuantities.Translation : 0)
            | (double.IsNaN(rotation) ? ReadingQuantities.Rotation : 0);
        return missing & _rule.Needs;
    }

    private static double[] Empty(int count)
    {
        double[] values = new double[count];
        values.AsSpan().Fill(double.NaN);
        return values;
    }

    private static bool TryPut(double[] values, int index, double value)
    {
        if (double.IsNaN(value))
        {
            return true;
        }

        bool isFirst = double.IsNaN(values[index]);
        values[index] = isFirst ? value : values[index];
        return isFirst;
    }

    private string? AddByIndex(in StageReading reading)
    {
        if (reading.Index is not int index)
        {
            return "a reading has no index, by which frames find it";
        }

        // Late readings of the scan before have the same indices.
        if (reading.SeriesId is null)
        {
            return $"a reading of frame {index} does not say of which series: without that it may be another scan's";
        }

        if (index < 0 || index >= _monitors.Length)
        {
            return $"a reading is of frame {index}, outside the scan plan of {_monitors.Length} cells";
        }

        bool isFirst = TryPut(_monitors, index, reading.Monitor)
            & TryPut(_transmissions, index, reading.Transmission)
            & TryPut(_translations, index, reading.Translation_mm)
            & TryPut(_rotations, index, reading.Rotation_deg);
        return isFirst ? null : $"a reading of frame {index} came twice: the first stays";
    }

    private string? AddByTime(in StageReading reading)
    {
        if (reading.At is not DateTimeOffset at)
        {
            return "a reading has no time, by which frames find it";
        }

        bool isLater = _monitor.TryAdd(at.UtcTicks, reading.Monitor, _most)
            & _transmission.TryAdd(at.UtcTicks, reading.Transmission, _most)
            & _translation.TryAdd(at.UtcTicks, reading.Translation_mm, _most)
            & _rotation.TryAdd(at.UtcTicks, reading.Rotation_deg, _most);
        return isLater ? null : $"a reading of {at:HH:mm:ss.fff} came after a later one, or after more than the {_most} that a scan may have: it is left out";
    }

    /// <summary>One quantity over time.</summary>
    private sealed class Track
    {
        private readonly List<long> _ticks = [];
        private readonly List<double> _values = [];

        public long Last_ticks => _ticks.Count == 0 ? 0 : _ticks[^1];

        public bool TryAdd(long ticks, double value, int most)
        {
            if (double.IsNaN(value))
            {
                return true;
            }

            if (ticks <= Last_ticks || _ticks.Count == most)
            {
                return false;
            }

            _ticks.Add(ticks);
            _values.Add(value);
            return true;
        }

        /// <summary>The straight line between the two readings about a time; NaN where there are not two, or too far apart.</summary>
        public double At(long ticks, long largestGap_ticks)
        {
            int found = _ticks.BinarySearch(ticks);
            if (found >= 0)
            {
                return _values[found];
            }

            int after = ~found;
            if (after == 0 || after == _ticks.Count || _ticks[after] - _ticks[after - 1] > largestGap_ticks)
            {
                return double.NaN;
            }

            double share = (double)(ticks - _ticks[after - 1]) / (_ticks[after] - _ticks[after - 1]);
            return _values[after - 1] + (share * (_values[after] - _values[after - 1]));
        }
    }
}
