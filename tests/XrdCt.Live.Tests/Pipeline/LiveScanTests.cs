using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;
using static XrdCt.Live.Tests.Pipeline.ScriptedSource;

namespace XrdCt.Live.Tests.Pipeline;

public sealed class LiveScanTests
{
    // Frames that the SIMD integrator takes at once.
    private const int BatchSize = 8;

    // A run that has not ended by then hangs; none takes a second.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly FakeClock _clock = new();
    private readonly CountedLeases _leases = new();
    private readonly KeptDisplay _display = new();
    private readonly ScanPlan _plan = new(15, 10, 10);

    [Fact]
    public async Task RunAsync_WholeScan_IsPlacedShownAndSaved()
    {
        var store = new KeptStore();
        var source = new ScriptedSource(_clock, [Start(), .. Images(0, 150), End()]);
        LiveOutcome outcome = await RunAsync(SmallScan.Options(_plan), source, store);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Equal("/results/small.nxs", outcome.SavedPath);
        Assert.Null(outcome.Cause);
        Assert.Equal(new FrameCounters { Received = 150, Integrated = 150, Placed = 150 }, outcome.Counters);
        Assert.Equal(outcome.Counters, store.Scan!.Counters);
        Assert.Equal(150, store.Scan.Sinogram.MeasuredCount);
        Assert.All(
            Enumerable.Range(0, 150),
            i => Assert.Equal(i + 1, store.Scan.Sinogram.Pattern(_plan.CellOf(i))[0]));
        Assert.Equal(75.5, store.Scan.Mean.Intensity[0], 1e-9);
        Assert.Equal(["total", "spottiness"], store.Scan.Slices.Select(s => s.Channel));
        Assert.Equal(10, store.Scan.Slices[0].ProjectionCount);
        Assert.Equal(0, _leases.Live);
        Assert.True(source.IsDisposed);

        Assert.Equal(ScanPhase.Complete, _display.State!.Phase);
        Assert.Equal("", _display.State.Message);
        Assert.Equal("/results/small.nxs", _display.State.SavedPath);
        Assert.Equal(150, _display.State.CellCount);
        Assert.Equal(store.Scan.ChannelSinograms[0].Values, _display.Sinograms["total"].Values);
        Assert.Equal(store.Scan.Slices[0].Values, _display.Slices["total"].Values);
        Assert.Equal((ScanPhase.Waiting, ScanPhase.Saving), (_display.Phases[0], _display.Phases[^2]));
    }

    [Fact]
    public async Task RunAsync_EveryKindOfTrouble_IsCountedExactly()
    {
        var store = new KeptStore();
        Func<SourceEvent>[] script =
        [
            Start(),
            .. Images(0, 20),
            Image(25), Image(24), Image(23), Image(22), Image(21), Image(20),
            Image(3), Image(25), Image(25),
            Reject(FrameOutcome.Malformed, "noise"),
            ScriptedSource.Image(() => _leases.Frame(5, series: 99)),
            ScriptedSource.Image(() => _leases.Frame(150)),
            .. Images(26, 122),
            End(),
        ];
        FrameOutcome Judge(RawFrame frame) => frame.Header.Index switch
        {
            7 => FrameOutcome.Truncated,
            8 or 9 => FrameOutcome.WrongShape,
            _ => FrameOutcome.Accepted,
        };
        LiveOutcome outcome = await RunAsync(
            SmallScan.Options(_plan), new ScriptedSource(_clock, script), store, () => new SmallScan.Reader(Judge));

        Assert.Equal(
            new FrameCounters
            {
                Received = 148 + 3 + 2,
                Integrated = 148 + 3 - 3,
                Placed = 145,
                Duplicate = 3,
                OutOfOrder = 5,
                Malformed = 1,
                Truncated = 1,
                WrongShape = 2,
                ForeignSeries = 1,
                OutsidePlan = 1,
                Missing = 5,
            },
            outcome.Counters);
        Assert.Equal(ScanPhase.Incomplete, outcome.Phase);
        Assert.Contains("2 of 150 frames missing", outcome.Sentence);
        Assert.Equal(outcome.Sentence, store.Scan!.Ending);
        Assert.Equal(0, _leases.Live);
        int[] empty = [7, 8, 9, 148, 149];
        Assert.All(
            Enumerable.Range(0, 150),
            i => Assert.Equal(empty.Contains(i), float.IsNaN(store.Scan.Sinogram.Pattern(_plan.CellOf(i))[0])));
    }

