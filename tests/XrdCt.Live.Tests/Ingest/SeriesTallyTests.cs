using XrdCt.Live.Ingest.Recording;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Tests.Ingest;

public sealed class SeriesTallyTests
{
    private readonly SeriesTally _tally = new();

    [Fact]
    public void Count_GapsRepeatsAndAnnouncedImages_AreTold()
    {
        Start(announced: 8);
        Images(0, 1, 3, 3, 6);
        Assert.Equal(3, _tally.MissingCount);
        End();
        Assert.Equal((5, 4, 1, 1), (_tally.FrameCount, _tally.MissingCount, _tally.RepeatedCount, _tally.EndedCount));
    }

    [Fact]
    public void Count_LateImage_IsNotMissing()
    {
        Start(announced: null);
        Images(2, 0, 1);
        End();
        Assert.Equal((3, 0, 0), (_tally.FrameCount, _tally.MissingCount, _tally.RepeatedCount));
    }

    [Fact]
    public void Count_SeriesAfterSeries_AreCountedApart()
    {
        Start(announced: 2);
        Images(0, 1);
        End();
        Start(announced: 4);
        Images(0, 1, 3);
        Start(announced: 2);
        Images(1);
        Assert.Equal((0 + 1 + 1, 0), (_tally.MissingCount, _tally.RepeatedCount));
    }

    [Fact]
    public void Count_AbsurdIndex_TakesNoMemory()
    {
        Start(announced: null);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Images(int.MaxValue, 1 << 24, -1);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 16);
        Assert.Equal((3, 0), (_tally.FrameCount, _tally.MissingCount));
    }

    private void Start(int? announced) => _tally.Count(new SourceEvent
    {
        Kind = SourceEventKind.SeriesStarted,
        Series = new SeriesHeader { SeriesId = 1, ImageCount = announced },
    });

    private void End() => _tally.Count(new SourceEvent { Kind = SourceEventKind.SeriesEnded });

    private void Images(params ReadOnlySpan<int> indices)
    {
        foreach (int index in indices)
        {
            _tally.Count(new SourceEvent
            {
                Kind = SourceEventKind.Image,
                Frame = new RawFrame
                {
                    Header = new FrameHeader { SeriesId = 1, Index = index, AcquiredAt = default },
                    Shape = default,
                    Type = default,
                    Encoding = default,
                    Lease = null!,
                    PayloadOffset = 0,
                    PayloadLength = 0,
                },
            });
        }
    }
}
