using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Pipeline;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>What a frame gets from what the beamline told.</summary>
public sealed class ReadingBookTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    private static readonly ReadingRule ByTime = new()
    {
        Key = ReadingKey.Time,
        Needs = ReadingQuantities.Translation,
        LargestGap = TimeSpan.FromSeconds(1),
        Exposure = TimeSpan.FromMilliseconds(4),
    };

    [Fact]
    public void Complete_ByIndex_FillsInWhatTheFrameDoesNotTell()
    {
        var book = new ReadingBook(new ReadingRule { Key = ReadingKey.Index, Needs = ReadingQuantities.Monitor | ReadingQuantities.Rotation }, 3);
        FrameHeader early = Header(1);
        Assert.Equal(ReadingQuantities.Monitor | ReadingQuantities.Rotation, book.Complete(ref early));
        Assert.Null(book.Add(Reading(index: 1, monitor: 7)));
        FrameHeader half = Header(1) with { Translation_mm = 5 };
        Assert.Equal(ReadingQuantities.Rotation, book.Complete(ref half));
        Assert.Null(book.Add(Reading(index: 1, translation_mm: 2, rotation_deg: 30)));
        FrameHeader whole = Header(1) with { Translation_mm = 5 };
        Assert.Equal(ReadingQuantities.None, book.Complete(ref whole));
        Assert.Equal((7, 5, 30), (whole.Monitor, whole.Translation_mm, whole.Rotation_deg));
        FrameHeader other = Header(2);
        Assert.NotEqual(ReadingQuantities.None, book.Complete(ref other));
    }

    [Fact]
    public void Add_WhatFitsNoFrame_IsRefusedInASentence()
    {
        var byIndex = new ReadingBook(new ReadingRule { Key = ReadingKey.Index, Needs = ReadingQuantities.Monitor }, 3);
        Assert.Equal("a reading is of frame 3, outside the scan plan of 3 cells", byIndex.Add(Reading(index: 3, monitor: 1)));
        Assert.Equal("a reading is of frame -1, outside the scan plan of 3 cells", byIndex.Add(Reading(index: -1, monitor: 1)));
        Assert.Equal("a reading has no index, by which frames find it", byIndex.Add(Reading(at_ms: 1, monitor: 1)));
        Assert.StartsWith("a reading of frame 0 does not say of which series", byIndex.Add(Reading(index: 0, monitor: 9) with { SeriesId = null }));
        Assert.Null(byIndex.Add(Reading(index: 0, monitor: 1)));
        Assert.Equal("a reading of frame 0 came twice: the first stays", byIndex.Add(Reading(index: 0, monitor: 2)));
        FrameHeader header = Header(0);
        byIndex.Complete(ref header);
        Assert.Equal(1, header.Monitor);

        var byTime = new ReadingBook(ByTime, 3);
        Assert.Equal("a reading has no time, by which frames find it", byTime.Add(Reading(index: 1, translation_mm: 1)));
        Assert.Null(byTime.Add(Reading(at_ms: 10, translation_mm: 1)));
        Assert.StartsWith("a reading of 12:00:00.010 came after a later one", byTime.Add(Reading(at_ms: 10, translation_mm: 2)));
        Assert.Equal("a reading tells nothing that frames wait for (translation): it is left out", byTime.Add(Reading(at_ms: 25, monitor: 2)));
    }

    [Theory]
    [InlineData(2, 10.0)]
    [InlineData(502, 15.0)]
    [InlineData(252, 12.5)]
    [InlineData(1002, 20.0)]
    public void Complete_ByTime_IsTheStraightLineAtTheMiddleOfTheExposure(int acquired_ms, double expected_mm)
    {
        var book = new ReadingBook(ByTime, 3);
        book.Add(Reading(at_ms: 0, translation_mm: 10));
        book.Add(Reading(at_ms: 1000, translation_mm: 20));
        FrameHeader header = Header(0, acquired_ms);
        Assert.Equal(ReadingQuantities.None, book.Complete(ref header));
        Assert.Equal(expected_mm, header.Translation_mm!.Value, 1e-9);
        Assert.Equal(Noon.AddSeconds(1).UtcTicks, book.ToldUntil_ticks(ReadingQuantities.Translation));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1003)]
    public void Complete_ByTime_BeforeTheFirstAndAfterTheLast_IsNothing(int acquired_ms)
    {
        var book = new ReadingBook(ByTime, 3);
        book.Add(Reading(at_ms: 0, translation_mm: 10));
        book.Add(Reading(at_ms: 1000, translation_mm: 20));
        FrameHeader header = Header(0, acquired_ms);
        Assert.Equal(ReadingQuantities.Translation, book.Complete(ref header));
        Assert.Null(header.Translation_mm);
    }

    [Fact]
    public void Complete_QuantityThatIsNotNeeded_IsNotLookedAt()
    {
        // Else it would depend on which came first.
        var book = new ReadingBook(new ReadingRule { Key = ReadingKey.Index, Needs = ReadingQuantities.Translation }, 3);
        Assert.Equal("a reading tells nothing that frames wait for (translation): it is left out", book.Add(Reading(index: 1, monitor: 7)));
        Assert.Null(book.Add(Reading(index: 1, translation_mm: 2, monitor: 7)));
        FrameHeader header = Header(1);
        Assert.Equal(ReadingQuantities.None, book.Complete(ref header));
        Assert.Equal((double.NaN, 2), (header.Monitor, header.Translation_mm));
    }

    [Fact]
    public void Add_PartlyKnown_TakesWhatIsNew()
    {
        var book = new ReadingBook(new ReadingRule { Key = ReadingKey.Index, Needs = ReadingQuantities.Translation | ReadingQuantities.Monitor | ReadingQuantities.Rotation }, 3);
        Assert.Null(book.Add(Reading(index: 1, translation_mm: 2, monitor: 7)));
        Assert.Null(book.Add(Reading(index: 1, rotation_deg: 30, monitor: 8)));
        Assert.StartsWith("a reading of frame 1 came twice", book.Add(Reading(index: 1, rotation_deg: 31, monitor: 8)));
        FrameHeader header = Header(1);
        Assert.Equal(ReadingQuantities.None, book.Complete(ref header));
        Assert.Equal((7, 2, 30), (header.Monitor, header.Translation_mm, header.Rotation_deg));
    }

    [Fact]
    public void Complete_ByTime_AcrossAGap_IsNotGuessed()
    {
        var book = new ReadingBook(ByTime, 3);
        book.Add(Reading(at_ms: 0, translation_mm: 10));
        book.Add(Reading(at_ms: 1001, translation_mm: 20));
        FrameHeader header = Header(0, 500);
        Assert.Equal(ReadingQuantities.Translation, book.Complete(ref header));
    }

    private static FrameHeader Header(int index, double acquired_ms = 0) => new()
    {
        SeriesId = 1,
        Index = index,
        AcquiredAt = Noon.AddMilliseconds(acquired_ms),
        Monitor = double.NaN,
    };

    private static StageReading Reading(
        int? index = null, double? at_ms = null, double translation_mm = double.NaN, double rotation_deg = double.NaN, double monitor = double.NaN) => new()
        {
            SeriesId = 1,
            Index = index,
            At = at_ms is double ms ? Noon.AddMilliseconds(ms) : null,
            Translation_mm = translation_mm,
            Rotation_deg = rotation_deg,
            Monitor = monitor,
        };
}
