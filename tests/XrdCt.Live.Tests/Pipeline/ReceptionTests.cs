using System.Threading.Channels;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;
using static XrdCt.Live.Tests.Pipeline.ScriptedSource;

namespace XrdCt.Live.Tests.Pipeline;

public sealed class ReceptionTests
{
    private const int Cells = 6;

    private readonly FakeClock _clock = new();
    private readonly CountedLeases _leases = new();
    private readonly FrameTally _tally = new();
    private readonly LiveOptions _options = SmallScan.Options(new ScanPlan(3, 2, 10));
    private readonly Channel<RawFrame> _frames = Channel.CreateUnbounded<RawFrame>();
    private readonly Reception _reception;

    public ReceptionTests() => _reception = new Reception(_options, _tally, _clock);

    [Fact]
    public void Receive_AllFramesAndEnd_FinishesAtOnce()
    {
        ScanEnding ending = Receive([Start(), .. Images(0..Cells), End()]);

        Assert.Equal((true, "every cell of the scan was measured"), (ending.IsComplete, ending.Sentence));
        Assert.Equal(TimeSpan.Zero, _clock.Elapsed);
        Assert.Equal([0, 1, 2, 3, 4, 5], Taken());
        Assert.Equal(new FrameCounters { Received = Cells }, _tally.Read());
    }

