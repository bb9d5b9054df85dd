using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;
using static XrdCt.Live.Tests.Pipeline.ScriptedSource;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>Whole scans with a stream of readings beside that of the frames.</summary>
public sealed class FollowedScanTests : IDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly FakeClock _clock = new();
    private readonly CountedLeases _leases = new();
    private readonly KeptDisplay _display = new();
    private readonly KeptStore _store = new();
    private readonly KeptJournal _journal = new();
    private readonly ScanPlan _plan = new(15, 10, 10, ScanOrder.Interlaced);
    private readonly ScriptedReadings _readings;
    private readonly ReadingFeed _feed;

    public FollowedScanTests()
    {
        _readings = new ScriptedReadings(_clock);
        _feed = new ReadingFeed(() => _readings);
    }

    public void Dispose() => _feed.Dispose();

    [Fact]
    public async Task RunAsync_ReadingsBeforeBetweenAndAfterTheFrames_AreAllTaken()
    {
        Tell(0, 40);
        LiveOutcome outcome = await RunAsync(
            [Start(), .. Images(0, 80), Meanwhile(() => Tell(40, 50)), .. Images(80, 70), Meanwhile(() => Tell(90, 60)), End()]);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Null(_store.Scan!.Unmatched);
        Assert.All(Enumerable.Range(0, 150), i => Assert.Equal(2 + i, _store.Scan.Monitor[_store.Scan.Sinogram.Offset(_plan.CellOf(i))]));
        Assert.Equal(Enumerable.Range(0, 150), _journal.Readings.Select(r => r.Index!.Value));
        ScanRecord recovered = ScanResult.FromJournal(Options().Settings(), _journal, _clock.GetUtcNow(), out _);
        Assert.Equal(_store.Scan.Sinogram.Values, recovered.Sinogram.Values);
        Assert.Equal(_store.Scan.Slices[0].Values, recovered.Slices[0].Values);
        Assert.False(_readings.IsDisposed);
    }

    [Fact]
    public async Task RunAsync_ReadingsThatNeverCome_AreWaitedForSoLongAndNamed()
    {
        Tell(0, 147);
        LiveOutcome outcome = await RunAsync([Start(), .. Images(0, 150), Meanwhile(() => _readings.LetsTimePass = true), End()]);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.False(outcome.IsWell);
        Assert.Equal(outcome.Sentence, _display.State!.Message);
        Assert.Contains("3 frames never got the position or monitor value they needed: they are saved, marked, and in no slice", outcome.Sentence);
        Assert.Equal(3, _store.Scan!.Unmatched!.Count(u => u));
        Assert.InRange(_clock.Elapsed, Options().ReadingsGrace, TimeSpan.MaxValue);
    }

    [Fact]
    public async Task RunAsync_PositionsOfAnotherScan_AreRefusedAndThoseOfTheNextKept()
    {
        Tell(0, 150, series: 6);
        Tell(0, 150, series: 8, monitor: 1000);
        Tell(0, 150, series: 7);
        LiveOutcome outcome = await RunAsync([Start(7), .. Images(0, 150, 7), End(7)]);
        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Null(_store.Scan!.Unmatched);
        Assert.Equal(2, _store.Scan.Monitor[_store.Scan.Sinogram.Offset(_plan.CellOf(0))]);
        Assert.Contains(_journal.Events, e => e.Sentence == "positions or monitor values of series 6 came during series 7: they are left out");
        Assert.Equal(150, _journal.Readings.Count);

        var journal = new KeptJournal();
        LiveOutcome next = await RunAsync([Start(8), .. Images(0, 150, 8), End(8)], journal);
        Assert.Equal(ScanPhase.Complete, next.Phase);
        Assert.Equal(1000, _store.Scan.Monitor[_store.Scan.Sinogram.Offset(_plan.CellOf(0))]);
        Assert.Equal(150, journal.Readings.Count);
    }

    [Fact]
    public async Task RunAsync_ReadingsByTimeAboutTheEndOfAScan_ServeTheNextToo()
    {
        // Twice a second, nobody says of which series; the second scan begins between two of them.
        ReadingRule rule = new() { Key = ReadingKey.Time, Needs = ReadingQuantities.Monitor, LargestGap = TimeSpan.FromSeconds(1) };
        DateTimeOffset begin = _clock.GetUtcNow();
        for (int k = -1; k < 6; k++)
        {
            _readings.Tell(new StageReading { At = begin.AddSeconds(0.5 * k), Translation_mm = double.NaN, Rotation_deg = double.NaN, Monitor = 4 });
        }

        _readings.Tell(new StageReading { At = begin.AddHours(1), Translation_mm = double.NaN, Rotation_deg = double.NaN, Monitor = 9 });
        LiveOutcome first = await RunAsync([Start(), .. Images(0, 150, begin: begin), End()], options: Options() with { Readings = rule });
        Assert.Null(_store.Scan!.Unmatched);
        Assert.True(first.IsWell);
        var journal = new KeptJournal();
        await RunAsync([Start(2), .. Images(0, 150, 2, begin.AddSeconds(1.1)), End(2)], journal, options: Options() with { Readings = rule });
        Assert.Null(_store.Scan!.Unmatched);
        Assert.All(_store.Scan.Monitor, m => Assert.Equal(4, m));
        Assert.NotEmpty(journal.Readings);
        Assert.DoesNotContain(_journal.Readings.Concat(journal.Readings), r => r.Monitor == 9);
    }

    [Fact]
    public void Drain_BetweenTwoScans_KeepsWhatCame()
    {
        Tell(0, 3, series: 5);
        _readings.Refuse("noise");
        Tell(3, 2, series: 5);
        _feed.Drain();
        Assert.False(_readings.TryReceive(TimeSpan.Zero, out _, out _));
        _feed.BeginScan();
        for (int i = 0; i < 5; i++)
        {
            Assert.True(_feed.TryNext(5, null, TimeSpan.Zero, out StageReading reading, out _));
            Assert.Equal(i, reading.Index);
        }
    }

    [Fact]
    public async Task RunAsync_WhatIsNoReading_IsToldAndPassedOver()
    {
        _readings.Refuse("the message is no reading: its type is not 'reading'");
        Tell(0, 150);
        LiveOutcome outcome = await RunAsync([Start(), .. Images(0, 150), End()]);
        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Null(_store.Scan!.Unmatched);
    }

    [Fact]
    public async Task RunAsync_StreamOfReadingsBreaks_EndsTheScanWithItsCauseAndKeepsTheFrames()
    {
        using var broken = new ReadingFeed(() => throw new InvalidOperationException("tcp://stage:1 cannot be used"));
        LiveOutcome outcome = await RunAsync([Start(), .. Images(0, 150)], feed: broken);
        Assert.Equal(ScanPhase.Failed, outcome.Phase);
        Assert.Contains("tcp://stage:1 cannot be used", outcome.Sentence);
    }

    private LiveOptions Options() => SmallScan.Options(_plan) with
    {
        Readings = new ReadingRule { Key = ReadingKey.Index, Needs = ReadingQuantities.Monitor },
        ReadingsGrace = TimeSpan.FromSeconds(10),
    };

    private void Tell(int first, int count, long series = 1, double monitor = 2)
    {
        for (int i = first; i < first + count; i++)
        {
            _readings.Tell(new StageReading
            {
                SeriesId = series,
                Index = i,
                Translation_mm = double.NaN,
                Rotation_deg = double.NaN,
                Monitor = monitor + i,
            });
        }
    }

    private Task<LiveOutcome> RunAsync(IEnumerable<Func<SourceEvent>> script, KeptJournal? journal = null, ReadingFeed? feed = null, LiveOptions? options = null) => new LiveScan(
        options ?? Options(),
        () => new ScriptedSource(_clock, script),
        () => new SimdIntegrator(Options().Integration, () => new SmallScan.Reader()),
        _display,
        _store,
        _clock,
        patterns: null,
        journal ?? _journal,
        () => feed ?? _feed).RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);

    // Six milliseconds apart.
    private IEnumerable<Func<SourceEvent>> Images(int first, int count, long series = 1, DateTimeOffset begin = default) =>
        Enumerable.Range(first, count).Select(i => ScriptedSource.Image(() =>
        {
            RawFrame frame = _leases.Frame(i, series);
            return new RawFrame
            {
                Header = frame.Header with { AcquiredAt = begin.AddMilliseconds(6 * i) },
                Shape = frame.Shape,
                Type = frame.Type,
                Encoding = frame.Encoding,
                Lease = frame.Lease,
                PayloadOffset = frame.PayloadOffset,
                PayloadLength = frame.PayloadLength,
            };
        }));
}
