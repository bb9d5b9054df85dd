using System.Runtime.InteropServices;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline;
using static XrdCt.Live.Tests.Pipeline.ScriptedSource;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>A scan with its journal: what is made durable, and how another process goes on.</summary>
public sealed class JournalledScanTests
{
    private const string Uid = "01GJ1GZ8CJ4CTHZX6TXQSPWVKH";

    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly FakeClock _clock = new();
    private readonly CountedLeases _leases = new();
    private readonly KeptDisplay _display = new();
    private readonly List<string> _said = [];
    private readonly ScanPlan _plan = new(15, 10, 10, ScanOrder.Interlaced);

    [Fact]
    public async Task RunAsync_EveryPlacedPattern_IsJournalledOnceAndTheJournalCompleted()
    {
        var journal = new KeptJournal();
        var store = new KeptStore();
        LiveOutcome outcome = await RunAsync([Start(name: Uid), .. Images(0, 150), Image(3), Reject(FrameOutcome.Malformed, "noise"), End()], journal, store);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Equal(Enumerable.Range(0, 150), journal.Rows.Keys.Order());
        Assert.All(journal.Rows.Values, r => Assert.Equal(_plan.CellOf(r.Header.Index), r.Cell));
        Assert.All(journal.Rows.Values, r => Assert.Equal(r.Header.Index + 1, r.Intensity[0]));
        Assert.Equal((1, Uid, 150L, 1L), (journal.Scan!.SeriesId, journal.Scan.Series!.UniqueId, journal.Scan.Counters.Placed, journal.Scan.Counters.Duplicate));
        Assert.Equal(store.Scan!.StartedAt, journal.Scan.StartedAt);
        Assert.Equal("/results/small.nxs", journal.SavedPath);
        Assert.Contains(journal.Events, e => e is { Kind: JournalledEventKind.Complaint, Sentence: "noise" });
        Assert.Contains(journal.Events, e => e is { Kind: JournalledEventKind.Ended, Sentence: "every cell of the scan was measured" });
        Assert.Contains(journal.Events, e => e.Kind == JournalledEventKind.Began);
        Assert.Empty(_said);
    }

    [Fact]
    public async Task RunAsync_JournalledScan_IsTheSameAsFromItsJournalAlone()
    {
        var journal = new KeptJournal();
        var store = new KeptStore();
        LiveOptions options = SmallScan.Options(_plan);
        await RunAsync([Start(), .. Images(0, 90), .. Images(97, 53), End()], journal, store);
        ScanRecord recovered = ScanResult.FromJournal(options.Settings(), journal, _clock.GetUtcNow(), out int damaged);

        Assert.Equal(0, damaged);
        Assert.Equal("the scan was recovered from its journal with 7 of 150 frames missing", recovered.Ending);
        AssertSame(store.Scan!, recovered);
        Assert.Equal(store.Scan!.Counters, recovered.Counters);
        Assert.Equal(store.Scan.StartedAt, recovered.StartedAt);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(77)]
    [InlineData(149)]
    [InlineData(150)]
    public async Task RunAsync_AgainFromTheStart_GivesTheUndisturbedScan(int cut)
    {
        ScanRecord undisturbed = await UndisturbedAsync();
        var store = new KeptStore();
        LiveOutcome outcome = await RunAsync([Start(name: Uid), .. Images(0, 150), End()], CutOffAfter(cut), store);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        AssertSame(undisturbed, store.Scan!);
        Assert.Equal(undisturbed.Ending, store.Scan!.Ending);
        Assert.Equal(150, outcome.Counters.Placed);
        Assert.Equal(cut, outcome.Counters.Duplicate);
        Assert.Equal($"the scan goes on from the journal '/results/small.journal': {cut} of 150 frames are there", Assert.Single(_said));
    }

    [Fact]
    public async Task RunAsync_LateJoinerOfTheSameSeries_FillsWhatIsLeftAndListsWhatIsLost()
    {
        ScanRecord undisturbed = await UndisturbedAsync();
        KeptJournal journal = CutOffAfter(70);
        var store = new KeptStore();
        LiveOutcome outcome = await RunAsync([.. Images(75, 75), End()], journal, store);

        Assert.Equal(ScanPhase.Incomplete, outcome.Phase);
        Assert.Equal(["70-74"], outcome.Missing.Select(m => m.ToString()));
        Assert.Equal(145, store.Scan!.Sinogram.MeasuredCount);
        Assert.Equal(undisturbed.Series, store.Scan.Series);
        Assert.Equal(undisturbed.StartedAt, store.Scan.StartedAt);

        // Received and integrated by both processes; the header came, to the first of them.
        Assert.Equal(new FrameCounters { Received = 145, Integrated = 145, Placed = 145, Missing = 5 }, outcome.Counters);
        Assert.False(outcome.IsOnlyContinued);
        Assert.Equal(145, journal.Rows.Count);
        Assert.Contains(journal.Events, e => e.Kind == JournalledEventKind.Continued);
        Assert.DoesNotContain(journal.Events, e => e.Kind == JournalledEventKind.Began);
    }

