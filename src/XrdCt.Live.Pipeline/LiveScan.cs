using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// Runs one scan from the socket to the saved file. The stages and edges are those of <see cref="LiveGraph"/>; the first failure
/// of a stage ends all of them, its cause reaches the caller, and what was integrated until then is saved all the same.
/// </summary>
public sealed class LiveScan
{
    private static readonly TimeSpan FollowTick = TimeSpan.FromMilliseconds(50);

    // Clocks of a beamline agree far better.
    private static readonly TimeSpan LargestLead = TimeSpan.FromMinutes(5);

    // A second at 250 Hz.
    private const int UsualWaiting = 250;

    private readonly LiveOptions _options;
    private readonly Func<IFrameSource> _openSource;
    private readonly Func<IFrameIntegrator> _createIntegrator;
    private readonly ILiveDisplay _display;
    private readonly IScanStore _store;
    private readonly TimeProvider _time;
    private readonly FrameTally _tally = new();
    private readonly LatencyWindow _latency = new();
    private readonly RateWindow _rate = new(TimeSpan.FromSeconds(3));
    private readonly Reception _reception;
    private readonly ScanAssembly _assembly;
    private readonly LiveReconstruction _reconstruction;
    private readonly ReconstructionControl _control;
    private readonly ZoneControl _zones;
    private ScanSettings _settings;
    private readonly IScanJournal? _journal;
    private readonly Func<ReadingFeed>? _openReadings;
    private readonly JournalWriter? _rows;

    // Of the recipes offered for every bin: the last, and the first with which the last change of an operator takes effect.
    private long _offered;
    private long _changed;
    private GrowingFileWriter? _growing;
    private volatile LiveVolume? _volume;
    private SliceMap? _shownNoise;
    private readonly Channel<RawFrame> _frames;
    private readonly Channel<DiffractionPattern> _patterns;
    private readonly Channel<DiffractionPattern> _freePatterns;
    private readonly Channel<bool> _lines;

    private readonly Lock _noteLock = new();
    private string _note;

    // Workers that wait for a frame, and bytes of the frames that the others hold beyond their first; both only guide the size of batches.
    private int _idleWorkers;
    private long _held_bytes;

    // Patterns that the journal should hold and that cannot be read: it is then kept.
    private int _damaged;

    // Time from the start of the series to the newest placed frame, ticks; one word, written by Place, read by the display's pace.
    private long _placedAfter;

    /// <summary>Sets a scan up; nothing is opened yet.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="openSource">Opens the source; called on the thread that uses and disposes it.</param>
    /// <param name="createIntegrator">Makes an integrator for one worker, with the plan of the options; called on its thread.</param>
    /// <param name="display">Who shows the live results.</param>
    /// <param name="store">Who keeps the result.</param>
    /// <param name="time">Clock.</param>
    /// <param name="patterns">Who passes every pattern on; null for nobody. Its failure ends it, not the scan.</param>
    /// <param name="journal">Who keeps every pattern until the result is saved; null for nobody. One that holds patterns of these settings
    /// is continued. It stays the caller's. Its failure costs the scan its safety, and no more.</param>
    /// <param name="openReadings">Opens the stream of what the beamline tells besides the frames, for <see cref="LiveOptions.Readings"/>;
    /// called on the thread that uses it and gives it back. Null where there is none.</param>
    public LiveScan(
        LiveOptions options,
        Func<IFrameSource> openSource,
        Func<IFrameIntegrator> createIntegrator,
        ILiveDisplay display,
        IScanStore store,
        TimeProvider time,
        IPatternPublisher? patterns = null,
        IScanJournal? journal = null,
        Func<ReadingFeed>? openReadings = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _openSource = openSource;
        _createIntegrator = createIntegrator;
        _display = display;
        _note = options.Note;
        _store = store;
        _time = time;
        _reception = new Reception(options, _tally, time);
        ReconstructionSettings? changed = journal?.Scan?.Reconstruction ?? options.Reconstruction;
        IReadOnlyList<ForbiddenZone>? drawn = journal?.Scan?.Zones ?? options.Zones;
        _settings = (changed?.Over(options.Settings()) ?? options.Settings()).Forbidding(drawn);
        _control = new ReconstructionControl(ReconstructionSettings.Of(_settings), isChanged: changed is not null, Choices(options), time, sentence => Say(sentence));
        _zones = new ZoneControl(
            _settings.Placement.Forbidden, isChanged: drawn is not null, isOpen: options.Roi is null, ZoneChoices.Of(options.Plan), time, sentence => Say(sentence));
        _assembly = new ScanAssembly(_settings, _tally, patterns, _reception.Complain);
        _reconstruction = new LiveReconstruction(_settings, time, options.Roi);
        _reconstruction.Forbid(_zones.Zones);
        _journal = journal;
        _openReadings = openReadings;
        _rows = journal is null
            ? null
            : new JournalWriter(journal, NewRow, Known, () => _reception.Complaint, SayAndShow, time);

        _frames = LiveGraph.Frames.Create<RawFrame>(singleWriter: true, singleReader: false);
        _patterns = LiveGraph.Patterns.Create<DiffractionPattern>(singleWriter: false, singleReader: true);
        _freePatterns = LiveGraph.FreePatterns.Create<DiffractionPattern>(singleWriter: false, singleReader: false);
        _lines = LiveGraph.Lines.Create<bool>(singleWriter: false, singleReader: true);
        int patternCount = LiveGraph.Patterns.Capacity + (options.Workers * LiveGraph.LargestBatch);
        for (int i = 0; i < Math.Min(patternCount, LiveGraph.FreePatterns.Capacity); i++)
        {
            _freePatterns.Writer.TryWrite(new DiffractionPattern(options.Integration.Axis.BinCount));
        }
    }

