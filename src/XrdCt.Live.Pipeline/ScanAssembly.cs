using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// The state that grows with a scan: the sinogram of patterns, the sinograms of the live channels, the mean pattern, and which
/// projections have changed since they were last reconstructed. One stage places; another reads under the lock.
/// </summary>
internal sealed class ScanAssembly
{
    // A cell counts as missing, and a line as closed, when a frame this many indices later has arrived: frames overtake each other by
    // a few in several workers, and by more in some senders.
    private const int Settling = 32;

    private readonly Lock _lock = new();
    private readonly LiveOptions _options;
    private readonly FrameTally _tally;
    private readonly Action<string>? _complain;
    private readonly ChannelExtractor _extractor;
    private readonly float[][] _channels;
    private readonly float[] _values;
    private readonly float[] _mean;
    private readonly float[] _current;
    private readonly float[] _sigma;
    private readonly double[] _signal;
    private readonly double[] _normalisation;
    private readonly double[] _variance;
    private readonly long[] _count;
    private readonly bool[] _placed;
    private readonly int[] _lineCount;
    private readonly bool[] _stale;
    private IPatternPublisher? _publisher;
    private int _closedLines;
    private int _settled;
    private long _missing;
    private int _highest = -1;
    private int _currentIndex = -1;

    public ScanAssembly(
        LiveOptions options, FrameTally tally, IPatternPublisher? publisher = null, Action<string>? complain = null)
    {
        _options = options;
        _tally = tally;
        _publisher = publisher;
        _complain = complain;
        int bins = options.Integration.Axis.BinCount;
        _extractor = new ChannelExtractor(options.Integration.Axis, options.Channels);
        Sinogram = new SinogramStack(options.Plan, bins);
        Monitor = Empty(options.Plan.CellCount);
        _channels = [.. options.Channels.Select(_ => Empty(options.Plan.CellCount))];
        _values = new float[options.Channels.Count];
        _mean = new float[bins];
        _current = Empty(bins);
        _sigma = new float[bins];
        _signal = new double[bins];
        _normalisation = new double[bins];
        _variance = new double[bins];
        _count = new long[bins];
        _placed = new bool[options.Plan.CellCount];
        _lineCount = new int[options.Plan.LineCount];
        _stale = new bool[options.Plan.RotationCount];
    }

    public SinogramStack Sinogram { get; }

    /// <summary>Monitor as it came, per cell; NaN where unmeasured or not told.</summary>
    public float[] Monitor { get; }

    /// <summary>Positions as the stream told them; null while it told none.</summary>
    public RecordedPositions? Positions { get; private set; }

    /// <summary>Monitor value at which intensities are left as they are; NaN where nothing was divided.</summary>
    public double MonitorReference { get; private set; } = double.NaN;

    /// <summary>Puts a pattern into its cell.</summary>
    /// <returns>True when a projection can be reconstructed (again).</returns>
    public bool Place(DiffractionPattern pattern)
    {
        if (pattern.Outcome != FrameOutcome.Accepted)
        {
            _tally.Count(pattern.Outcome);
            return false;
        }

        int index = pattern.Header.Index;
        ScanCell cell = _options.Plan.CellOf(index);
        double monitor;
        bool ready;
        lock (_lock)
        {
            if (!Sinogram.TryClaim(cell))
            {
                _tally.Count(FrameOutcome.Duplicate);
                return false;
            }

            monitor = Divisor(pattern.Header.Monitor);
            WriteIntensities(pattern, monitor, Sinogram.Pattern(cell));
            int offset = Sinogram.Offset(cell);
            Monitor[offset] = (float)pattern.Header.Monitor;
            NotePosition(pattern.Header, offset);
            _extractor.Extract(Sinogram.Pattern(cell), _mean, _values);
            for (int c = 0; c < _channels.Length; c++)
            {
                _channels[c][offset] = _values[c];
            }

            Accumulate(pattern, monitor);
            Sinogram.Pattern(cell).CopyTo(_current);
            _currentIndex = index;
            _tally.Count(FrameOutcome.Accepted);
            ready = Settle(index, cell);
        }

        // Only this stage writes: what is lent here cannot change before the publisher has copied it.
        Publish(pattern, cell, monitor);
        return ready;
    }