    [Theory]
    [InlineData(2, null)]
    [InlineData(1, "01GJ1GZ8CJ4CTHZX6TXQSPWVKJ")]
    public async Task RunAsync_HeaderOfAnotherSeriesFirst_SavesTheOldScanAsItIs(long series, string? name)
    {
        var store = new KeptStore();
        KeptJournal journal = CutOffAfter(70);
        LiveOutcome outcome = await RunAsync([Start(series, name: name)], journal, store);

        Assert.True(outcome.IsOnlyContinued);
        Assert.Equal(ScanPhase.Incomplete, outcome.Phase);
        Assert.Equal(series, Assert.Single(outcome.Next).SeriesId);
        Assert.Equal(70, store.Scan!.Sinogram.MeasuredCount);
        Assert.Equal("/results/small.nxs", journal.SavedPath);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task RunAsync_FrameOfAnotherSeriesFirst_SavesTheOldScanAndHandsTheFrameOn(long series)
    {
        // A detector that was restarted meanwhile counts from the beginning: a lower number is as foreign as a higher one.
        var store = new KeptStore();
        LiveOutcome outcome = await RunAsync([ScriptedSource.Image(() => _leases.Frame(0, series))], CutOffAfter(70), store);

        Assert.True(outcome.IsOnlyContinued);
        Assert.Equal(70, store.Scan!.Sinogram.MeasuredCount);
        SourceEvent next = Assert.Single(outcome.Next);
        Assert.Equal((series, 1), (next.Frame.Header.SeriesId, _leases.Live));
        next.Frame.Dispose();
    }

    [Fact]
    public async Task RunAsync_NothingMoreComes_SavesTheOldScanAfterTheSilenceLimit()
    {
        var store = new KeptStore();
        LiveOutcome outcome = await RunAsync([], CutOffAfter(70), store);

        Assert.Equal(ScanPhase.Incomplete, outcome.Phase);
        Assert.Contains("the sender has been silent for 30 s after frame 69: 80 of 150 frames are missing", outcome.Sentence);
        Assert.Equal(70, store.Scan!.Sinogram.MeasuredCount);
    }

    [Fact]
    public async Task RunAsync_ContinuedScan_ShowsWhatIsThereAtOnce()
    {
        int placed = -1;
        var source = new ScriptedSource(_clock, [Meanwhile(() => placed = (int)_display.State!.Counters.Placed), Start(2)]);
        await Scan(() => source, CutOffAfter(70), new KeptStore()).RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);
        Assert.Equal(70, placed);
    }