    /// <summary>What does not change during the scan.</summary>
    public ScanDescription Description => _settings.Description;

    /// <summary>Is told what an operator should read in the log: what was continued, and whether patterns are durable.</summary>
    public Action<string> Say { get; init; } = _ => { };

    /// <summary>Changes how the slices are made while the scan runs; what changed is told to <see cref="Say"/> and stands in the journal.</summary>
    public IReconstructionControl Control => _control;

    /// <summary>How an operator changed the reconstruction, in this scan or before; null where nobody did.</summary>
    public ReconstructionSettings? Changed => _control.Changed;

    /// <summary>Changes where no region of interest may be while the scan runs; what changed is told to <see cref="Say"/> and stands in the journal.</summary>
    public IZoneControl Zones => _zones;

    /// <summary>Where an operator forbade regions of interest, in this scan or before; null where nobody changed that.</summary>
    public IReadOnlyList<ForbiddenZone>? ChangedZones => _zones.Changed;

    /// <summary>A file that others may read while the scan runs; null for none. It stays the caller's. Its failure ends it, not the scan.</summary>
    public IGrowingFile? GrowingFile { get; init; }

    /// <summary>Where the slices of every bin are kept and grown; null for the CPU. It stays the caller's.</summary>
    public GpuDevice? Device { get; init; }

    /// <summary>How the scan stands now; replaced several times a second.</summary>
    public LiveState State { get; private set; } = new()
    {
        Phase = ScanPhase.Waiting,
        Message = "",
        Counters = default,
        CellCount = 0,
        Rate_Hz = 0,
        Latency_ms = double.NaN,
        Latency95_ms = double.NaN,
        LastFrameAge_s = double.NaN,
        Elapsed_s = 0,
        Remaining_s = double.NaN,
        FramesQueued = 0,
        PatternsQueued = 0,
        ProjectionCount = 0,
        LargestGap_deg = 180,
    };

    /// <summary>Adds a sentence to what the page shows and to the note in the saved file; from any thread.</summary>
    public void Remark(string sentence)
    {
        lock (_noteLock)
        {
            _note = _note.Length == 0 ? sentence : $"{_note}; {sentence}";
        }

        _reception.Complain(sentence);
    }