    [Fact]
    public void Receive_AllFramesButNoEnd_FinishesAfterTheGrace()
    {
        ScanEnding ending = Receive([Start(), .. Images(0..Cells)]);

        Assert.True(ending.IsComplete);
        Assert.InRange(_clock.Elapsed, _options.EndGrace, _options.EndGrace + TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Receive_EndWithFramesMissing_WaitsForTheGraceAndSaysHowMany()
    {
        ScanEnding ending = Receive([Start(), .. Images(0..4), End()]);

        Assert.False(ending.IsComplete);
        Assert.Contains("2 of 6 frames missing", ending.Sentence);
        Assert.True(ending.EndedByDetector);
        Assert.InRange(_clock.Elapsed, _options.EndGrace, _options.EndGrace + TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Receive_LateFrameAfterTheEnd_StillCounts()
    {
        ScanEnding ending = Receive([Start(), .. Images(0..5), End(), Wait(1), .. Images(5..6)]);

        Assert.True(ending.IsComplete);
        Assert.Equal(Cells, Taken().Count);
    }

    [Fact]
    public void Receive_SenderFallsSilentBeforeTheFirstFrame_SaysSo() =>
        Assert.Contains("silent for 30 s after the header: 6 of 6 frames", Receive([Start()]).Sentence);

    [Fact]
    public void Receive_SenderFallsSilent_SaysAfterWhichFrame()
    {
        ScanEnding ending = Receive([Start(), .. Images(0..3)]);

        Assert.False(ending.IsComplete);
        Assert.Contains("silent for 30 s after frame 2", ending.Sentence);
        Assert.Contains("3 of 6 frames are missing", ending.Sentence);
        Assert.InRange(_clock.Elapsed, _options.SilenceLimit, _options.SilenceLimit + TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Receive_SilenceBetweenFramesBelowTheLimit_GoesOn()
    {
        ScanEnding ending = Receive(
            [Start(), Wait(29), .. Images(0..3), Wait(29), .. Images(3..Cells), End()]);

        Assert.True(ending.IsComplete);
    }

    [Fact]
    public void Receive_NothingEverComes_WaitsUntilItIsStopped()
    {
        using var stop = new CancellationTokenSource();
        ScanEnding ending = Receive([Wait(3600), Wait(3600), Meanwhile(stop.Cancel)], stop);

        Assert.False(ending.IsComplete);
        Assert.Contains("stopped after 0 of 6 frames", ending.Sentence);
        Assert.Null(_reception.StartedAt);
        Assert.Null(_reception.SinceLastMessage);
    }

    [Fact]
    public void Receive_HeaderOfAnotherSeries_EndsTheScan()
    {
        ScanEnding ending = Receive(
            [Start(7), .. Images(0..2, series: 7), Start(8), .. Images(2..4, series: 7)]);

        Assert.False(ending.IsComplete);
        Assert.Contains("series 8 began before series 7 had ended", ending.Sentence);
        Assert.Contains("2 of 6 frames", ending.Sentence);
        Assert.Equal(8, ending.Next[0].SeriesId);
        Assert.False(ending.EndedByDetector);
        Assert.Equal([0, 1], Taken());
    }

    [Fact]
    public void Receive_HeaderAfterFramesOfAnotherSeries_SaysThatTheyWereLeftOver()
    {
        ScanEnding ending = Receive([.. Images(4..Cells, series: 7), Start(8), .. Images(0..Cells, series: 8)]);

        Assert.Contains("2 of 6 frames of series 7 came without a header, left over", ending.Sentence);
        Assert.Equal(8, ending.Next[0].SeriesId);
        Assert.Equal([4, 5], Taken());
    }

    [Fact]
    public void Receive_LaterSeriesWhoseHeaderWasLost_EndsTheScanAtItsThirdFrame()
    {
        ScanEnding ending = Receive([Start(7), .. Images(0..2, series: 7), .. Images(0..5, series: 8)]);

        Assert.Contains("series 8 began before series 7 had ended", ending.Sentence);
        Assert.Equal((8, 2), (ending.Next[0].SeriesId, ending.Next[0].Frame.Header.Index));
        Assert.Equal(new FrameCounters { Received = 4, ForeignSeries = 2 }, _tally.Read());
        ending.Next[0].Frame.Dispose();
        Assert.Equal([0, 1], Taken());
    }

    [Fact]
    public void Receive_ADamagedSeriesNumberNowAndThen_DoesNotEndTheScan()
    {
        ScanEnding ending = Receive(
            [
                Start(7), .. Images(0..2, series: 7), .. Images(2..4, series: 900), .. Images(4..5, series: 7), .. Images(5..Cells, series: 900),
                .. Images(2..Cells, series: 7), End(7),
            ]);

        Assert.True(ending.IsComplete);
        Assert.Equal(3, _tally.Read().ForeignSeries);
    }

    [Fact]
    public void Receive_DialectWithoutHeaders_CountsNothingAsBeforeThemAndSwitchesAtTheFirstFrame()
    {
        Func<SourceEvent> Bare(int index, long series) => () => Image(() => _leases.Frame(index, series: series))() with { HasNoHeader = true };
        ScanEnding ending = Receive([Bare(0, 0), Bare(1, 0), Bare(0, 1), Bare(1, 1)]);

        Assert.Contains("series 1 began", ending.Sentence);
        Assert.Equal(new FrameCounters { Received = 2 }, _tally.Read());
        ending.Next[0].Frame.Dispose();
        Assert.Equal([0, 1], Taken());
    }

    [Fact]
    public void Receive_SameNumberUnderAnotherName_IsAnotherSeries()
    {
        ScanEnding ending = Receive(
            [Start(name: "FIRST"), .. Images(0..2), Start(name: "FIRST"), .. Images(2..3), Start(name: "SECOND"), .. Images(0..Cells), End()]);

        Assert.Contains("series 1 was started anew before series 1 had ended", ending.Sentence);
        Assert.Equal([0, 1, 2], Taken());
    }

    [Fact]
    public void Receive_SameHeaderThenFrame0Again_IsAnotherScan()
    {
        // A sender that names its series by number only died, and another one began with the same number: two scans, not one of both.
        ScanEnding ending = Receive([Start(1), .. Images(0..3), Start(1), .. Images(0..Cells), End()]);

        Assert.False(ending.IsComplete);
        Assert.Contains("started anew under the same number", ending.Sentence);
        Assert.Equal([SourceEventKind.SeriesStarted, SourceEventKind.Image], ending.Next.Select(n => n.Kind));
        Assert.Equal(3, _tally.Read().Received);
        ending.Next[1].Frame.Dispose();
        Assert.Equal([0, 1, 2], Taken());
    }

    [Fact]
    public void Receive_SameHeaderTwice_GoesOn()
    {
        ScanEnding ending = Receive(
            [Start(), .. Images(0..2), Start(), .. Images(2..Cells), End()]);

        Assert.True(ending.IsComplete);
        Assert.Equal("", _reception.Complaint);
    }

    [Fact]
    public void Receive_FramesOfAnotherSeries_AreCountedAndGivenBack()
    {
        ScanEnding ending = Receive(
            [Start(2), .. Images(0..3, series: 1), .. Images(0..Cells, series: 2), End(1), End(2)]);

        Assert.True(ending.IsComplete);
        Assert.Equal(new FrameCounters { Received = 9, ForeignSeries = 3 }, _tally.Read());
        Assert.Equal(Cells, Taken().Count);
        Assert.Contains("end of series 1", _reception.Complaint);
    }

    [Fact]
    public void Receive_EndOfAnEarlierSeries_DoesNotEndTheScan()
    {
        ScanEnding ending = Receive([End(3), Start(4), .. Images(0..Cells, series: 4), End(4)]);

        Assert.True(ending.IsComplete);
        Assert.Equal(Cells, Taken().Count);
    }

    [Theory]
    [InlineData(Cells)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Receive_IndexOutsideThePlan_IsCountedAndGivenBack(int index)
    {
        ScanEnding ending = Receive(
            [Start(), Image(() => _leases.Frame(index)), .. Images(0..Cells), End()]);

        Assert.True(ending.IsComplete);
        Assert.Equal(new FrameCounters { Received = 7, OutsidePlan = 1 }, _tally.Read());
        Assert.Contains($"frame {index} lies outside", _reception.Complaint);
        Assert.Equal([0, 1, 2, 3, 4, 5], Taken());
    }

    [Fact]
    public void Receive_LateJoiner_TakesTheSeriesOfTheFirstFrame()
    {
        ScanEnding ending = Receive([.. Images(2..4, series: 9), Start(9), .. Images(4..Cells, series: 9), End(9)]);

        Assert.Contains("2 of 6 frames missing", ending.Sentence);
        Assert.Equal(new FrameCounters { Received = 4, BeforeHeader = 2 }, _tally.Read());
        Assert.Equal(9, _reception.Header!.SeriesId);
        Assert.Equal([2, 3, 4, 5], Taken());
    }

    [Fact]
    public void Receive_RefusedMessages_AreCountedByKindAndTheLastReasonIsKept()
    {
        Receive(
        [
            Start(),
            Reject(FrameOutcome.Malformed, "no CBOR"),
            Reject(FrameOutcome.Truncated, "cut short"),
            .. Images(0..Cells),
            End(),
        ]);

        Assert.Equal(new FrameCounters { Received = Cells, Malformed = 1, Truncated = 1 }, _tally.Read());
        Assert.Equal("cut short", _reception.Complaint);
    }

    [Fact]
    public void Receive_RefusedMessageBeforeTheScan_StartsNoSilenceLimit()
    {
        using var stop = new CancellationTokenSource();
        ScanEnding ending = Receive(
            [Reject(FrameOutcome.Malformed, "noise"), Wait(3600), Meanwhile(stop.Cancel)], stop);

        Assert.Contains("stopped", ending.Sentence);
    }

    [Fact]
    public void Receive_Stop_SaysHowFarItCame()
    {
        using var stop = new CancellationTokenSource();
        ScanEnding ending = Receive(
            [Start(), .. Images(0..4), Meanwhile(stop.Cancel), .. Images(4..Cells)], stop);

        Assert.Equal((false, "the scan was stopped after 4 of 6 frames"), (ending.IsComplete, ending.Sentence));
        Assert.Equal([0, 1, 2, 3], Taken());
    }

    [Fact]
    public void Receive_AnotherNumberOfImagesAnnounced_IsSaid()
    {
        Receive([Start(images: 100), .. Images(0..Cells), End()]);

        Assert.Equal("the detector announces 100 images, the scan plan has 6 cells", _reception.Complaint);
    }

    [Fact]
    public void Receive_ShuffledAndRepeatedFrames_AreAllHandedOnAndCountedOnce()
    {
        // 1 comes late once; 0 and 3 come again, which is a repetition and nothing out of order.
        int[] order = [0, 2, 1, 3, 0, 3, 5, 4];
        ScanEnding ending = Receive(
            [Start(), .. order.Select(i => Image(() => _leases.Frame(i))), End()]);

        Assert.True(ending.IsComplete);
        Assert.Equal(order, Taken());
        Assert.Equal(new FrameCounters { Received = 8, OutOfOrder = 2 }, _tally.Read());
    }

    [Fact]
    public void Receive_NobodyTakesFramesAnyMore_GivesThemBackAndEnds()
    {
        using var stop = new CancellationTokenSource();
        using var broken = new CancellationTokenSource();
        Channel<RawFrame> full = Channel.CreateBounded<RawFrame>(1);
        broken.Cancel();
        var source = new ScriptedSource(
            _clock, [Start(), .. Images(0..3), Meanwhile(stop.Cancel)]);
        _reception.Receive(source, full.Writer, stop.Token, broken.Token);

        Assert.True(full.Reader.TryRead(out RawFrame first));
        first.Dispose();
        Assert.False(full.Reader.TryRead(out _));
        Assert.Equal(0, _leases.Live);
    }

    private ScanEnding Receive(IEnumerable<Func<SourceEvent>> script, CancellationTokenSource? stop = null) =>
        _reception.Receive(
            new ScriptedSource(_clock, script),
            _frames.Writer,
            stop?.Token ?? CancellationToken.None,
            CancellationToken.None);

    private IEnumerable<Func<SourceEvent>> Images(Range indices, long series = 1) => Enumerable
        .Range(indices.Start.Value, indices.End.Value - indices.Start.Value)
        .Select(i => Image(() => _leases.Frame(i, series: series)));

    private Func<SourceEvent> Wait(double seconds) =>
        Meanwhile(() => _clock.Advance(TimeSpan.FromSeconds(seconds)));

    /// <summary>Indices that were handed on; afterwards no frame may be held by anybody.</summary>
    private List<int> Taken()
    {
        List<int> indices = [];
        while (_frames.Reader.TryRead(out RawFrame frame))
        {
            indices.Add(frame.Header.Index);
            frame.Dispose();
        }

        Assert.Equal(0, _leases.Live);
        return indices;
    }
}
