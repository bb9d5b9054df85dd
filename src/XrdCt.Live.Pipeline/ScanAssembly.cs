using System.Globalization;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// The state that grows with a scan: the sinogram of patterns, the sinograms of the live channels, the mean pattern, and which
/// projections have changed since they were last reconstructed. One stage places; another reads under the lock. After
/// <see cref="Close"/> it is a function of the set of rows that were placed, to the last bit: their order leaves no trace.
/// </summary>
internal sealed class ScanAssembly
{
    // A cell counts as missing, and a line as closed, when a frame this many indices later has arrived: frames overtake each other by
    // a few in several workers, and by more in some senders.
    private const int Settling = 32;

    private readonly Lock _lock = new();
    private readonly ScanSettings _settings;
    private readonly FrameTally _tally;
    private readonly Action<string>? _complain;
    private readonly ChannelExtractor _extractor;
    private readonly JournalledPattern _row;
    private readonly float[][] _channels;
    private readonly double[] _monitors;
    private readonly float[] _values;
    private readonly float[] _current;
    private readonly float[] _sigma;
    private readonly double[] _weightedSum;
    private readonly double[] _weight;
    private readonly double[] _variance;
    private readonly long[] _count;
    private readonly bool[] _placed;
    private readonly int[] _lineCount;
    private readonly bool[] _stale;
    private readonly long[] _versions;
    private readonly bool[] _changed;

    // What waits for a position or a monitor value lies in its cell as it came, and is left out of everything else until it has them.
    private readonly ReadingRule? _rule;
    private readonly ReadingBook? _book;
    private readonly bool[] _held;
    private readonly Dictionary<int, FrameHeader> _waiting = [];
    private readonly Dictionary<ReadingQuantities, PriorityQueue<int, long>> _waitingByTime = [];
    private readonly PositionGrid? _grid;
    private int _givenUp;
    private int _unmatched;
    private int _offGrid;
    private IPatternPublisher? _publisher;
    private int _closedLines;
    private int _settled;
    private long _missing;
    private int _highest = -1;
    private int _currentIndex = -1;
    private int _referenceIndex = int.MaxValue;
    private double _referenceMonitor = double.NaN;

    public ScanAssembly(
        ScanSettings settings, FrameTally tally, IPatternPublisher? publisher = null, Action<string>? complain = null)
    {
        _settings = settings;
        _tally = tally;
        _publisher = publisher;
        _complain = complain;
        ScanPlan plan = settings.Description.Plan;
        RadialAxis axis = settings.Description.Axis;
        IReadOnlyList<LiveChannel> channels = settings.Description.Channels;
        int bins = axis.BinCount;
        _extractor = new ChannelExtractor(axis, channels);
        _row = new JournalledPattern(bins, channels.Count);
        Sinogram = new SinogramStack(plan, bins);
        Monitor = Empty(plan.CellCount);
        _monitors = new double[plan.CellCount];
        _channels = [.. channels.Select(_ => Empty(plan.CellCount))];
        _values = new float[channels.Count];
        _current = Empty(bins);
        _sigma = new float[bins];
        _weightedSum = new double[bins];
        _weight = new double[bins];
        _variance = new double[bins];
        _count = new long[bins];
        _placed = new bool[plan.CellCount];
        _lineCount = new int[plan.LineCount];
        _stale = new bool[plan.RotationCount];
        _versions = new long[plan.RotationCount];
        _changed = new bool[plan.CellCount];
        _held = new bool[plan.CellCount];
        _grid = plan.Path.Order == ScanOrder.Positions ? new PositionGrid(plan, plan.CellCount) : null;
        _rule = RuleOf(settings);
        _book = _rule is null ? null : new ReadingBook(_rule, plan.CellCount);
    }

    /// <summary>Intensities and variances, divided by monitor / <see cref="MonitorReference"/>.</summary>
    public SinogramStack Sinogram { get; }

    /// <summary>The plan by which the cells are filled: that of the settings, unless the data say otherwise (<see cref="TurnOddLines"/>).</summary>
    public ScanPlan Plan => Sinogram.Plan;

    /// <summary>Monitor as it came, per cell; NaN where unmeasured or not told.</summary>
    public float[] Monitor { get; }