    /// <summary>Runs the scan until every cell is measured, the sender ends or dies, or <paramref name="stop"/> is asked for.</summary>
    /// <param name="stop">Ends the scan early; what is there is saved.</param>
    /// <returns>How it ended. A failure is told, not thrown: the result up to it is saved first.</returns>
    public async Task<LiveOutcome> RunAsync(CancellationToken stop)
    {
        using var failure = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using GrowingFileWriter? growing = _growing = GrowingFile is null
            ? null
            : new GrowingFileWriter(GrowingFile, _assembly, _options.Integration.Axis.BinCount, SayAndShow);
        _display.Show(Description);
        _display.Show(_reconstruction.Roi);
        using LiveVolume? volume = _volume = OpenVolume();

        // Whoever ends a scan does not wait for the patterns of its pixels.
        using CancellationTokenRegistration given = stop.Register(() => volume?.GiveUp());
        if (_journal?.Scan is JournalledScan known)
        {
            Continue(known);
        }

        Tell(_reception.StartedAt is null ? ScanPhase.Waiting : ScanPhase.Running, _reception.Complaint);

        // Stages run to their end even when the scan is stopped: only a failure cancels them, so that frames in flight are kept.
        using var broken = new CancellationTokenSource();
        Task<ScanEnding> receive = OnOwnThread(() => Receive(failure.Token, broken.Token));
        Task[] workers = [.. Enumerable.Range(0, _options.Workers).Select(_ => OnOwnThread(() => Integrate(broken.Token)))];
        Task journal = _rows is null ? Task.CompletedTask : OnOwnThread(_rows.Run);
        Task grow = growing is null ? Task.CompletedTask : OnOwnThread(growing.Run);
        Task volumes = volume is null ? Task.CompletedTask : OnOwnThread(() => Reconstruct(volume));
        Task place = PlaceAsync(broken.Token);
        Task follow = _openReadings is null ? Task.CompletedTask : OnOwnThread(() => Follow(place, stop, broken.Token));
        _ = Task.WhenAll(place, follow).ContinueWith(_ => _lines.Writer.TryComplete(), TaskScheduler.Default);
        Task reconstruct = ReconstructAsync(broken.Token);

        Exception? cause = await FirstFailureAsync(
            [receive, .. workers, place, follow, reconstruct],
            whenAllWorkersEnd: (workers, () => _patterns.Writer.TryComplete()),
            failed: () =>
            {
                broken.Cancel();
                failure.Cancel();
            }).ConfigureAwait(false);

        if (cause is not null)
        {
            await KeepWhatWasUnderWayAsync(placeFailed: place.IsFaulted).ConfigureAwait(false);
        }

        ScanEnding? received = receive.IsCompletedSuccessfully ? await receive.ConfigureAwait(false) : null;
        ScanEnding ending = cause is null
            ? received!
            : (received ?? new ScanEnding(false, "")) with { Sentence = $"the scan failed: {cause.Message}" };
        _control.Close();
        _zones.Close();
        bool isLast = TakeChanges();
        TakeZones();
        _rows?.Note(JournalledEventKind.Ended, ending.Sentence);
        _rows?.Complete();
        await journal.ConfigureAwait(false);
        _rows?.Dispose();
        growing?.Complete();
        await grow.ConfigureAwait(false);
        _assembly.Close();
        if (Attempt(() => _reconstruction.Complete(_assembly)) is Exception unreconstructed && cause is null)
        {
            cause = unreconstructed;
            ending = ending with { Sentence = $"the scan failed: {cause.Message}" };
        }

        OfferVolume();
        SettleChanges(isLast);
        LiveOutcome outcome = Finish(ending, cause);
        volume?.Complete();
        if (_options.Slice is { } slice && slice.Number < slice.Count)
        {
            // The next one's frames come.
            volume?.GiveUp();
        }

        await volumes.ConfigureAwait(false);
        if (volume is not null)
        {
            SettleChanges(isOther: false);
            _ = Attempt(() => _display.Show(State = State with { VolumeProjectionCount = _volume?.ProjectionCount, VolumeLag_s = _volume?.Lag_s ?? double.NaN, ReconstructionLag_s = _control.Lag_s }));
        }

        return outcome with
        {
            Missing = _assembly.Missing(),
            Series = _reception.Header,
            SeriesId = _reception.SeriesId,
            SliceLayout = _reception.Slices.Layout,
            EndedByDetector = ending.EndedByDetector,
            EndedBySilence = ending.EndedBySilence,
            AllCame = ending.IsComplete,
            IsOnlyContinued = _reception.IsOnlyContinued,
            Next = ending.Next,
        };
    }