    [Theory]
    [InlineData(1_000_000, BatchSize)]
    [InlineData(0, 1)]
    public async Task RunAsync_ManyBusyWorkers_TakeWholeBatchesAsFarAsMemoryAllows(long batches_bytes, int taken)
    {
        // Four workers hold a frame each, the edge is full, and the source waits with one more in its hand. Then one of the four is done.
        const int Workers = 4;
        int most = LiveGraph.Frames.Capacity + Workers + 1;
        using var full = new ManualResetEventSlim();
        using var another = new ManualResetEventSlim();
        int made = 0;
        int batches = 0;
        int length = 0;
        void Take(ReadOnlySpan<RawFrame> frames)
        {
            int batch = Interlocked.Increment(ref batches);
            if (batch == Workers + 1)
            {
                length = frames.Length;
                another.Set();
            }
            else if (batch <= Workers)
            {
                Assert.True((frames[0].Header.Index == 0 ? full : another).Wait(Hang));
            }
        }

        var source = new ScriptedSource(_clock, [Start(), .. Images(0, 150, OpenWhenFull), End()]);
        var scan = new LiveScan(
            SmallScan.Options(_plan) with { Workers = Workers, Batches_bytes = batches_bytes },
            () => source,
            () => new WatchedIntegrator(Simd()(), Take),
            _display,
            new KeptStore(),
            _clock);
        LiveOutcome outcome = await scan.RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Equal(150, outcome.Counters.Placed);
        Assert.Equal(taken, length);

        // The first frames go out one by one, so that each worker holds one and no more.
        void OpenWhenFull()
        {
            made++;
            if (made <= Workers + 1)
            {
                Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref batches) >= made - 1, Hang));
            }
            else if (_leases.Live == most)
            {
                full.Set();
            }
        }
    }

    [Fact]
    public async Task RunAsync_FramesThatCannotBeUsed_MakeTheScanIncomplete()
    {
        var source = new ScriptedSource(_clock, [Start(), .. Images(0, 150), End()]);
        LiveOutcome outcome = await RunAsync(
            SmallScan.Options(_plan),
            source,
            new KeptStore(),
            () => new SmallScan.Reader(f => f.Header.Index == 7 ? FrameOutcome.Truncated : FrameOutcome.Accepted));

        Assert.Equal(ScanPhase.Incomplete, outcome.Phase);
        Assert.Contains("1 of 150 cells are empty", outcome.Sentence);
    }

    [Fact]
    public async Task RunAsync_SlowConsumer_HoldsTheSourceBackAndLosesNothing()
    {
        // One worker holds a frame, the edge is full, and the source waits with one more in its hand.
        int most = LiveGraph.Frames.Capacity + 2;
        using var gate = new ManualResetEventSlim();
        var source = new ScriptedSource(_clock, [Start(), .. Images(0, 150, OpenWhenFull), End()]);
        FrameOutcome Wait(RawFrame frame)
        {
            Assert.True(gate.Wait(Hang), "the source was held back too early");
            return FrameOutcome.Accepted;
        }

        LiveOutcome outcome = await RunAsync(
            SmallScan.Options(_plan) with { Workers = 1 }, source, new KeptStore(), () => new SmallScan.Reader(Wait));

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Equal(150, outcome.Counters.Placed);

        // From then on the worker takes whole batches.
        Assert.InRange(_leases.Most, most, LiveGraph.Frames.Capacity + BatchSize + 1);
        Assert.Equal(0, _leases.Live);

        void OpenWhenFull()
        {
            if (_leases.Live == most)
            {
                gate.Set();
            }
        }
    }

    [Fact]
    public async Task RunAsync_DecoderFails_EndsWithItsCauseAndSavesWhatCameBefore()
    {
        var failure = new InvalidOperationException("the decoder broke");
        var store = new KeptStore();
        var source = new ScriptedSource(_clock, [Start(), .. Images(0, 150), End()]);
        LiveOutcome outcome = await RunAsync(
            SmallScan.Options(_plan) with { Workers = 1 },
            source,
            store,
            () => new SmallScan.Reader(f => f.Header.Index == 60 ? throw failure : FrameOutcome.Accepted));

        Assert.Equal(ScanPhase.Failed, outcome.Phase);
        Assert.Same(failure, outcome.Cause);
        Assert.Contains("the decoder broke", outcome.Sentence);

        // What was in the same batch goes with it; what was integrated before is safe.
        int integrated = (int)outcome.Counters.Integrated;
        Assert.InRange(integrated, 60 - BatchSize + 1, 60);
        Assert.Equal(integrated, store.Scan!.Sinogram.MeasuredCount);
        Assert.Equal(150 - integrated, outcome.Counters.Missing);
        Assert.Equal("/results/small.nxs", outcome.SavedPath);
        Assert.Equal(0, _leases.Live);
        Assert.True(source.IsDisposed);
        Assert.Equal(ScanPhase.Failed, _display.State!.Phase);
    }

    [Fact]
    public async Task RunAsync_DecoderFailsAfterTheLastFrameCame_GivesAllFramesBack()
    {
        // The reception is over and the edge holds the last frames when the only worker fails.
        using var over = new ManualResetEventSlim();
        ScanPlan plan = new(4, 3, 10);
        var source = new ScriptedSource(_clock, [Start(), .. Images(0, 12), LastMessage()]);
        LiveOutcome outcome = await RunAsync(
            SmallScan.Options(plan) with { Workers = 1 }, source, new KeptStore(), () => new SmallScan.Reader(Fail));

        Assert.Equal(ScanPhase.Failed, outcome.Phase);
        Assert.Equal(0, _leases.Live);

        Func<SourceEvent> LastMessage() => () =>
        {
            over.Set();
            return End()();
        };

        FrameOutcome Fail(RawFrame frame)
        {
            Assert.True(over.Wait(Hang));
            throw new InvalidOperationException("the decoder broke");
        }
    }

    [Fact]
    public async Task RunAsync_DecoderFailsAfterTheNextSeriesBegan_HandsItsFirstFrameOn()
    {
        using var over = new ManualResetEventSlim();
        ScanPlan plan = new(4, 3, 10);
        Func<SourceEvent> next = ScriptedSource.Image(() => _leases.Frame(0, series: 2));
        var source = new ScriptedSource(_clock, [Start(), .. Images(0, 6), Next]);
        LiveOutcome outcome = await RunAsync(
            SmallScan.Options(plan) with { Workers = 1 }, source, new KeptStore(), () => new SmallScan.Reader(Fail));

        Assert.Equal(ScanPhase.Failed, outcome.Phase);
        Assert.Equal(2, outcome.Next[0].SeriesId);
        Assert.Equal(1, _leases.Live);
        outcome.Next[0].Frame.Dispose();

        SourceEvent Next()
        {
            over.Set();
            return next() with { HasNoHeader = true };
        }

        FrameOutcome Fail(RawFrame frame)
        {
            Assert.True(over.Wait(Hang));
            throw new InvalidOperationException("the decoder broke");
        }
    }

    [Fact]
    public async Task RunAsync_SourceFails_EndsWithItsCauseAndSavesWhatCameBefore()
    {
        var store = new KeptStore();
        var failure = new InvalidOperationException("the socket broke");
        var source = new ScriptedSource(_clock, [Start(), .. Images(0, 60), () => throw failure]);
        LiveOutcome outcome = await RunAsync(SmallScan.Options(_plan), source, store);

        Assert.Equal(ScanPhase.Failed, outcome.Phase);
        Assert.Same(failure, outcome.Cause);
        Assert.Equal(outcome.Counters.Integrated, outcome.Counters.Placed);
        Assert.Equal(outcome.Counters.Placed, store.Scan!.Sinogram.MeasuredCount);
        Assert.Equal(0, _leases.Live);
    }

    [Fact]
    public async Task RunAsync_SourceCannotBeOpened_SaysWhyAndSavesNothing()
    {
        var store = new KeptStore();
        var scan = new LiveScan(
            SmallScan.Options(_plan),
            () => throw new InvalidOperationException("cannot connect to tcp://nowhere:1"),
            Simd(),
            _display,
            store,
            _clock);
        LiveOutcome outcome = await scan.RunAsync(CancellationToken.None)
            .WaitAsync(Hang, TestContext.Current.CancellationToken);

        Assert.Equal(ScanPhase.Failed, outcome.Phase);
        Assert.Contains("cannot connect to tcp://nowhere:1", outcome.Sentence);
        Assert.Contains("nothing to save", outcome.Sentence);
        Assert.Null(store.Scan);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_StoreFails_SaysSoInsteadOfThrowing(bool expected)
    {
        const string Full = "the disk is full";
        Exception failure = expected ? new IOException(Full) : new InvalidOperationException(Full);
        var source = new ScriptedSource(_clock, [Start(), .. Images(0, 150), End()]);
        LiveOutcome outcome = await RunAsync(SmallScan.Options(_plan), source, new KeptStore(failure));

        Assert.Equal(ScanPhase.Failed, outcome.Phase);
        string sentence = expected ? Full : $"the scan cannot be saved: {Full}";
        Assert.Equal(sentence, outcome.Sentence);
        Assert.Same(failure, outcome.Cause);
        Assert.Null(outcome.SavedPath);
        Assert.Equal(ScanPhase.Failed, _display.State!.Phase);
        Assert.Equal(sentence, _display.State.Message);
    }

    [Fact]
    public async Task RunAsync_StopMidScan_KeepsEveryFrameThatWasTaken()
    {
        using var stop = new CancellationTokenSource();
        var store = new KeptStore();
        var source = new ScriptedSource(
            _clock, [Start(), .. Images(0, 60), Meanwhile(stop.Cancel), .. Images(60, 90)]);
        LiveOutcome outcome = await RunAsync(SmallScan.Options(_plan), source, store, stop: stop);

        Assert.Equal(ScanPhase.Incomplete, outcome.Phase);
        Assert.Equal("the scan was stopped after 60 of 150 frames", outcome.Sentence);
        Assert.Equal(new FrameCounters { Received = 60, Integrated = 60, Placed = 60, Missing = 90 }, outcome.Counters);
        Assert.Equal(60, store.Scan!.Sinogram.MeasuredCount);
        Assert.Equal(4, store.Scan.Slices[0].ProjectionCount);
        Assert.Equal(0, _leases.Live);
    }

    [Fact]
    public async Task RunAsync_DisplayThatThrows_EndsTheRunButNotTheResult()
    {
        var store = new KeptStore();
        var scan = new LiveScan(
            SmallScan.Options(_plan),
            () => new ScriptedSource(_clock, [Start(), .. Images(0, 150), End()]),
            Simd(),
            new BrokenDisplay(),
            store,
            _clock);
        LiveOutcome outcome = await scan.RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);

        Assert.Equal(ScanPhase.Failed, outcome.Phase);
        Assert.Contains("the screen is dark", outcome.Sentence);
        Assert.Equal("/results/small.nxs", outcome.SavedPath);
        Assert.True(store.Scan!.Sinogram.MeasuredCount > 0);
        Assert.Equal(0, _leases.Live);
    }

    [Fact]
    public async Task RunAsync_Publisher_GetsEveryPatternThatIsSaved()
    {
        var store = new KeptStore();
        var published = new KeptPatterns();
        LiveOutcome outcome = await RunPublishedAsync(published, store);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Equal(Enumerable.Range(0, 150), published.Patterns.Select(p => p.Header.Index).Order());
        Assert.All(published.Patterns, p => Assert.Equal(store.Scan!.Sinogram.Pattern(p.Cell).ToArray(), p.Intensity));
    }

    [Fact]
    public async Task RunAsync_PublisherFails_DoesNotCostTheScan()
    {
        var store = new KeptStore();
        LiveOutcome outcome = await RunPublishedAsync(new KeptPatterns(failsAt: 60), store);

        Assert.Equal((ScanPhase.Complete, 150L), (outcome.Phase, outcome.Counters.Placed));
        Assert.Equal(150, store.Scan!.Sinogram.MeasuredCount);
    }

    [Fact]
    public async Task RunAsync_NoFrameAtAll_SavesNothing()
    {
        var store = new KeptStore();
        LiveOutcome outcome = await RunAsync(
            SmallScan.Options(_plan), new ScriptedSource(_clock, [Start(), End()]), store);

        Assert.Equal(ScanPhase.Incomplete, outcome.Phase);
        Assert.Contains("nothing to save", outcome.Sentence);
        Assert.Null(store.Scan);
    }

    [Fact]
    public async Task RunAsync_EveryBin_IsUpToDateAtTheEnd()
    {
        var store = new KeptStore();
        LiveOptions options = SmallScan.Options(_plan) with { EveryBin = true };
        LiveOutcome outcome = await RunAsync(options, new ScriptedSource(_clock, [Start(), .. Images(0, 150), End()]), store);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Equal((ScanPhase.Complete, "/results/small.nxs"), (_display.State!.Phase, _display.State.SavedPath));
        Assert.Equal((10, 0.0), (_display.State.VolumeProjectionCount!.Value, _display.State.VolumeLag_s));
        float[] pattern = new float[SmallScan.Bins];
        Model.Slices.SliceMap total = store.Scan!.Slices[0];
        int seen = 0;
        for (int i = 0; i < total.Values.Length; i++)
        {
            Assert.True(_display.Voxels!.TryRead(i / total.Size, i % total.Size, pattern));
            Assert.Equal(float.IsNaN(total.Values[i]), float.IsNaN(pattern[0]));
            if (float.IsFinite(total.Values[i]))
            {
                Assert.Equal(total.Values[i], pattern.Sum(), 1e-3f * Math.Abs(total.Values.Where(float.IsFinite).Max()));
                seen++;
            }
        }

        Assert.InRange(seen, 100, 225);
    }

    [Fact]
    public async Task RunAsync_EveryBinTakesTooMuchMemory_IsSaidAndCostsNothing()
    {
        List<string> said = [];
        var store = new KeptStore();
        LiveOptions options = SmallScan.Options(_plan) with { EveryBin = true, EveryBin_bytes = 100_000 };
        var scan = new LiveScan(
            options, () => new ScriptedSource(_clock, [Start(), .. Images(0, 150), End()]), Simd(), _display, store, _clock)
        { Say = said.Add };
        LiveOutcome outcome = await scan.RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);

        Assert.Equal((ScanPhase.Complete, 150), (outcome.Phase, store.Scan!.Sinogram.MeasuredCount));
        Assert.Contains("the slices of every bin are not followed live: they take ", Assert.Single(said));
        Assert.Null(_display.Voxels);
        Assert.Null(_display.State!.VolumeProjectionCount);
        Assert.True(double.IsNaN(_display.State.VolumeLag_s));
    }

    [Fact]
    public async Task RunAsync_NotEveryBin_MakesNone()
    {
        await RunAsync(SmallScan.Options(_plan), new ScriptedSource(_clock, [Start(), .. Images(0, 150), End()]), new KeptStore());
        Assert.Null(_display.Voxels);
        Assert.Null(_display.State!.VolumeProjectionCount);
    }

    [Fact]
    public async Task RunAsync_StoppedWithEveryBin_DoesNotWaitForThem()
    {
        // Of the sixth line there are five frames, which only the end of the scan makes a projection of.
        using var stop = new CancellationTokenSource();
        var store = new KeptStore();
        LiveOptions options = SmallScan.Options(_plan) with { EveryBin = true };
        LiveOutcome outcome = await RunAsync(
            options, new ScriptedSource(_clock, [Start(), .. Images(0, 80), Meanwhile(stop.Cancel)]), store, stop: stop);

        Assert.Equal(ScanPhase.Incomplete, outcome.Phase);
        Assert.Equal(80, store.Scan!.Sinogram.MeasuredCount);
        Assert.Equal(6, _display.State!.ProjectionCount);
        Assert.InRange(_display.State.VolumeProjectionCount!.Value, 0, 5);
    }

    private Task<LiveOutcome> RunPublishedAsync(KeptPatterns published, KeptStore store)
    {
        var source = new ScriptedSource(_clock, [Start(), .. Images(0, 150), End()]);
        var scan = new LiveScan(
            SmallScan.Options(_plan), () => source, Simd(), _display, store, _clock, published);
        return scan.RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);
    }

    private async Task<LiveOutcome> RunAsync(
        LiveOptions options,
        ScriptedSource source,
        KeptStore store,
        Func<IPixelReader>? createReader = null,
        CancellationTokenSource? stop = null)
    {
        var scan = new LiveScan(
            options, () => source, Simd(createReader), _display, store, _clock);
        return await scan.RunAsync(stop?.Token ?? CancellationToken.None)
            .WaitAsync(Hang, TestContext.Current.CancellationToken);
    }

    private Func<IFrameIntegrator> Simd(Func<IPixelReader>? createReader = null) =>
        () => new SimdIntegrator(SmallScan.Options(_plan).Integration, createReader ?? (() => new SmallScan.Reader()));

    private Func<SourceEvent> Image(int index) => ScriptedSource.Image(() => _leases.Frame(index));

    private IEnumerable<Func<SourceEvent>> Images(int first, int count, Action? made = null) => Enumerable
        .Range(first, count)
        .Select(i => ScriptedSource.Image(() =>
        {
            RawFrame frame = _leases.Frame(i);
            made?.Invoke();
            return frame;
        }));

    private sealed class WatchedIntegrator(IFrameIntegrator inner, WatchedIntegrator.Taking taking) : IFrameIntegrator
    {
        public delegate void Taking(ReadOnlySpan<RawFrame> frames);

        public IntegrationPlan Plan => inner.Plan;

        public int BatchSize => inner.BatchSize;

        public void Integrate(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
        {
            taking(frames);
            inner.Integrate(frames, patterns);
        }

        public void Dispose() => inner.Dispose();
    }
}