    /// <summary>Declares every empty cell missing and every measured projection ready: nothing more will come.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _tally.SetMissing(_options.Plan.CellCount - Sinogram.MeasuredCount);
            while (_closedLines < _options.Plan.LineCount)
            {
                CloseLine(_closedLines++);
            }
        }
    }

    /// <summary>Frames whose cells are empty, in order.</summary>
    public IReadOnlyList<FrameRange> Missing()
    {
        List<FrameRange> missing = [];
        lock (_lock)
        {
            int first = -1;
            for (int i = 0; i <= _options.Plan.CellCount; i++)
            {
                bool isEmpty = i < _options.Plan.CellCount && !Sinogram.Measured[Sinogram.Offset(_options.Plan.CellOf(i))];
                if (isEmpty && first < 0)
                {
                    first = i;
                }
                else if (!isEmpty && first >= 0)
                {
                    missing.Add(new FrameRange(first, i - 1));
                    first = -1;
                }
            }
        }

        return missing;
    }

    /// <summary>Takes the rotations whose projections are to be reconstructed (again).</summary>
    public int[] TakeStale()
    {
        lock (_lock)
        {
            int[] stale = [.. Enumerable.Range(0, _stale.Length).Where(r => _stale[r])];
            Array.Clear(_stale);
            return stale;
        }
    }

    /// <summary>Copies one channel's projection, gaps bridged.</summary>
    /// <returns>How many of its samples were measured.</returns>
    public int Projection(int channel, int rotation, Span<float> bridged)
    {
        int length = _options.Plan.TranslationCount;
        lock (_lock)
        {
            return ProjectionGaps.Bridge(_channels[channel].AsSpan(rotation * length, length), bridged);
        }
    }

    /// <summary>A copy of a channel's sinogram.</summary>
    public SinogramMap SinogramOf(int channel)
    {
        lock (_lock)
        {
            return new SinogramMap(
                _options.Channels[channel].Name,
                _options.Plan.RotationCount,
                _options.Plan.TranslationCount,
                [.. _channels[channel]]);
        }
    }

    /// <summary>The newest and the mean pattern; null before the first.</summary>
    public PatternView? Patterns()
    {
        lock (_lock)
        {
            if (_currentIndex < 0)
            {
                return null;
            }

            float[] mean = new float[_signal.Length];
            for (int b = 0; b < mean.Length; b++)
            {
                mean[b] = _normalisation[b] > 0 ? (float)(_signal[b] / _normalisation[b]) : float.NaN;
            }

            return new PatternView(_currentIndex, [.. _current], mean);
        }
    }

    /// <summary>The mean pattern with its uncertainty.</summary>
    public MeanPattern Mean()
    {
        lock (_lock)
        {
            int bins = _signal.Length;
            double[] intensity = new double[bins];
            double[] sigma = new double[bins];
            for (int b = 0; b < bins; b++)
            {
                bool filled = _normalisation[b] > 0;
                intensity[b] = filled ? _signal[b] / _normalisation[b] : double.NaN;
                sigma[b] = filled ? Math.Sqrt(_variance[b]) / _normalisation[b] : double.NaN;
            }

            return new MeanPattern(intensity, sigma, [.. _count]);
        }
    }

    private static float[] Empty(int length)
    {
        float[] values = new float[length];
        Array.Fill(values, float.NaN);
        return values;
    }

    // Made when the first position comes: most streams tell none.
    private void NotePosition(in FrameHeader header, int offset)
    {
        if (header.Translation_mm is null && header.Rotation_deg is null)
        {
            return;
        }

        if (Positions is null)
        {
            double[] translations = new double[Monitor.Length];
            double[] rotations = new double[Monitor.Length];
            translations.AsSpan().Fill(double.NaN);
            rotations.AsSpan().Fill(double.NaN);
            Positions = new RecordedPositions(translations, rotations);
        }

        Positions.Translation_mm[offset] = header.Translation_mm ?? double.NaN;
        Positions.Rotation_deg[offset] = header.Rotation_deg ?? double.NaN;
    }

    // Intensities stay near counts: the reference is the power of ten next to the first monitor value that came, and stands in the file.
    private double Divisor(double monitor)
    {
        if (!_options.NormaliseToMonitor || !(monitor > 0) || !double.IsFinite(monitor))
        {
            return 1;
        }

        if (double.IsNaN(MonitorReference))
        {
            MonitorReference = Math.Pow(10, Math.Round(Math.Log10(monitor)));
        }

        return monitor / MonitorReference;
    }

    private void WriteIntensities(DiffractionPattern pattern, double monitor, Span<float> intensities)
    {
        for (int b = 0; b < intensities.Length; b++)
        {
            intensities[b] = (float)(pattern.Intensity(b) / monitor);
            _mean[b] = (float)(pattern.Mean[b] / monitor);
        }
    }

    // Publishing is a service to others: its failure is told and ends it, and the scan goes on.
    private void Publish(DiffractionPattern pattern, ScanCell cell, double monitor)
    {
        if (_publisher is null)
        {
            return;
        }

        for (int b = 0; b < _sigma.Length; b++)
        {
            _sigma[b] = (float)(pattern.Sigma(b) / monitor);
        }

        try
        {
            _publisher.Publish(new PlacedPattern
            {
                Header = pattern.Header,
                Cell = cell,
                MonitorDivisor = monitor,
                Intensity = Sinogram.Pattern(cell),
                Sigma = _sigma,
                Count = pattern.Count,
                ChannelValues = _values,
            });
        }
        catch (Exception e)
        {
            _publisher = null;
            _complain?.Invoke($"patterns are no longer published, from frame {pattern.Header.Index} on: {e.Message}");
        }
    }

    private void Accumulate(DiffractionPattern pattern, double monitor)
    {
        for (int b = 0; b < _signal.Length; b++)
        {
            _signal[b] += pattern.Signal[b];
            _normalisation[b] += pattern.Normalisation[b] * monitor;
            _variance[b] += pattern.Variance[b];
            _count[b] += pattern.Count[b];
        }
    }

    private bool Settle(int index, ScanCell cell)
    {
        _placed[index] = true;
        int line = index / _options.Plan.LineLength;
        _lineCount[line]++;
        _highest = Math.Max(_highest, index);
        if (index < _settled)
        {
            _missing--;
        }

        for (; _settled < _highest - Settling; _settled++)
        {
            _missing += _placed[_settled] ? 0 : 1;
        }

        _tally.SetMissing(_missing);
        bool ready = line < _closedLines;
        if (ready)
        {
            _stale[cell.Rotation] = true;
        }

        while (_closedLines < _options.Plan.LineCount && IsOver(_closedLines))
        {
            CloseLine(_closedLines++);
            ready = true;
        }

        return ready;
    }

    private bool IsOver(int line) => _lineCount[line] == _options.Plan.LineLength
        || _highest >= ((long)(line + 1) * _options.Plan.LineLength) + Settling;

    private void CloseLine(int line)
    {
        if (_options.Plan.Path.LinesRunOverRotations)
        {
            Array.Fill(_stale, true);
        }
        else
        {
            _stale[_options.Plan.CellOf(line * _options.Plan.LineLength).Rotation] = true;
        }
    }
}