    /// <summary>Transmission as it came, per cell; NaN where unmeasured or not told; null while the stream told none.</summary>
    public float[]? Transmission { get; private set; }

    /// <summary>Positions as the stream told them; null while it told none.</summary>
    public RecordedPositions? Positions { get; private set; }

    /// <summary>
    /// Monitor value at which intensities are left as they are, a power of two; NaN where nothing was divided. Until <see cref="Close"/>
    /// that of the first frame that came, after it that of the first frame of the scan.
    /// </summary>
    public double MonitorReference { get; private set; } = double.NaN;

    /// <summary>Puts a pattern into its cell.</summary>
    /// <returns>True when a projection can be reconstructed (again).</returns>
    public bool Place(DiffractionPattern pattern) => Place(pattern, _row, out _);

    /// <summary>Makes the row of a pattern and places it.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="row">Is filled, whatever becomes of the pattern.</param>
    /// <param name="isPlaced">Whether the row is now part of the scan.</param>
    /// <returns>True when a projection can be reconstructed (again).</returns>
    public bool Place(DiffractionPattern pattern, JournalledPattern row, out bool isPlaced)
    {
        isPlaced = false;
        if (pattern.Outcome != FrameOutcome.Accepted)
        {
            _tally.Count(pattern.Outcome);
            return false;
        }

        Fill(row, pattern);
        return Place(row, out isPlaced);
    }

    /// <summary>Places a row, which may come from a journal.</summary>
    /// <param name="row">The row; its index lies in the plan.</param>
    /// <param name="isPlaced">Whether it is now part of the scan; false where its cell is filled.</param>
    /// <returns>True when a projection can be reconstructed (again).</returns>
    public bool Place(JournalledPattern row, out bool isPlaced)
    {
        double divisor;
        bool ready;
        lock (_lock)
        {
            // A journal's row may have been placed when every other line was still thought to run the other way.
            ScanCell cell = row.Cell = Plan.CellOf(row.Header.Index);
            isPlaced = Sinogram.TryClaim(cell);
            if (!isPlaced)
            {
                _tally.Count(FrameOutcome.Duplicate);
                return false;
            }

            int offset = Sinogram.Offset(cell);
            FrameHeader header = row.Header;
            ReadingQuantities lacking = _book?.Complete(ref header) ?? ReadingQuantities.None;
            bool isHeld = lacking != ReadingQuantities.None;
            if (isHeld)
            {
                Hold(row.Header, lacking, offset);
            }
            else
            {
                Note(header, offset);
                PutOnGrid(header);
                _changed[offset] = true;
            }

            divisor = Divisor(offset);
            Divide(row.Intensity, divisor, Sinogram.Pattern(cell));
            Divide(row.Variance, divisor * divisor, Sinogram.Variance(cell));
            Divide(row.ChannelValues, divisor, _values);
            for (int c = 0; c < _channels.Length; c++)
            {
                _channels[c][offset] = _values[c];
            }

            if (!isHeld)
            {
                Accumulate(cell);
            }

            for (int b = 0; b < _count.Length; b++)
            {
                _count[b] += row.Count[b];
            }

            Sinogram.Pattern(cell).CopyTo(_current);
            ReadOnlySpan<float> variance = Sinogram.Variance(cell);
            for (int b = 0; b < _sigma.Length; b++)
            {
                _sigma[b] = MathF.Sqrt(variance[b]);
            }

            _currentIndex = row.Header.Index;
            _tally.Count(FrameOutcome.Accepted);
            ready = Settle(row.Header.Index, cell);
        }

        // Only this stage writes what is lent here. The cell itself may be another by now, where every other line was turned meanwhile.
        Publish(row, divisor);
        return ready;
    }