    /// <summary>
    /// Runs a step between the last frame and the saved file. What was measured comes first: a display or a reconstruction that fails
    /// is told with the result, whatever it threw, and must not cost it.
    /// </summary>
    private static Exception? Attempt(Action step)
    {
        try
        {
            step();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private JournalledPattern NewRow() => new(_options.Integration.Axis.BinCount, _options.Channels.Count);

    // What the journal says of the scan; the tables of the header are megabytes, and nobody needs them again.
    private JournalledScan? Known() => _reception.StartedAt is DateTimeOffset started
        ? new JournalledScan
        {
            StartedAt = started,
            SeriesId = _reception.SeriesId!.Value,
            Series = _reception.Header is SeriesHeader header ? header with { Tables = null } : null,
            SliceLayout = _reception.Slices.Layout,
            Reconstruction = _control.Changed,
            Zones = _zones.Changed,
            Counters = _tally.Read(),
        }
        : null;

    private void Continue(JournalledScan known)
    {
        _damaged = _journal!.ReadReadings(reading => _assembly.Tell(reading, out _));
        _damaged += _journal.Read(row => _assembly.Place(row, out _));
        _tally.GoOnFrom(known.Counters);
        _reception.Continue(known, _assembly.IsPlaced);
        string left = _damaged > 0 ? $"; {_damaged} damaged ones are left out" : "";
        string sentence = $"the scan goes on from the journal '{_journal.Path}': {_tally.Read().Placed} of {_options.Plan.CellCount} frames are there{left}";
        _rows!.Note(JournalledEventKind.Continued, sentence);
        SayAndShow(sentence);
        if (known.Reconstruction?.ChangesFrom(ReconstructionSettings.Of(_options.Settings())) is { Length: > 0 } changes)
        {
            Say($"the reconstruction stays as it was changed: {changes}");
        }

        if (known.Zones is { } zones && ForbiddenZones.Changes(_options.Settings().Placement.Forbidden, zones) is { Length: > 0 } drawn)
        {
            Say($"the forbidden zones stay as they were changed: {drawn}");
        }
    }

    private void SayAndShow(string sentence)
    {
        _reception.Complain(sentence);
        Say(sentence);
    }

    // All stages have ended: patterns that waited to be placed are placed here, frames that nobody took go back to their lender.
    private async Task KeepWhatWasUnderWayAsync(bool placeFailed)
    {
        while (!placeFailed && _patterns.Reader.TryRead(out DiffractionPattern? pattern))
        {
            await PlaceAsync(pattern).ConfigureAwait(false);
        }

        while (_frames.Reader.TryRead(out RawFrame left))
        {
            left.Dispose();
        }
    }

    private static Task OnOwnThread(Action stage) =>
        Task.Factory.StartNew(stage, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static Task<T> OnOwnThread<T>(Func<T> stage) =>
        Task.Factory.StartNew(stage, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static async Task<Exception?> FirstFailureAsync(
        List<Task> stages, (Task[] Workers, Action Ended) whenAllWorkersEnd, Action failed)
    {
        Exception? cause = null;
        bool workersEnded = false;
        while (stages.Count > 0)
        {
            Task ended = await Task.WhenAny(stages).ConfigureAwait(false);
            stages.Remove(ended);
            if (ended.Exception?.GetBaseException() is { } exception and not OperationCanceledException && cause is null)
            {
                cause = exception;
                failed();
            }

            if (!workersEnded && whenAllWorkersEnd.Workers.All(w => w.IsCompleted))
            {
                workersEnded = true;
                whenAllWorkersEnd.Ended();
            }
        }

        return cause;
    }

    private ScanEnding Receive(CancellationToken stop, CancellationToken broken)
    {
        try
        {
            using IFrameSource source = _openSource();
            return _reception.Receive(source, _frames.Writer, stop, broken);
        }
        finally
        {
            _frames.Writer.TryComplete();
        }
    }

    private void Integrate(CancellationToken broken)
    {
        using IFrameIntegrator integrator = _createIntegrator();
        RawFrame[] frames = new RawFrame[integrator.BatchSize];
        DiffractionPattern[] patterns = new DiffractionPattern[integrator.BatchSize];
        while (TakeBatch(frames, patterns, broken) is > 0 and var count)
        {
            try
            {
                integrator.Integrate(frames.AsSpan(0, count), patterns.AsSpan(0, count));
            }
            finally
            {
                GiveBack(frames.AsSpan(0, count));
            }

            foreach (DiffractionPattern pattern in patterns.AsSpan(0, count))
            {
                if (pattern.Outcome == FrameOutcome.Accepted)
                {
                    _tally.CountIntegrated();
                }
                else
                {
                    _reception.Complain($"the pixels of frame {pattern.Header.Index} are cut short or damaged");
                }

                Give(_patterns.Writer, pattern, broken);
            }
        }
    }

    /// <summary>
    /// Waits for a frame, and takes with it its share of those that wait already and that no idle worker takes: one at a time while the
    /// workers keep up, full batches, which cost less per frame, when they do not, however many workers there are.
    /// </summary>
    private int TakeBatch(RawFrame[] frames, DiffractionPattern[] patterns, CancellationToken broken)
    {
        // The pattern first: whoever holds a frame can finish it.
        if (!Take(_freePatterns.Reader, broken, out patterns[0]!))
        {
            return 0;
        }

        if (!AwaitFrame(broken, out frames[0]))
        {
            _freePatterns.Writer.TryWrite(patterns[0]);
            return 0;
        }

        int share = Math.Min(frames.Length, 1 + (_frames.Reader.Count / (1 + Volatile.Read(ref _idleWorkers))));
        long held_bytes = Interlocked.Read(ref _held_bytes);
        int count = 1;
        while (count < share && held_bytes < _options.Batches_bytes && _freePatterns.Reader.TryRead(out patterns[count]!))
        {
            if (!_frames.Reader.TryRead(out frames[count]))
            {
                _freePatterns.Writer.TryWrite(patterns[count]);
                break;
            }

            held_bytes = Interlocked.Add(ref _held_bytes, frames[count].Lease.Bytes.Length);
            count++;
        }

        return count;
    }

    // The first frame of each worker is not counted: it may always be taken.
    private void GiveBack(Span<RawFrame> frames)
    {
        long held_bytes = 0;
        for (int i = 0; i < frames.Length; i++)
        {
            held_bytes += i == 0 ? 0 : frames[i].Lease.Bytes.Length;
            frames[i].Dispose();
        }

        Interlocked.Add(ref _held_bytes, -held_bytes);
    }

    private bool AwaitFrame(CancellationToken broken, out RawFrame frame)
    {
        Interlocked.Increment(ref _idleWorkers);
        try
        {
            return Take(_frames.Reader, broken, out frame);
        }
        finally
        {
            Interlocked.Decrement(ref _idleWorkers);
        }
    }

    // Workers own their threads, so they block; a ValueTask that is ready costs nothing, one that is not costs a small task.
    private static bool Take<T>(ChannelReader<T> reader, CancellationToken cancel, [MaybeNullWhen(false)] out T item)
    {
        while (!reader.TryRead(out item))
        {
            ValueTask<bool> more = reader.WaitToReadAsync(cancel);
            if (!(more.IsCompletedSuccessfully ? more.Result : more.AsTask().GetAwaiter().GetResult()))
            {
                return false;
            }
        }

        return true;
    }

    private static void Give<T>(ChannelWriter<T> writer, T item, CancellationToken cancel)
    {
        while (!writer.TryWrite(item))
        {
            ValueTask<bool> room = writer.WaitToWriteAsync(cancel);
            if (!(room.IsCompletedSuccessfully ? room.Result : room.AsTask().GetAwaiter().GetResult()))
            {
                return;
            }
        }
    }

    private async Task PlaceAsync(CancellationToken broken)
    {
        await foreach (DiffractionPattern pattern in _patterns.Reader.ReadAllAsync(broken).ConfigureAwait(false))
        {
            if (await PlaceAsync(pattern).ConfigureAwait(false))
            {
                _lines.Writer.TryWrite(true);
            }

            if (pattern.Outcome == FrameOutcome.Accepted)
            {
                _latency.Add((_time.GetUtcNow() - pattern.Header.AcquiredAt).TotalMilliseconds);
                Volatile.Write(ref _placedAfter, _reception.SinceStart?.Ticks ?? 0);
            }

            _freePatterns.Writer.TryWrite(pattern);
        }
    }

    /// <summary>
    /// Takes what the beamline tells besides the frames, until all of them are placed and none waits any more, or has waited for long enough.
    /// </summary>
    private void Follow(Task place, CancellationToken stop, CancellationToken broken)
    {
        ReadingFeed feed = _openReadings!();
        feed.BeginScan();
        SliceGate? slices = _options.Readings is { Key: ReadingKey.Index } ? _reception.Slices : null;
        long? placedAt = null;
        int waiting = int.MaxValue;
        while (!broken.IsCancellationRequested)
        {
            if (feed.TryNext(_reception.StartedAt is null ? null : _reception.SeriesId, slices, FollowTick, out StageReading reading, out string? refusal))
            {
                // One clock that is wrong for a moment must not pass all that is told until then off as late.
                refusal = reading.At - _time.GetUtcNow() > LargestLead ? $"a reading is of {reading.At:yyyy-MM-dd HH:mm:ss}, which is not yet: it is left out" : null;
                if (refusal is null && _assembly.Tell(reading, out refusal))
                {
                    _lines.Writer.TryWrite(true);
                }

                if (refusal is null)
                {
                    _rows?.Put(reading, broken);
                }
            }

            if (refusal is not null)
            {
                _reception.Complain(refusal);
            }

            if (place.IsCompleted)
            {
                // From the last that was of use: those that came in time may lie in the socket still.
                int left = _assembly.WaitingCount;
                placedAt = placedAt is null || left < waiting ? _time.GetTimestamp() : placedAt;
                waiting = left;
                TimeSpan patience = stop.IsCancellationRequested ? TimeSpan.Zero : _options.ReadingsGrace;
                if (left == 0 || _time.GetElapsedTime(placedAt.Value) > patience)
                {
                    ReadingRule rule = _options.Readings!;
                    feed.EndScan(_reception.LastAcquiredUtcTicks - rule.Exposure.Ticks - rule.LargestGap.Ticks);
                    return;
                }
            }
        }
    }

    // Without a token: rows come back even from a journal that fails, and a pattern in hand is placed whatever else has failed.
    private async ValueTask<bool> PlaceAsync(DiffractionPattern pattern)
    {
        if (_rows is null || pattern.Outcome != FrameOutcome.Accepted)
        {
            return _assembly.Place(pattern);
        }

        JournalledPattern row = await _rows.TakeFreeAsync().ConfigureAwait(false);
        bool ready = _assembly.Place(pattern, row, out bool isPlaced);
        if (isPlaced)
        {
            _rows.Put(row);
        }
        else
        {
            _rows.GiveBack(row);
        }

        return ready;
    }

    // Much memory, and no more than a service: where it is not to be had, that is said, and the scan goes on.
    private LiveVolume? OpenVolume()
    {
        if (!_options.EveryBin)
        {
            return null;
        }

        const double Mega = 1e6;
        long size_bytes = LiveVolume.Size_bytes(_options.Plan, _options.Integration.Axis.BinCount) + (_options.Roi?.Coarse?.FilterSize_bytes ?? 0);
        LiveVolume? volume = null;
        Exception? fault = size_bytes > _options.EveryBin_bytes
            ? new InsufficientMemoryException($"they take {size_bytes / Mega:F0} MB, and may take {_options.EveryBin_bytes / Mega:F0} MB")
            : Attempt(() => volume = new LiveVolume(_settings, _assembly.Sinogram, _time, () => _frames.Reader.Count > LiveGraph.Frames.Capacity / 2, OnDevice(), SayAndShow));
        if (fault is not null || volume is null)
        {
            SayAndShow($"the slices of every bin are not followed live: {fault?.Message.TrimEnd('.')}; reconstruction.every_bin: false turns them off");
            return null;
        }

        _display.Show(volume);
        return volume;
    }

    private Func<ProjectionFilter, IVolumeSlices>? OnDevice() => Device is GpuDevice device
        ? filter => new DeviceSlices(device, _options.Plan, filter, _options.Integration.Axis.BinCount)
        : null;

    private void Reconstruct(LiveVolume volume)
    {
        if (Attempt(volume.Run) is Exception fault)
        {
            _volume = null;
            SayAndShow($"the slices of every bin are no longer followed live: {fault.Message.TrimEnd('.')}");
        }
    }

    private void OfferVolume()
    {
        if (_reconstruction.Recipe is VolumeRecipe recipe)
        {
            _offered = _volume?.Offer(recipe) ?? 0;
        }
    }

    private async Task ReconstructAsync(CancellationToken broken)
    {
        using var pace = new PeriodicTimer(_options.DisplayPeriod, _time);
        while (!_lines.Reader.Completion.IsCompleted && await pace.WaitForNextTickAsync(broken).ConfigureAwait(false))
        {
            bool changed = false;
            while (_lines.Reader.TryRead(out _))
            {
                changed = true;
            }

            bool isOther = TakeChanges();
            bool hasOtherZones = TakeZones();
            if (changed || isOther || hasOtherZones)
            {
                _reconstruction.Update(_assembly);
                OfferVolume();
            }

            ShowResults(slicesChanged: changed || isOther);
            if (hasOtherZones)
            {
                // Even before there is a slice to be shown.
                _display.Show(_reconstruction.Roi);
            }

            SettleChanges(isOther);

            // Not before the journal has begun, by which the next process finds what this one may leave.
            if (_tally.Read() is { Placed: > 0 } counters && (_journal is null || _journal.Scan is not null))
            {
                _growing?.Offer(() => Record("", counters));
            }

            Tell(_reception.StartedAt is null ? ScanPhase.Waiting : ScanPhase.Running, News());
        }
    }

    internal static ReconstructionChoices Choices(LiveOptions options) => new(
        options.Roi?.Coarse is not null || options.Plan.HasMirroredLines ? 0 : options.Plan.TranslationCount / 4.0,
        HasAir: options.Roi is null && options.Plan.Path.Order != ScanOrder.Positions);

    private bool TakeChanges()
    {
        if (!_control.TryTake(out ReconstructionSettings settings, out string changes))
        {
            return false;
        }

        _settings = settings.Over(_settings);
        _reconstruction.Use(settings);
        _rows?.Note(JournalledEventKind.Changed, changes);
        return true;
    }

    private bool TakeZones()
    {
        if (!_zones.TryTake(out ForbiddenZones zones, out string changes))
        {
            return false;
        }

        _settings = _settings.Forbidding(zones.Zones);
        _reconstruction.Forbid(zones);
        if (changes.Length > 0)
        {
            _rows?.Note(JournalledEventKind.Changed, changes);
        }

        return true;
    }

    // Shown are the live channels by now; the slices of every bin where they are made of the same.
    private void SettleChanges(bool isOther)
    {
        _changed = isOther ? _offered : _changed;
        if (_volume is not { } volume || volume.Done >= _changed)
        {
            _control.Settle();
        }
    }

    // What is wrong with what came goes before what was found and put right. A few frames always wait for what comes a little later.
    private string News() => _reception.Complaint is { Length: > 0 } complaint ? complaint
        : _assembly.WaitingCount is > UsualWaiting and var waiting ? $"{waiting} frames wait for their positions or monitor values"
        : _reconstruction.Remark;

    private void ShowResults(bool slicesChanged)
    {
        if (_assembly.Patterns() is not { } patterns)
        {
            return;
        }

        _display.Show(patterns);
        for (int channel = 0; channel < _options.Channels.Count; channel++)
        {
            _display.Show(_assembly.SinogramOf(channel));
        }

        if (slicesChanged)
        {
            foreach (SliceMap slice in _reconstruction.Slices())
            {
                _display.Show(slice);
            }

            if (_reconstruction.Noise is { } noise && noise != _shownNoise)
            {
                _shownNoise = noise;
                _display.Show(noise);
            }

            _display.Show(_reconstruction.Roi);
        }
    }

    private void Tell(ScanPhase phase, string message, string? savedPath = null)
    {
        FrameCounters counters = _tally.Read();

        // Once the scan is over, its duration is that of the measurement: waiting for late frames and saving are none of it.
        TimeSpan elapsed = phase is ScanPhase.Waiting or ScanPhase.Running
            ? _reception.SinceStart ?? TimeSpan.Zero
            : new TimeSpan(Volatile.Read(ref _placedAfter));
        double rate_Hz = phase == ScanPhase.Running ? _rate.Sample(elapsed, counters.Placed) : 0;
        (double median_ms, double p95_ms) = _latency.Read();
        long left = _options.Plan.CellCount - counters.Placed;
        State = new LiveState
        {
            Phase = phase,
            Message = phase is ScanPhase.Running && _rows?.Trouble is { Length: > 0 } trouble ? trouble : message,
            Counters = counters,
            CellCount = _options.Plan.CellCount,
            Rate_Hz = rate_Hz,
            Latency_ms = median_ms,
            Latency95_ms = p95_ms,
            LastFrameAge_s = _reception.SinceLastMessage?.TotalSeconds ?? double.NaN,
            Elapsed_s = elapsed.TotalSeconds,
            Remaining_s = phase == ScanPhase.Running && rate_Hz > 0 ? left / rate_Hz : double.NaN,
            FramesQueued = _frames.Reader.Count,
            PatternsQueued = _patterns.Reader.Count,
            ProjectionCount = _reconstruction.ProjectionCount,
            LargestGap_deg = _reconstruction.LargestGap_deg,
            Confidence = _reconstruction.Confidence,
            Convergence = _reconstruction.Convergence,
            OverlapResidual = _reconstruction.Outside?.Alignment?.OverlapResidual ?? double.NaN,
            VolumeProjectionCount = _volume?.ProjectionCount,
            VolumeLag_s = _volume?.Lag_s ?? double.NaN,
            Reconstruction = _control.Settings,
            AxisFromData_px = _reconstruction.CentreFromData_px,
            ReconstructionLag_s = _control.Lag_s,
            SavedPath = savedPath,
        };
        _display.Show(State);
    }

    private LiveOutcome Finish(ScanEnding ending, Exception? cause)
    {
        // Seen is not placed: a frame that came and would not decode leaves its cell empty, and the scan is not complete.
        FrameCounters counters = _tally.Read();
        bool complete = cause is null && counters.Placed == _options.Plan.CellCount;
        ScanPhase phase = cause is not null ? ScanPhase.Failed : complete ? ScanPhase.Complete : ScanPhase.Incomplete;
        string sentence = ending.IsComplete && !complete && cause is null
            ? $"{_options.Plan.CellCount - counters.Placed} of {_options.Plan.CellCount} cells are empty: their frames came but could not be used"
            : ending.Sentence;
        if (_assembly.UnmatchedCount is > 0 and var unmatched)
        {
            sentence += $"; {unmatched} frames never got the position or monitor value they needed: they are saved, marked, and in no slice";
        }

        if (_assembly.OffGridCount is > 0 and var off)
        {
            sentence += $"; {off} frames were taken outside the grid of the plan: they are saved, and in no slice";
        }

        bool isWell = complete && _assembly.UnmatchedCount + _assembly.OffGridCount == 0;

        if (!complete && cause is null && _reception.Complaint.Length > 0)
        {
            sentence += $" ({_reception.Complaint})";
        }

        if (counters.Placed == 0)
        {
            sentence += "; there is nothing to save";
            _ = Attempt(() => Tell(phase, sentence));
            return new LiveOutcome(phase, sentence, null, counters, cause);
        }

        Exception? unseen = Attempt(() =>
        {
            ShowResults(slicesChanged: true);
            Tell(ScanPhase.Saving, isWell ? "" : sentence);
        });
        string path = "";
        ScanRecord? record = null;
        Exception? unsaved = Attempt(() => path = _store.Save(record = Record(sentence, counters)));
        if (unsaved is not null)
        {
            if (record is not null)
            {
                _growing?.Keep(record);
            }

            string reason = unsaved is IOException ? unsaved.Message : $"the scan cannot be saved: {unsaved.GetBaseException().Message.TrimEnd('.')}";
            string both = (complete ? reason : $"{sentence}; and {reason}") + Refuge();
            _ = Attempt(() => Tell(ScanPhase.Failed, both));
            return new LiveOutcome(ScanPhase.Failed, both, null, counters, cause ?? unsaved);
        }

        // Before the journal is: what a process leaves that is killed here, the next one finds by its journal.
        _growing?.Remove();
        if (_journal is not null && Attempt(() => _journal.Complete(path, keep: _damaged > 0)) is Exception left)
        {
            Say(left.Message);
        }

        unseen ??= Attempt(() => Tell(phase, isWell ? "" : sentence, path));
        return unseen is null || cause is not null
            ? new LiveOutcome(phase, sentence, path, counters, cause) { IsWell = isWell, Roi = record!.Roi, Axis_um = record.Axis.AppliedOffset_px * _options.Plan.Step_um }
            : new LiveOutcome(ScanPhase.Failed, $"{sentence}; but the display failed: {unseen.Message}", path, counters, unseen);
    }

    // Where an unsaved result is all the same.
    private string Refuge()
    {
        string grown = _growing?.Path is string file ? $"; all intensities can be read in '{file}'" : "";
        if (_journal?.Path is not string path)
        {
            return grown;
        }

        string but = _rows!.MemoryOnlyCount is > 0 and var lost ? $" (all but {lost} of them)" : "";
        return $"; the patterns are safe in the journal '{path}'{but}: 'xrdct recover {path}' saves them once that is put right, and so does the next start{grown}";
    }

    private string Note()
    {
        lock (_noteLock)
        {
            return _note;
        }
    }

    private ScanRecord Record(string ending, FrameCounters counters)
    {
        var known = new JournalledScan
        {
            StartedAt = _reception.StartedAt ?? _time.GetUtcNow(),
            SeriesId = _reception.SeriesId ?? 0,
            Series = _reception.Header,
            Counters = counters,
        };
        ScanSettings noted = _settings with { Description = Description with { Note = Note() } };
        return ScanResult.Of(noted, known, _assembly, _reconstruction, ending, _time.GetUtcNow());
    }
}
