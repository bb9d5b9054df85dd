using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// What the beamline told so far of the quantities that frames need, and what of it belongs to a frame. Other quantities are not looked at, so
/// that no frame depends on whether they came before it. What a frame gets does not change any more once it has it: the first reading of an
/// index stays, and times only grow.
/// </summary>
internal sealed class ReadingBook
{
    // 268 MB a quantity: 46 hours at 100 Hz. A stream that never ends must not take all memory.
    private const int MostTimes = 1 << 24;

    private static readonly ReadingQuantities[] Quantities =
        [ReadingQuantities.Translation, ReadingQuantities.Rotation, ReadingQuantities.Monitor, ReadingQuantities.Transmission];

    private readonly ReadingRule _rule;
    private readonly int _frameCount;

    // By quantity; null where frames do not need it, or find it the other way.
    private readonly double[]?[] _byIndex;
    private readonly Track?[] _byTime;

    public ReadingBook(ReadingRule rule, int frameCount)
    {
        _rule = rule;
        _frameCount = frameCount;
        _byIndex = [.. Quantities.Select(q => Needs(q) && rule.Key == ReadingKey.Index ? Empty(frameCount) : null)];
        _byTime = [.. Quantities.Select(q => Needs(q) && rule.Key == ReadingKey.Time ? new Track() : null)];
    }

    /// <summary>The latest time up to which these quantities are told, UTC ticks; 0 before.</summary>
    public long ToldUntil_ticks(ReadingQuantities lacking)
    {
        long until = long.MaxValue;
        for (int q = 0; q < Quantities.Length; q++)
        {
            until = lacking.HasFlag(Quantities[q]) ? Math.Min(until, _byTime[q]?.Last_ticks ?? 0) : until;
        }

        return until;
    }

    /// <summary>When the middle of a frame's exposure was, UTC ticks.</summary>
    public long Middle_ticks(in FrameHeader header) => header.AcquiredAt.UtcTicks - (_rule.Exposure.Ticks / 2);

    /// <summary>Takes a reading.</summary>
    /// <returns>Why nothing of it is of use, one sentence; null where something was taken.</returns>
    public string? Add(in StageReading reading)
    {
        string? unknown = _rule.Key == ReadingKey.Index ? WhyNoFrame(reading)
            : reading.At is null ? "a reading has no time, by which frames find it"
            : null;
        if (unknown is not null)
        {
            return unknown;
        }

        bool isNeeded = false;
        bool isTaken = false;
        for (int q = 0; q < Quantities.Length; q++)
        {
            double value = ValueOf(reading, Quantities[q]);
            if (Needs(Quantities[q]) && !double.IsNaN(value))
            {
                isNeeded = true;
                isTaken |= _byIndex[q] is double[] values ? TryPut(ref values[reading.Index!.Value], value) : _byTime[q]!.TryAdd(reading.At!.Value.UtcTicks, value);
            }
        }

        return isTaken ? null
            : !isNeeded ? $"a reading tells nothing that frames wait for ({_rule.Needs.ToString().ToLowerInvariant()}): it is left out"
            : _rule.Key == ReadingKey.Index ? $"a reading of frame {reading.Index} came twice: the first stays"
            : $"a reading of {reading.At:HH:mm:ss.fff} came after a later one, or after more than the {MostTimes} that a scan may have: it is left out";
    }

    /// <summary>Fills in what a frame needs and its own message does not tell.</summary>
    /// <param name="header">What its message tells; receives what the readings tell.</param>
    /// <returns>What it needs and has not got.</returns>
    public ReadingQuantities Complete(ref FrameHeader header)
    {
        ReadingQuantities lacking = ReadingQuantities.None;
        for (int q = 0; q < Quantities.Length; q++)
        {
            if (!Needs(Quantities[q]) || !double.IsNaN(ValueOf(header, Quantities[q])))
            {
                continue;
            }

            double value = _byIndex[q] is double[] values ? values[header.Index] : _byTime[q]!.At(Middle_ticks(header), _rule.LargestGap.Ticks);
            if (double.IsNaN(value))
            {
                lacking |= Quantities[q];
            }
            else
            {
                header = With(header, Quantities[q], value);
            }
        }

        return lacking;
    }

    private static double[] Empty(int count)
    {
        double[] values = new double[count];
        values.AsSpan().Fill(double.NaN);
        return values;
    }

    private static bool TryPut(ref double place, double value)
    {
        bool isFirst = double.IsNaN(place);
        place = isFirst ? value : place;
        return isFirst;
    }

    private static double ValueOf(in StageReading reading, ReadingQuantities quantity) => quantity switch
    {
        ReadingQuantities.Translation => reading.Translation_mm,
        ReadingQuantities.Rotation => reading.Rotation_deg,
        ReadingQuantities.Monitor => reading.Monitor,
        _ => reading.Transmission,
    };

    private static double ValueOf(in FrameHeader header, ReadingQuantities quantity) => quantity switch
    {
        ReadingQuantities.Translation => header.Translation_mm ?? double.NaN,
        ReadingQuantities.Rotation => header.Rotation_deg ?? double.NaN,
        ReadingQuantities.Monitor => header.Monitor,
        _ => header.Transmission ?? double.NaN,
    };

    private static FrameHeader With(in FrameHeader header, ReadingQuantities quantity, double value) => quantity switch
    {
        ReadingQuantities.Translation => header with { Translation_mm = value },
        ReadingQuantities.Rotation => header with { Rotation_deg = value },
        ReadingQuantities.Monitor => header with { Monitor = value },
        _ => header with { Transmission = value },
    };

    private bool Needs(ReadingQuantities quantity) => _rule.Needs.HasFlag(quantity);

    private string? WhyNoFrame(in StageReading reading) => reading switch
    {
        { Index: null } => "a reading has no index, by which frames find it",

        // Late readings of the scan before have the same indices.
        { SeriesId: null } => $"a reading of frame {reading.Index} does not say of which series: without that it may be another scan's",
        _ when reading.Index < 0 || reading.Index >= _frameCount => $"a reading is of frame {reading.Index}, outside the scan plan of {_frameCount} cells",
        _ => null,
    };

    /// <summary>One quantity over time.</summary>
    private sealed class Track
    {
        private readonly List<long> _ticks = [];
        private readonly List<double> _values = [];

        public long Last_ticks => _ticks.Count == 0 ? 0 : _ticks[^1];

        public bool TryAdd(long ticks, double value)
        {
            if (ticks <= Last_ticks || _ticks.Count == MostTimes)
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