    /// <summary>Takes what the beamline tells besides the frames.</summary>
    /// <param name="reading">The reading.</param>
    /// <param name="refusal">Why it is of no use, one sentence; null where it was taken.</param>
    /// <returns>True when a projection can be reconstructed (again).</returns>
    public bool Tell(in StageReading reading, out string? refusal)
    {
        bool ready = false;
        lock (_lock)
        {
            refusal = _book is null ? "nobody waits for readings" : _book.Add(reading);
            if (_rule is { Key: ReadingKey.Index })
            {
                return refusal is null && _waiting.TryGetValue(reading.Index!.Value, out FrameHeader waiting) && TryRelease(waiting);
            }

            // By what frames lack: what one waits for in vain must not hold the others up.
            foreach ((ReadingQuantities lacking, PriorityQueue<int, long> frames) in _waitingByTime)
            {
                long told_ticks = _book!.ToldUntil_ticks(lacking);
                while (frames.TryPeek(out int index, out long middle_ticks) && middle_ticks <= told_ticks)
                {
                    frames.Dequeue();
                    ready |= TryRelease(_waiting[index]);

                    // All that could be told of its time is told.
                    _givenUp += _waiting.ContainsKey(index) ? 1 : 0;
                }
            }
        }

        return ready;
    }

    /// <summary>What is wrong with the recorded positions, where the index decides; empty where nothing is.</summary>
    public string PositionRemark()
    {
        lock (_lock)
        {
            return Positions is null || _grid is not null ? "" : PositionCheck.Compare(Plan, Positions.Translation_mm);
        }
    }