    [Fact]
    public async Task RunAsync_JournalFails_CostsNothingButIsSaidOncePerChange()
    {
        // Until the last write, which has room again.
        var failing = true;
        var journal = new KeptJournal(_ => Volatile.Read(ref failing) ? new IOException("the disk is full") : null);
        var store = new KeptStore();
        LiveOutcome outcome = await RunAsync(
            [Start(), .. Images(0, 140), Meanwhile(WaitUntilSaid), Meanwhile(() => Volatile.Write(ref failing, false)), .. Images(140, 10), End()],
            journal,
            store);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Equal(150, store.Scan!.Sinogram.MeasuredCount);
        Assert.Equal(2, _said.Count);
        Assert.StartsWith("patterns are in memory only, from frame ", _said[0]);
        Assert.EndsWith(": the disk is full", _said[0]);
        Assert.Equal($"the journal is written again; {150 - journal.Rows.Count} patterns are in memory only until the scan is saved", _said[1]);
        Assert.InRange(journal.Rows.Count, 10, 149);

        void WaitUntilSaid() => Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _saidCount) > 0, Hang));
    }

    [Fact]
    public async Task RunAsync_WhoListensFailsToo_CostsNoRow()
    {
        // The log lies on the disk that is full: each row must come back all the same, of which there are fewer than frames.
        var failing = true;
        var plan = new ScanPlan(60, 10, 10, ScanOrder.Interlaced);
        var journal = new KeptJournal(_ => Volatile.Read(ref failing) ? new IOException("the disk is full") : null);
        var store = new KeptStore();
        bool isTold = false;
        IEnumerable<Func<SourceEvent>> script =
            [Start(), .. Images(0, 590), Meanwhile(WaitUntilTold), Meanwhile(() => Volatile.Write(ref failing, false)), .. Images(590, 10), End()];
        LiveScan scan = Scan(() => new ScriptedSource(_clock, script), journal, store, plan: plan, say: _ =>
        {
            Volatile.Write(ref isTold, true);
            throw new IOException("no space left on the device");
        });
        LiveOutcome outcome = await scan.RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Equal(600, store.Scan!.Sinogram.MeasuredCount);
        Assert.InRange(journal.Rows.Count, 10, 599);

        void WaitUntilTold() => Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref isTold), Hang));
    }

    [Fact]
    public async Task RunAsync_JournalWithDamagedRows_IsSavedAndKept()
    {
        KeptJournal journal = CutOffAfter(70, damaged: 3);
        LiveOutcome outcome = await RunAsync([Start(2)], journal, new KeptStore());

        Assert.Equal("/results/small.nxs", outcome.SavedPath);
        Assert.Equal(("/results/small.nxs", true), (journal.SavedPath, journal.IsKept));
        Assert.Contains("3 damaged ones are left out", Assert.Single(_said));
    }

    [Fact]
    public async Task RunAsync_JournalHasADefect_IsNotTriedAgain()
    {
        int tries = 0;
        var journal = new KeptJournal(_ =>
        {
            tries++;
            return new InvalidOperationException("defect");
        });
        var store = new KeptStore();
        LiveOutcome outcome = await RunAsync([Start(), .. Images(0, 100), Meanwhile(WaitUntilSaid), .. Images(100, 50), End()], journal, store);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Equal(1, tries);
        Assert.EndsWith("the journal failed: defect", Assert.Single(_said));

        void WaitUntilSaid() => Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _saidCount) > 0, Hang));
    }

    [Fact]
    public async Task RunAsync_StoreFails_SaysWhereTheJournalIs()
    {
        var journal = new KeptJournal();
        LiveOutcome outcome = await RunAsync(
            [Start(), .. Images(0, 150), End()], journal, new KeptStore(new IOException("the disk is full")));

        Assert.Equal(
            "the disk is full; the patterns are safe in the journal '/results/small.journal': 'xrdct recover /results/small.journal' saves them "
                + "once that is put right, and so does the next start",
            outcome.Sentence);
        Assert.Null(journal.SavedPath);
        Assert.Equal(150, journal.Rows.Count);

        // So it does.
        var store = new KeptStore();
        LiveOutcome next = await RunAsync([], journal, store);
        Assert.Equal((ScanPhase.Complete, 150), (next.Phase, store.Scan!.Sinogram.MeasuredCount));
        Assert.Equal("/results/small.nxs", journal.SavedPath);
    }

    [Fact]
    public async Task RunAsync_NoFrameAtAll_MakesNoJournal()
    {
        var journal = new KeptJournal();
        await RunAsync([Start(), End()], journal, new KeptStore());
        Assert.Null(journal.Scan);
        Assert.Empty(journal.Events);
    }

    [Fact]
    public async Task RunAsync_DecoderFails_JournalsWhatWasPlaced()
    {
        var journal = new KeptJournal();
        var store = new KeptStore(new IOException("the disk is full"));
        var scan = Scan(
            () => new ScriptedSource(_clock, [Start(), .. Images(0, 150), End()]),
            journal,
            store,
            f => f.Header.Index == 60 ? throw new InvalidOperationException("the decoder broke") : FrameOutcome.Accepted);
        LiveOutcome outcome = await scan.RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);

        Assert.Equal(ScanPhase.Failed, outcome.Phase);
        Assert.Equal(store.Scan!.Sinogram.MeasuredCount, journal.Rows.Count);
    }

    private int _saidCount;

    private static void AssertSame(ScanRecord expected, ScanRecord actual)
    {
        Assert.Equal(Bits(expected.Sinogram.Values), Bits(actual.Sinogram.Values));
        Assert.Equal(Bits(expected.Sinogram.Variances), Bits(actual.Sinogram.Variances));
        Assert.Equal(expected.Sinogram.Measured, actual.Sinogram.Measured);
        Assert.Equal(Bits(expected.Monitor), Bits(actual.Monitor));
        Assert.Equal(expected.MonitorReference, actual.MonitorReference);
        Assert.Equal(expected.Mean.Intensity, actual.Mean.Intensity);
        Assert.Equal(expected.Mean.Sigma, actual.Mean.Sigma);
        Assert.Equal(expected.Mean.Count, actual.Mean.Count);
        foreach ((var one, var other) in expected.ChannelSinograms.Zip(actual.ChannelSinograms))
        {
            Assert.Equal(Bits(one.Values), Bits(other.Values));
        }

        foreach ((SliceMap one, SliceMap other) in expected.Slices.Zip(actual.Slices))
        {
            Assert.Equal((one.Channel, one.ProjectionCount), (other.Channel, other.ProjectionCount));
            Assert.Equal(Bits(one.Values), Bits(other.Values));
        }

        Assert.Equal(Bits(expected.Transmission!), Bits(actual.Transmission!));
        Assert.Equal(expected.Corrected!.Findings.Flags, actual.Corrected!.Findings.Flags);
        Assert.True(expected.Corrected.Findings.IsTransmissionApplied);
        float[] left = new float[SmallScan.Bins];
        float[] right = new float[SmallScan.Bins];
        for (int i = 0; i < expected.Sinogram.Plan.CellCount; i++)
        {
            expected.Corrected.Read(expected.Sinogram.Plan.CellOf(i), 0, left);
            actual.Corrected.Read(expected.Sinogram.Plan.CellOf(i), 0, right);
            Assert.Equal(Bits(left), Bits(right));
        }

        Assert.NotNull(expected.Confidence);
        Assert.Equal(expected.Confidence, actual.Confidence);
        Assert.Equivalent(expected.Roi.Candidates, actual.Roi.Candidates, strict: true);
        Assert.Equal(expected.Series, actual.Series);
    }

    private static int[] Bits(float[] values) => MemoryMarshal.Cast<float, int>(values).ToArray();

    private async Task<ScanRecord> UndisturbedAsync()
    {
        var store = new KeptStore();
        await RunAsync([Start(name: Uid), .. Images(0, 150), End()], new KeptJournal(), store);
        return store.Scan!;
    }

    // The journal that a process leaves which was killed after so many frames.
    private KeptJournal CutOffAfter(int frames, int damaged = 0)
    {
        var journal = new KeptJournal(damaged: damaged)
        {
            Scan = new JournalledScan
            {
                StartedAt = _clock.GetUtcNow() - _clock.Elapsed,
                SeriesId = 1,
                Series = new SeriesHeader { SeriesId = 1, UniqueId = Uid },
                Counters = new FrameCounters { Received = frames, Integrated = frames, Placed = frames },
            },
        };
        var assembly = new ScanAssembly(SmallScan.Options(_plan).Settings(), new Live.Pipeline.Metrics.FrameTally());
        using var integrator = new SimdIntegrator(SmallScan.Options(_plan).Integration, () => new SmallScan.Reader());
        var pattern = new Model.Patterns.DiffractionPattern(SmallScan.Bins);
        for (int i = 0; i < frames; i++)
        {
            using RawFrame frame = _leases.Frame(i);
            integrator.Integrate([frame], [pattern]);
            var row = new JournalledPattern(SmallScan.Bins, 2);
            assembly.Place(pattern, row, out bool isPlaced);
            Assert.True(isPlaced);
            journal.Add(row);
        }

        return journal;
    }

    private LiveScan Scan(
        Func<IFrameSource> source,
        IScanJournal journal,
        KeptStore store,
        Func<RawFrame, FrameOutcome>? judge = null,
        ScanPlan? plan = null,
        Action<string>? say = null) => new(
        SmallScan.Options(plan ?? _plan),
        source,
        () => new SimdIntegrator(SmallScan.Options(_plan).Integration, () => new SmallScan.Reader(judge)),
        _display,
        store,
        _clock,
        patterns: null,
        journal)
        {
            Say = say ?? (sentence =>
            {
                lock (_said)
                {
                    _said.Add(sentence);
                    Volatile.Write(ref _saidCount, _said.Count);
                }
            }),
        };

    private Task<LiveOutcome> RunAsync(IEnumerable<Func<SourceEvent>> script, IScanJournal journal, KeptStore store) =>
        Scan(() => new ScriptedSource(_clock, script), journal, store)
            .RunAsync(CancellationToken.None)
            .WaitAsync(Hang, TestContext.Current.CancellationToken);

    private Func<SourceEvent> Image(int index) => ScriptedSource.Image(() => _leases.Frame(index));

    private IEnumerable<Func<SourceEvent>> Images(int first, int count) => Enumerable.Range(first, count).Select(Image);
}
