using XrdCt.Live.Compute.Simd;
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
        Assert.Contains("3 frames never got the position or monitor value they needed: they are saved as they came, marked, and in no slice", outcome.Sentence);
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

    private Task<LiveOutcome> RunAsync(IEnumerable<Func<SourceEvent>> script, KeptJournal? journal = null, ReadingFeed? feed = null) => new LiveScan(
        Options(),
        () => new ScriptedSource(_clock, script),
        () => new SimdIntegrator(Options().Integration, () => new SmallScan.Reader()),
        _display,
        _store,
        _clock,
        patterns: null,
        journal ?? _journal,
        () => feed ?? _feed).RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);

    private IEnumerable<Func<SourceEvent>> Images(int first, int count, long series = 1) =>
        Enumerable.Range(first, count).Select(i => ScriptedSource.Image(() => _leases.Frame(i, series)));
}