    /// <summary>Frames that wait for a position or a monitor value.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count - _givenUp;
            }
        }
    }

    /// <summary>After <see cref="Close"/>: frames that never got the position or monitor value they needed.</summary>
    public int UnmatchedCount => _unmatched;

    /// <summary>Frames that were taken outside the grid of the plan, where positions decide.</summary>
    public int OffGridCount => _offGrid;

    /// <summary>After <see cref="Close"/>: which cells (frames, where positions decide) those are, [rotation, translation]; null where there is none.</summary>
    public bool[]? Unmatched => _unmatched > 0 ? [.. _held] : null;

    /// <summary>How the frames make the cells, where positions decide; null where the index does.</summary>
    public Regridding? Regridding
    {
        get
        {
            lock (_lock)
            {
                return _grid?.ToRegridding();
            }
        }
    }

    /// <summary>
    /// Nothing more will come: declares every empty cell missing and every measured projection ready, settles the monitor reference, and
    /// sums the mean pattern anew in the order of the frames.
    /// </summary>
    public void Close()
    {
        lock (_lock)
        {
            _tally.SetMissing(Plan.CellCount - Sinogram.MeasuredCount);
            while (_closedLines < Plan.LineCount)
            {
                CloseLine(_closedLines++);
            }

            foreach (FrameHeader left in _waiting.Values.ToArray())
            {
                TryRelease(left);
            }

            _unmatched = _waiting.Count;
            foreach (FrameHeader left in _waiting.Values)
            {
                // What is known of it all the same; it stays held.
                FrameHeader header = left;
                _book!.Complete(ref header);
                Note(header, Sinogram.Offset(Plan.CellOf(header.Index)));
                DivideInPlace(Plan.CellOf(header.Index));
            }

            _waiting.Clear();
            _waitingByTime.Clear();
            SettleReference();
            Array.Clear(_weightedSum);
            Array.Clear(_weight);
            Array.Clear(_variance);
            for (int i = 0; i < Plan.CellCount; i++)
            {
                if (_placed[i] && !_held[Sinogram.Offset(Plan.CellOf(i))])
                {
                    Accumulate(Plan.CellOf(i));
                }
            }
        }
    }

    /// <summary>Turns every other line about its middle: the stage ran otherwise than the plan says. All projections are stale then.</summary>
    public void TurnOddLines()
    {
        lock (_lock)
        {
            Sinogram.TurnOddLines(Exchange);
            MarkBegunStale();
        }
    }

    /// <summary>Declares every projection stale of which there is a whole line.</summary>
    public void MakeStale()
    {
        lock (_lock)
        {
            MarkBegunStale();
        }
    }

    /// <summary>Declares that every cell has changed, as far as <see cref="TakeChanged"/> is concerned.</summary>
    public void MarkAllChanged()
    {
        lock (_lock)
        {
            Array.Fill(_changed, true);
        }
    }

    /// <summary>Copies one of the cells that have changed since they were last taken. One that waits for a reading is empty until it has it.</summary>
    /// <param name="copy">Receives it.</param>
    /// <returns>False where none has.</returns>
    public bool TakeChanged(PlacedCell copy)
    {
        lock (_lock)
        {
            int offset = _changed.AsSpan().IndexOf(true);
            if (offset < 0)
            {
                return false;
            }

            _changed[offset] = false;
            var cell = new ScanCell(offset / Plan.TranslationCount, offset % Plan.TranslationCount);
            copy.Cell = cell;
            copy.IsMeasured = Sinogram.Measured[offset] && !Waits(offset);
            Sinogram.Pattern(cell).CopyTo(copy.Intensity);
            if (!copy.IsMeasured)
            {
                copy.Intensity.Fill(float.NaN);
            }

            copy.Monitor = Monitor[offset];
            copy.Translation_mm = Positions?.Translation_mm[offset] ?? double.NaN;
            copy.Rotation_deg = Positions?.Rotation_deg[offset] ?? double.NaN;
            return true;
        }
    }

    /// <summary>Lines to which nothing more is expected to come.</summary>
    public int ClosedLines
    {
        get
        {
            lock (_lock)
            {
                return _closedLines;
            }
        }
    }

    /// <summary>Whether a frame is in its cell.</summary>
    public bool IsPlaced(int index)
    {
        lock (_lock)
        {
            return _placed[index];
        }
    }

    /// <summary>Frames whose cells are empty, in order.</summary>
    public IReadOnlyList<FrameRange> Missing()
    {
        List<FrameRange> missing = [];
        lock (_lock)
        {
            int first = -1;
            for (int i = 0; i <= Plan.CellCount; i++)
            {
                bool isEmpty = i < Plan.CellCount && !Sinogram.Measured[Sinogram.Offset(Plan.CellOf(i))];
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

    /// <summary>
    /// How the cells stand: which are of use, and a number for each projection that grows with every change that makes it worth to be
    /// reconstructed (again); 0 before it is worth it at all.
    /// </summary>
    public (bool[] Usable, long[] Versions) Standing()
    {
        lock (_lock)
        {
            bool[] usable = [.. Sinogram.Measured];
            for (int i = 0; i < usable.Length; i++)
            {
                usable[i] &= !_held[i];
            }

            return (usable, [.. _versions]);
        }
    }

    /// <summary>
    /// Variances of the total intensity of each cell, the sums of those of its bins, [rotation, translation]; NaN where nothing is of use. Null where
    /// cells are mixtures of frames, or the channel does not add all bins up.
    /// </summary>
    /// <param name="channel">The channel.</param>
    public float[]? TotalVariance(int channel)
    {
        LiveChannel total = _settings.Description.Channels[channel];
        RadialAxis axis = _settings.Description.Axis;
        if (_grid is not null || total.Lower > axis.Centres[0] || total.Upper < axis.Centres[^1])
        {
            return null;
        }

        // Without the lock: what comes meanwhile is not looked at.
        bool[] usable = Standing().Usable;
        float[] variances = new float[usable.Length];
        for (int i = 0; i < usable.Length; i++)
        {
            variances[i] = float.NaN;
            if (usable[i])
            {
                double sum = 0;
                foreach (float variance in Sinogram.Variances.AsSpan(i * Sinogram.BinCount, Sinogram.BinCount))
                {
                    sum += float.IsFinite(variance) ? variance : 0;
                }

                variances[i] = (float)sum;
            }
        }

        return variances;
    }

    /// <summary>The sums of some bins of each cell, [rotation, translation]; NaN where nothing is of use. Null where cells are mixtures of frames.</summary>
    /// <param name="bins">Which bins.</param>
    public float[]? SumOf(IReadOnlyList<bool> bins)
    {
        if (_grid is not null)
        {
            return null;
        }

        bool[] taken = [.. bins];
        bool[] usable = Standing().Usable;
        float[] sums = new float[usable.Length];
        for (int i = 0; i < usable.Length; i++)
        {
            double sum = 0;
            ReadOnlySpan<float> pattern = Sinogram.Values.AsSpan(i * Sinogram.BinCount, Sinogram.BinCount);
            for (int b = 0; usable[i] && b < taken.Length; b++)
            {
                sum += taken[b] && !float.IsNaN(pattern[b]) ? pattern[b] : 0;
            }

            sums[i] = usable[i] ? (float)sum : float.NaN;
        }

        return sums;
    }

    /// <summary>A copy of a channel's sinogram.</summary>
    public SinogramMap SinogramOf(int channel)
    {
        lock (_lock)
        {
            float[] values = [.. _channels[channel]];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = _held[i] ? float.NaN : values[i];
            }

            return new SinogramMap(
                _settings.Description.Channels[channel].Name,
                Plan.RotationCount,
                Plan.TranslationCount,
                _grid is null ? values : _grid.ToRegridding().Mix(values));
        }
    }

    /// <summary>What is known of the cells now: copies, with the total intensity and the spottiness as live channels have them.</summary>
    /// <param name="total">The channel that stands for the total intensity.</param>
    /// <param name="spottiness">The channel of the spottiness; null where none is.</param>
    public CellMaps Maps(int total, int? spottiness)
    {
        lock (_lock)
        {
            return new CellMaps(
                Plan,
                SinogramOf(total).Values,
                [.. Monitor],
                Transmission is null ? null : [.. Transmission],
                spottiness is int channel ? SinogramOf(channel).Values : null);
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

            float[] mean = new float[_weight.Length];
            for (int b = 0; b < mean.Length; b++)
            {
                mean[b] = _weight[b] > 0 ? (float)(_weightedSum[b] / _weight[b]) : float.NaN;
            }

            return new PatternView(_currentIndex, [.. _current], mean);
        }
    }

    /// <summary>The mean pattern with its uncertainty.</summary>
    public MeanPattern Mean()
    {
        lock (_lock)
        {
            int bins = _weight.Length;
            double[] intensity = new double[bins];
            double[] sigma = new double[bins];
            for (int b = 0; b < bins; b++)
            {
                bool filled = _weight[b] > 0;
                intensity[b] = filled ? _weightedSum[b] / _weight[b] : double.NaN;
                sigma[b] = filled ? Math.Sqrt(_variance[b]) / _weight[b] : double.NaN;
            }

            return new MeanPattern(intensity, sigma, [.. _count]);
        }
    }

    private void Exchange(int one, int other)
    {
        _changed[one] = _changed[other] = true;
        foreach (float[] channel in _channels)
        {
            (channel[one], channel[other]) = (channel[other], channel[one]);
        }

        (Monitor[one], Monitor[other]) = (Monitor[other], Monitor[one]);
        (_monitors[one], _monitors[other]) = (_monitors[other], _monitors[one]);
        (_held[one], _held[other]) = (_held[other], _held[one]);
        if (Transmission is not null)
        {
            (Transmission[one], Transmission[other]) = (Transmission[other], Transmission[one]);
        }

        if (Positions is not null)
        {
            (Positions.Translation_mm[one], Positions.Translation_mm[other]) = (Positions.Translation_mm[other], Positions.Translation_mm[one]);
            (Positions.Rotation_deg[one], Positions.Rotation_deg[other]) = (Positions.Rotation_deg[other], Positions.Rotation_deg[one]);
        }
    }

    private static float[] Empty(int length)
    {
        float[] values = new float[length];
        Array.Fill(values, float.NaN);
        return values;
    }

    // Once all is over, nothing waits any more: what is held still is saved as it came.
    private bool Waits(int offset) => _held[offset] && _waiting.Count > 0;

    private void Hold(in FrameHeader header, ReadingQuantities lacking, int offset)
    {
        _held[offset] = true;
        _monitors[offset] = double.NaN;
        _waiting.Add(header.Index, header);
        if (_rule!.Key == ReadingKey.Time)
        {
            if (!_waitingByTime.TryGetValue(lacking, out PriorityQueue<int, long>? frames))
            {
                _waitingByTime.Add(lacking, frames = new PriorityQueue<int, long>());
            }

            frames.Enqueue(header.Index, _book!.Middle_ticks(header));
        }
    }

    private void Note(in FrameHeader header, int offset)
    {
        _monitors[offset] = header.Monitor;
        ChooseReference(header);
        Monitor[offset] = (float)(header.Monitor + 0.0);
        NoteTransmission(header, offset);
        NotePosition(header, offset);
    }

    // Only with both positions: the rule of an order of positions needs them.
    private void PutOnGrid(in FrameHeader header)
    {
        if (_grid is not null && !_grid.Put(
            header.Index, (header.Translation_mm!.Value - _rule!.TranslationZero_mm) * 1000, header.Rotation_deg!.Value - _rule.RotationZero_deg))
        {
            _offGrid++;
            _complain?.Invoke(string.Create(
                CultureInfo.InvariantCulture,
                $"frame {header.Index} was taken at {header.Translation_mm:0.#####} mm and {header.Rotation_deg:0.####}°, outside the grid of the plan: it is in no slice"));
        }
    }

    // Where positions decide, no frame is without; they may come with the frames themselves.
    private static ReadingRule? RuleOf(ScanSettings settings)
    {
        if (settings.Description.Plan.Path.Order != ScanOrder.Positions)
        {
            return settings.Readings;
        }

        ReadingRule rule = settings.Readings ?? new ReadingRule { Key = ReadingKey.Index, Needs = ReadingQuantities.None };
        return rule with { Needs = rule.Needs | ReadingQuantities.Translation | ReadingQuantities.Rotation };
    }

    // A frame that waited and has all now, or never will.
    private bool TryRelease(in FrameHeader waiting)
    {
        FrameHeader header = waiting;
        if (_book!.Complete(ref header) != ReadingQuantities.None)
        {
            return false;
        }

        _waiting.Remove(header.Index);
        ScanCell cell = Plan.CellOf(header.Index);
        int offset = Sinogram.Offset(cell);
        _held[offset] = false;
        Note(header, offset);
        PutOnGrid(header);
        DivideInPlace(cell);
        Accumulate(cell);
        bool isOver = header.Index / Plan.LineLength < _closedLines;
        if (isOver)
        {
            MarkStale(cell.Rotation);
        }

        return isOver;
    }

    // A cell that was held is as it came: dividing it now gives what dividing it at once would have.
    private void DivideInPlace(ScanCell cell)
    {
        int offset = Sinogram.Offset(cell);
        _changed[offset] = true;
        double divisor = Divisor(offset);
        Divide(Sinogram.Pattern(cell), divisor, Sinogram.Pattern(cell));
        Divide(Sinogram.Variance(cell), divisor * divisor, Sinogram.Variance(cell));
        foreach (float[] channel in _channels)
        {
            channel[offset] = (float)(channel[offset] / divisor);
        }
    }

    // Where positions decide, a frame may be of any projection.
    private void MarkStale(int rotation)
    {
        if (_grid is null)
        {
            _stale[rotation] = true;
            _versions[rotation]++;
        }
        else
        {
            MarkAllStale();
        }
    }

    // A line under way would be held at its last value over the whole width.
    private void MarkBegunStale()
    {
        for (int i = 0; i < _stale.Length; i++)
        {
            _stale[i] = _versions[i] > 0;
        }
    }

    private void MarkAllStale()
    {
        Array.Fill(_stale, true);
        for (int i = 0; i < _versions.Length; i++)
        {
            _versions[i]++;
        }
    }

    // Made when the first one comes: most streams tell none.
    private void NoteTransmission(in FrameHeader header, int offset)
    {
        if (header.Transmission is double transmission)
        {
            Transmission ??= Empty(Monitor.Length);
            Transmission[offset] = (float)(transmission + 0.0);
        }
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

        // No minus before zero: a journal may not keep it, and the result must not show where a row came from.
        Positions.Translation_mm[offset] = (header.Translation_mm ?? double.NaN) + 0.0;
        Positions.Rotation_deg[offset] = (header.Rotation_deg ?? double.NaN) + 0.0;
    }

    // Intensities stay near counts: the reference is next to a monitor value that came, and stands in the file. It is a power of two, so
    // that another one can be chosen later without rounding anything: the frame that decides may come late.
    private void ChooseReference(in FrameHeader header)
    {
        if (Divides(header.Monitor) && header.Index < _referenceIndex)
        {
            (_referenceIndex, _referenceMonitor) = (header.Index, header.Monitor);
        }

        if (double.IsNaN(MonitorReference) && Divides(header.Monitor))
        {
            MonitorReference = ReferenceFor(header.Monitor);
        }
    }

    private bool Divides(double monitor) => _settings.Corrections.Beam == BeamCorrection.Monitor && monitor > 0 && double.IsFinite(monitor);

    private double Divisor(int offset) => Divides(_monitors[offset]) ? _monitors[offset] / MonitorReference : 1;

    private static double ReferenceFor(double monitor) => Math.ScaleB(1, (int)Math.Round(Math.Log2(monitor)));

    // Every quantity that was divided is multiplied by a power of two, which is exact.
    private void SettleReference()
    {
        if (double.IsNaN(MonitorReference) || ReferenceFor(_referenceMonitor) is var settled && settled == MonitorReference)
        {
            return;
        }

        double factor = settled / MonitorReference;
        for (int i = 0; i < Plan.CellCount; i++)
        {
            ScanCell cell = Plan.CellOf(i);
            int offset = Sinogram.Offset(cell);
            if (!_placed[i] || !Divides(_monitors[offset]))
            {
                continue;
            }

            _changed[offset] = true;
            Divide(Sinogram.Pattern(cell), 1 / factor, Sinogram.Pattern(cell));
            Divide(Sinogram.Variance(cell), 1 / (factor * factor), Sinogram.Variance(cell));
            foreach (float[] channel in _channels)
            {
                channel[offset] = (float)(channel[offset] * factor);
            }
        }

        Sinogram.Pattern(Plan.CellOf(_currentIndex)).CopyTo(_current);
        MonitorReference = settled;
        MarkAllStale();
    }

    private static void Divide(ReadOnlySpan<float> values, double divisor, Span<float> divided)
    {
        for (int i = 0; i < values.Length; i++)
        {
            divided[i] = (float)(values[i] / divisor);
        }
    }

    private void Fill(JournalledPattern row, DiffractionPattern pattern)
    {
        row.Header = pattern.Header;
        Span<float> intensity = row.Intensity;
        Span<float> variance = row.Variance;
        for (int b = 0; b < intensity.Length; b++)
        {
            double normalisation = pattern.Normalisation[b];
            intensity[b] = (float)pattern.Intensity(b);
            variance[b] = normalisation > 0 ? (float)(pattern.Variance[b] / (normalisation * normalisation)) : float.NaN;
        }

        pattern.Count.CopyTo(row.Count);
        _extractor.Extract(intensity, pattern.Mean, row.ChannelValues);
    }

    // Publishing is a service to others: its failure is told and ends it, and the scan goes on.
    private void Publish(JournalledPattern row, double divisor)
    {
        if (_publisher is null)
        {
            return;
        }

        try
        {
            _publisher.Publish(new PlacedPattern
            {
                Header = row.Header,
                Cell = row.Cell,
                MonitorDivisor = divisor,
                Intensity = _current,
                Sigma = _sigma,
                Count = row.Count,
                ChannelValues = _values,
            });
        }
        catch (Exception e)
        {
            _publisher = null;
            _complain?.Invoke($"patterns are no longer published, from frame {row.Header.Index} on: {e.Message}");
        }
    }

    // The mean is Σ counts / Σ monitor: a cell weighs as much as its monitor. Bins without pixels weigh nothing.
    private void Accumulate(ScanCell cell)
    {
        double weight = Divisor(Sinogram.Offset(cell));
        ReadOnlySpan<float> intensity = Sinogram.Pattern(cell);
        ReadOnlySpan<float> variance = Sinogram.Variance(cell);
        for (int b = 0; b < _weight.Length; b++)
        {
            if (!float.IsNaN(intensity[b]))
            {
                _weightedSum[b] += weight * intensity[b];
                _weight[b] += weight;
                _variance[b] += weight * weight * variance[b];
            }
        }
    }

    private bool Settle(int index, ScanCell cell)
    {
        _placed[index] = true;
        int line = index / Plan.LineLength;
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
            MarkStale(cell.Rotation);
        }

        while (_closedLines < Plan.LineCount && IsOver(_closedLines))
        {
            CloseLine(_closedLines++);
            ready = true;
        }

        return ready;
    }

    private bool IsOver(int line) => _lineCount[line] == Plan.LineLength
        || _highest >= ((long)(line + 1) * Plan.LineLength) + Settling;

    private void CloseLine(int line)
    {
        if (Plan.Path.LinesRunOverRotations)
        {
            MarkAllStale();
        }
        else
        {
            MarkStale(Plan.CellOf(line * Plan.LineLength).Rotation);
        }
    }
}
