using System.Threading.Channels;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;
using static XrdCt.Live.Tests.Pipeline.ScriptedSource;

namespace XrdCt.Live.Tests.Pipeline;

public sealed class SeriesFeedTests
{
    private const int Cells = 6;

    private readonly FakeClock _clock = new();
    private readonly CountedLeases _leases = new();

    [Fact]
    public void Feed_SeriesAfterSeries_EachScanGetsItsOwnFramesAndNoneIsLost()
    {
        // Series 1 is aborted by series 2; series 2 ends; a late frame of it comes when it is over; series 3 sends no header.
        using SeriesFeed feed = Feed(
            [
                Start(1), .. Images(0..2, 1),
                Start(2), .. Images(0..Cells, 2), End(2), .. Images(3..4, 2), End(2), Reject(FrameOutcome.Malformed, "noise"),
                .. Images(0..Cells, 3), End(3),
            ]);

        ScanEnding first = Scan(feed, out List<int> firstFrames);
        feed.PutBack(first.Next);
        ScanEnding second = Scan(feed, out List<int> secondFrames);
        SeriesHeader? awaited = feed.AwaitNext(finished: 2, CancellationToken.None);
        ScanEnding third = Scan(feed, out List<int> thirdFrames);

        Assert.Equal([0, 1], firstFrames);
        Assert.True(second is { IsComplete: true, EndedByDetector: true });
        Assert.Equal([0, 1, 2, 3, 4, 5], secondFrames);
        Assert.Equal(3, awaited!.SeriesId);
        Assert.True(third.IsComplete);
        Assert.Equal([0, 1, 2, 3, 4, 5], thirdFrames);
        Assert.Equal(2, feed.StrayCount);
        Assert.Equal(0, _leases.Live);
    }

    [Fact]
    public void AwaitNext_SenderComesBackAfterTheSilence_ItsSeriesGoesOn()
    {
        using SeriesFeed feed = Feed([Start(5), .. Images(0..2, 5), Meanwhile(() => _clock.Advance(TimeSpan.FromHours(1))), .. Images(2..4, 5), End(5)]);

        ScanEnding silent = Scan(feed, out _);
        SeriesHeader? awaited = feed.AwaitNext(silent.EndedByDetector ? 5 : null, CancellationToken.None);
        ScanEnding rest = Scan(feed, out List<int> frames);

        Assert.Contains("silent", silent.Sentence);
        Assert.Equal(5, awaited!.SeriesId);
        Assert.Equal([2, 3], frames);
        Assert.True(rest.EndedByDetector);
        Assert.Equal(0, feed.StrayCount);
    }

    [Fact]
    public void AwaitHeader_FramesBefore_AreLetGoAndTheHeaderStaysFirst()
    {
        using SeriesFeed feed = Feed([.. Images(0..2, 1), End(1), Start(2), .. Images(0..Cells, 2), End(2)]);

        Assert.Equal(2, feed.AwaitHeader(CancellationToken.None)!.SeriesId);
        Assert.Equal(2, feed.StrayCount);
        Assert.True(Scan(feed, out List<int> frames).IsComplete);
        Assert.Equal(Cells, frames.Count);
        Assert.Equal(0, _leases.Live);
    }

    [Fact]
    public void Discard_HeaderPutBack_IsForgotten()
    {
        using SeriesFeed feed = Feed([Start(1), Start(2)]);
        feed.AwaitHeader(CancellationToken.None);

        feed.Discard();

        Assert.Equal(2, feed.AwaitHeader(CancellationToken.None)!.SeriesId);
    }

    [Fact]
    public void PutBack_HeaderAndFrame_ComeFirstAndInOrder()
    {
        using SeriesFeed feed = Feed([Start(1), .. Images(0..3, 1), Start(1), .. Images(0..Cells, 1), End(1)]);
        feed.PutBack(Scan(feed, out List<int> first).Next);

        Assert.Equal(1, feed.AwaitHeader(CancellationToken.None)!.SeriesId);
        Assert.True(Scan(feed, out List<int> second).IsComplete);

        Assert.Equal([0, 1, 2], first);
        Assert.Equal([0, 1, 2, 3, 4, 5], second);
        Assert.Equal(0, _leases.Live);
    }

    [Fact]
    public void AwaitNext_Stopped_ReturnsNothing()
    {
        using var stop = new CancellationTokenSource();
        using SeriesFeed feed = Feed([End(1), Meanwhile(stop.Cancel), Start(2)]);

        Assert.Null(feed.AwaitNext(null, stop.Token));
    }

    [Fact]
    public void Dispose_WithAFramePutBack_GivesItBackAndClosesTheSource()
    {
        ScriptedSource source = new(_clock, Images(0..1, 1));
        SeriesFeed feed = new(() => source);
        Assert.Equal(1, feed.AwaitNext(null, CancellationToken.None)!.SeriesId);
        Assert.Equal(1, _leases.Live);

        feed.Dispose();

        Assert.Equal(0, _leases.Live);
        Assert.True(source.IsDisposed);
    }

    [Fact]
    public void Lend_Disposed_KeepsTheSourceOpen()
    {
        ScriptedSource source = new(_clock, [Start(1)]);
        using SeriesFeed feed = new(() => source);
        feed.Lend().Dispose();

        Assert.False(source.IsDisposed);
        Assert.Equal(SourceEventKind.SeriesStarted, feed.Lend().Receive(TimeSpan.Zero).Kind);
    }

    private SeriesFeed Feed(IEnumerable<Func<SourceEvent>> script) => new(() => new ScriptedSource(_clock, script));

    private ScanEnding Scan(SeriesFeed feed, out List<int> indices)
    {
        Channel<RawFrame> frames = Channel.CreateUnbounded<RawFrame>();
        using IFrameSource source = feed.Lend();
        ScanEnding ending = new Reception(SmallScan.Options(new ScanPlan(3, 2, 10)), new FrameTally(), _clock)
            .Receive(source, frames.Writer, CancellationToken.None, CancellationToken.None);
        indices = [];
        while (frames.Reader.TryRead(out RawFrame frame))
        {
            indices.Add(frame.Header.Index);
            frame.Dispose();
        }

        return ending;
    }

    private IEnumerable<Func<SourceEvent>> Images(Range indices, long series) => Enumerable
        .Range(indices.Start.Value, indices.End.Value - indices.Start.Value)
        .Select(i => Image(() => _leases.Frame(i, series: series)));
}
