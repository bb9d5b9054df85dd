using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server.Commands;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Storage.Journal;
using static XrdCt.Live.Tests.Pipeline.ScriptedSource;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>Several slices of 40 cells as scans of one session. A frame's value is its index in its series and 1.</summary>
public sealed class StackTests : IDisposable
{
    private const int Cells = 40;
    private const int Slices = 3;

    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly FakeClock _clock = new();
    private readonly CountedLeases _leases = new();
    private readonly ScanPlan _plan = new(8, 5, 10, ScanOrder.Interlaced);
    private readonly ScriptedReadings _readings;
    private readonly ReadingFeed _readingFeed;
    private readonly List<Run> _runs = [];
    private StackCourse _course = new(new StackSetUp(Cells, Slices, 100, 20, null));
    private readonly List<int[]> _stacks = [];
    private LiveScan? _scan;
    private bool _follows;
    private bool _waits;

    public StackTests()
    {
        _readings = new ScriptedReadings(_clock);
        _readingFeed = new ReadingFeed(() => _readings);
    }

    public void Dispose()
    {
        _readingFeed.Dispose();
        Assert.Equal(0, _leases.Live);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 25)]
    [InlineData(false, 1)]
    [InlineData(false, 25)]
    public async Task OneSeries_Shuffled_EveryFrameReachesItsCell(bool hasHeader, int window)
    {
        // A pseudo-random order in which no frame moves by more than the window.
        int[] order = [.. Enumerable.Range(0, Cells * Slices).OrderBy(i => i + (i * 7919 % 101 * window / 101.0))];
        await RunAsync([.. hasHeader ? [Start(images: Cells * Slices)] : Array.Empty<Func<SourceEvent>>(), .. order.Select(i => Frame(i)), End()]);

        Assert.Equal([1, 2, 3], _runs.Select(r => r.Slice.Number));
        Assert.Equal([100, 120, 140], _runs.Select(r => r.Slice.Z_um));
        Assert.All(_runs, r => Assert.Equal(ScanPhase.Complete, r.Outcome.Phase));
        Assert.All(_runs, r => AssertCells(r, Enumerable.Range(0, Cells), offset: (r.Slice.Number - 1) * Cells));
        Assert.All(_runs, r => Assert.Equal(new FrameCounters { Received = Cells, Integrated = Cells, Placed = Cells }, r.Outcome.Counters with { OutOfOrder = 0, BeforeHeader = 0 }));
        Assert.Equal(hasHeader, _runs.All(r => r.Outcome.Series is not null));
        Assert.True(_course.IsOver);
        Assert.Empty(_course.Missing);
        Assert.False(_waits);
    }

    [Fact]
    public async Task OneSeries_FramesLostAboutTheBoundary_AreListedInTheirSlices()
    {
        await RunAsync([Start(images: Cells * Slices), .. Frames(0, 38), .. Frames(43, 75), End()]);

        Assert.Equal(["38-39", "0-2", "38-39"], _runs.Select(r => string.Join(' ', r.Outcome.Missing)));
        AssertCells(_runs[1], Enumerable.Range(3, 37), offset: Cells);
        Assert.Equal("the next slice came with 2 of 40 frames of this one missing: their cells stay empty", _runs[0].Outcome.Sentence);
    }

    [Fact]
    public async Task OneSeries_FrameTooLate_IsCountedAndInNoSlice()
    {
        await RunAsync([Start(images: Cells * Slices), .. Frames(0, 39), .. Frames(40, 40), Frame(39), .. Frames(80, 40), End()]);

        Assert.Equal("39", string.Join(' ', _runs[0].Outcome.Missing));
        Assert.Equal(1, _runs[1].Outcome.Counters.OutsidePlan + _runs[2].Outcome.Counters.OutsidePlan);
        AssertCells(_runs[1], Enumerable.Range(0, Cells), offset: Cells);
        AssertCells(_runs[2], Enumerable.Range(0, Cells), offset: 2 * Cells);
    }

    [Fact]
    public async Task OneSeries_EndedInTheNextSlice_KeepsTheFewFramesOfIt()
    {
        await RunAsync([Start(images: Cells * Slices), .. Frames(0, 39), .. Frames(40, 10), End()]);

        Assert.Equal([39L, 10L], _runs.Select(r => r.Outcome.Counters.Placed));
        AssertCells(_runs[1], Enumerable.Range(0, 10), offset: Cells);
        Assert.True(_course.IsOver);
        Assert.Equal([3], _course.Missing);
    }

    [Fact]
    public async Task OneSeries_WithoutHeaderAndAPauseBetweenSlices_GoesOnByTheIndex()
    {
        Func<SourceEvent> pause = Meanwhile(() => _clock.Advance(TimeSpan.FromSeconds(5)));
        await RunAsync([.. Frames(0, 40), pause, .. Frames(40, 40), pause, .. Frames(80, 40), End()]);

        Assert.Equal([1, 2, 3], _runs.Select(r => r.Slice.Number));
        Assert.All(_runs, r => AssertCells(r, Enumerable.Range(0, Cells), offset: (r.Slice.Number - 1) * Cells));
    }

    [Fact]
    public async Task OneSeries_JoinedInTheLastSlice_IsThatSlice()
    {
        await RunAsync([.. Frames(85, 35), End()]);

        Run last = Assert.Single(_runs, r => r.Outcome.Counters.Placed > 0);
        Assert.Equal(3, last.Slice.Number);
        AssertCells(last, Enumerable.Range(5, 35), offset: 2 * Cells);
        Assert.Equal([1, 2], _course.Missing);
    }

    [Fact]
    public async Task OneSeries_AbortedAndArmedAnew_BeginsWithTheFirstSlice()
    {
        await RunAsync([Start(1, Cells * Slices), .. Frames(0, 50), Start(2, Cells * Slices), .. Frames(0, 120, 2), End(2)]);

        Assert.Equal([1, 2, 1, 2, 3], _runs.Select(r => r.Slice.Number));
        Assert.Equal([40L, 10L, 40L, 40L, 40L], _runs.Select(r => r.Outcome.Counters.Placed));
        Assert.Equal(Enumerable.Repeat(2L, 3), _runs[2..].Select(r => r.Outcome.SeriesId!.Value));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SeriesEach_SliceIsTheSeries(bool hasHeader)
    {
        await RunAsync([.. Enumerable.Range(5, Slices).SelectMany(s => (Func<SourceEvent>[])
            [.. hasHeader ? [Start(s, Cells)] : Array.Empty<Func<SourceEvent>>(), .. Frames(0, Cells, s), End(s)])]);

        Assert.Equal([(1, 5L), (2, 6L), (3, 7L)], _runs.Select(r => (r.Slice.Number, r.Outcome.SeriesId!.Value)));
        Assert.All(_runs, r => AssertCells(r, Enumerable.Range(0, Cells), offset: 0));
        Assert.True(_course.IsOver);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Cells)]
    [InlineData(Cells + 5)]
    public async Task SeriesEach_FewFramesTooMany_AreInNoSlice(int? images)
    {
        await RunAsync([.. Enumerable.Range(1, Slices).SelectMany(s => (Func<SourceEvent>[])[Start(s, images), .. Frames(0, Cells + 5, s), End(s)])]);

        Assert.Equal([1, 2, 3], _runs.Select(r => r.Slice.Number));
        Assert.All(_runs, r => AssertCells(r, Enumerable.Range(0, Cells), offset: 0));
        Assert.All(_runs, r => Assert.Equal(5, r.Outcome.Counters.OutsidePlan));
    }

    [Fact]
    public async Task SeriesEach_SaidByTheConfiguration_HoldsAgainstManyFramesTooMany()
    {
        _course = new StackCourse(new StackSetUp(Cells, Slices, 100, 20, SliceLayout.SeriesEach));
        await RunAsync([.. Enumerable.Range(1, Slices).SelectMany(s => (Func<SourceEvent>[])[Start(s, 1_000_000), .. Frames(0, 100, s), End(s)])]);

        Assert.Equal([1, 2, 3], _runs.Select(r => r.Slice.Number));
        Assert.All(_runs, r => Assert.Equal((40L, 60L), (r.Outcome.Counters.Placed, r.Outcome.Counters.OutsidePlan)));
    }

    [Fact]
    public async Task SeriesEach_AbortedOne_IsSavedAndTheNextIsTheNextSlice()
    {
        await RunAsync([Start(1, Cells), .. Frames(0, 40), End(1), Start(2, Cells), .. Frames(0, 9, 2), Start(3, Cells), .. Frames(0, 40, 3), End(3)]);

        Assert.Equal([(1, 40L), (2, 9L), (3, 40L)], _runs.Select(r => (r.Slice.Number, r.Outcome.Counters.Placed)));
        Assert.Equal(ScanPhase.Incomplete, _runs[1].Outcome.Phase);
        Assert.NotNull(_runs[1].Record);
    }

    [Fact]
    public async Task SeriesEach_SeriesWithoutAFrame_IsNoSlice()
    {
        await RunAsync([Start(1, Cells), End(1), Start(2, Cells), .. Frames(0, 40, 2), End(2), Start(3, Cells), .. Frames(0, 40, 3), End(3)]);

        Assert.Equal([(1, 0L), (1, 40L), (2, 40L), (3, 0L)], Numbers([.. _runs, new(_runs[0].Slice with { Number = _course.Number }, _runs[0].Outcome, null)]));
        Assert.True(_waits);
    }

    [Fact]
    public async Task SeriesEach_SenderFallsSilentAndComesBack_IsTheSameSlice()
    {
        Func<SourceEvent> silence = Meanwhile(() => _clock.Advance(TimeSpan.FromHours(1)));
        await RunAsync([Start(1, Cells), .. Frames(0, 20), silence, .. Frames(20, 20), End(1), Start(2, Cells), .. Frames(0, 40, 2), End(2)]);

        Assert.Equal([(1, 20L), (1, 20L), (2, 40L)], Numbers(_runs));
    }

    [Theory]
    [InlineData(null, true, true)]
    [InlineData(null, true, false)]
    [InlineData(null, false, false)]
    [InlineData(SliceLayout.SeriesEach, true, true)]
    [InlineData(SliceLayout.SeriesEach, false, false)]
    public async Task SeriesEach_SenderOfTheLastSliceFallsSilentAndComesBack_IsTheLastSliceAndTheNextStackTheFirst(
        SliceLayout? told, bool hasHeader, bool isRepeated)
    {
        _course = new StackCourse(new StackSetUp(Cells, Slices, 100, 20, told));
        _follows = true;
        Func<SourceEvent>[] Header(long series, bool isThere) => isThere ? [Start(series, Cells)] : [];
        IEnumerable<Func<SourceEvent>> Some(int first, int count, long series) => hasHeader ? Frames(first, count, series) : Headless(Frames(first, count, series));
        Func<SourceEvent>[] Series(long series) => [.. Header(series, hasHeader), .. Some(0, 40, series), End(series)];
        await RunAsync([.. Series(1), .. Series(2), .. Header(3, hasHeader), .. Some(0, 20, 3), Silence(), .. Header(3, isRepeated), .. Some(20, 20, 3), End(3), .. Series(4), .. Series(5)]);

        Assert.Equal([(1, 40L), (2, 40L), (3, 20L), (3, 20L), (1, 40L), (2, 40L)], Numbers(_runs));
        Assert.All(_stacks, Assert.Empty);
        Assert.Equal([3], _course.Missing);
    }

    [Fact]
    public async Task SeriesEach_SenderOfTheLastSliceFallsSilentForGood_IsFollowedByTheNextStack()
    {
        _follows = true;
        await RunAsync([.. Enumerable.Range(1, Slices).SelectMany(s => (Func<SourceEvent>[])[Start(s, Cells), .. Frames(0, 20, s), Silence()]), Start(4, Cells), .. Frames(0, 40, 4), End(4)]);

        Assert.Equal([(1, 20L), (2, 20L), (3, 20L), (1, 40L)], Numbers(_runs));
        Assert.Equal([2, 3], _course.Missing);
    }

    [Fact]
    public async Task SeriesEach_ZonesDrawnInASlice_HoldForThoseAfterItAndNotForTheNextStack()
    {
        _follows = true;
        ForbiddenZone[] zones = [new(10, -10, 5)];
        Func<SourceEvent>[] Series(long series) => [Start(series, Cells), .. Frames(0, 40, series), End(series)];
        await RunAsync(
        [
            .. Series(1), Start(2, Cells), .. Frames(0, 20, 2),
            Meanwhile(() => Assert.Equal(ZoneAnswer.Taken, _scan!.Zones.TryChange("a page", _scan.Zones.Zones.Revision, zones))),
            .. Frames(20, 20, 2), End(2), .. Series(3), .. Series(4),
        ]);

        Assert.Equal([1, 2, 3, 1], _runs.Select(r => r.Slice.Number));
        Assert.Equal([[], zones, zones, []], _runs.Select(r => r.Record!.Roi.Forbidden.Zones));
    }

    [Fact]
    public async Task SeriesEach_SilentSliceThatCannotBeSaved_GoesOnWhenItsSenderComesBack()
    {
        await RunAsync([Start(1, Cells), .. Frames(0, 20), Silence(), .. Frames(20, 20), End(1), Start(2, Cells), .. Frames(0, 40, 2), End(2)], unsaved: 1);

        Assert.Equal([(1, 20L), (1, 20L), (2, 40L)], Numbers(_runs));
        Assert.True(_course.HasUnsaved);
    }

    [Fact]
    public async Task SeriesEach_NextStackUnderTheNumberOfTheLastSlice_IsSlicedAnew()
    {
        _follows = true;
        await RunAsync([.. new[] { 1, 2, 3, 3, 4 }.SelectMany(s => (Func<SourceEvent>[])[Start(s), .. Frames(0, 40, s), End(s)])]);

        Assert.Equal([(1, 1L), (2, 2L), (3, 3L), (1, 3L), (2, 4L)], _runs.Select(r => (r.Slice.Number, r.Outcome.SeriesId!.Value)));
        Assert.All(_runs, r => Assert.Equal(40, r.Outcome.Counters.Placed));
    }

    [Fact]
    public async Task SeriesEach_FullSliceWithDamagedFrames_IsOverAndItsLateFramesAreOfNone()
    {
        await RunAsync(
            [.. Enumerable.Range(1, Slices).SelectMany(s => (Func<SourceEvent>[])[Start(s, Cells), .. Frames(0, 40, s), Silence(), Frame(39, s)])],
            judge: frame => frame.Header.Index == 7 ? FrameOutcome.Malformed : FrameOutcome.Accepted);

        Assert.Equal([(1, 39L), (2, 39L), (3, 39L)], Numbers(_runs));
    }

    [Fact]
    public async Task NoHeader_FirstSliceFallsSilentAndComesBack_SaysNothingOfTheOthers()
    {
        await RunAsync(
            [.. Headless(Frames(0, 20)), Silence(), .. Headless(Frames(20, 20)), End(1), .. Headless(Frames(0, 40, 2)), End(2), .. Headless(Frames(0, 40, 3)), End(3)]);

        Assert.Equal([(1, 20L), (1, 20L), (2, 40L), (3, 40L)], Numbers(_runs));
        Assert.All(_runs[2..], r => AssertCells(r, Enumerable.Range(0, Cells), offset: 0));
    }

    [Fact]
    public async Task NoHeader_FirstSliceFallsSilentAndOneSeriesGoesOn_GoesOnByTheIndex()
    {
        await RunAsync([.. Headless(Frames(0, 20)), Silence(), .. Headless(Frames(20, 100)), End()]);

        Assert.Equal([(1, 20L), (1, 20L), (2, 40L), (3, 40L)], Numbers(_runs));
        AssertCells(_runs[3], Enumerable.Range(0, Cells), offset: 2 * Cells);
    }

    [Theory]
    [InlineData(7, 0)]
    [InlineData(-1, 1)]
    public async Task OneSeries_WithoutHeaderASliceDamagedOrUnsaved_GoesOnWithTheNext(int damaged, int unsaved)
    {
        _course = new StackCourse(new StackSetUp(Cells, Slices, 100, 20, SliceLayout.OneSeries));
        await RunAsync(
            [.. Frames(0, 120), End()],
            judge: frame => frame.Header.Index == damaged ? FrameOutcome.Malformed : FrameOutcome.Accepted,
            unsaved: unsaved);

        // The reader sees the index in the slice.
        Assert.Equal(damaged < 0 ? [(1, 40L), (2, 40L), (3, 40L)] : [(1, 39L), (2, 39L), (3, 39L)], Numbers(_runs));
        Assert.Equal(unsaved > 0 ? ScanPhase.Failed : ScanPhase.Incomplete, _runs[0].Outcome.Phase);
        Assert.True(_course.IsOver);
        Assert.Equal(unsaved > 0, _course.HasUnsaved);
    }

    [Fact]
    public async Task OneSeries_FallsSilentInASlice_MayComeBack()
    {
        await RunAsync([Start(images: Cells * Slices), .. Frames(0, 60), Silence()]);

        Assert.Equal([(1, 40L), (2, 20L)], Numbers(_runs));
        Assert.True(_course.MayComeBack);
        Assert.Equal(2, _course.Number);
    }

    [Fact]
    public async Task OneSeries_StartedAnewUnderTheSameNumberWithTheFirstFrameOfASliceMissing_BeginsWithTheFirstSlice()
    {
        await RunAsync([Start(images: 120), .. Frames(0, 40), .. Frames(41, 5), Start(images: 120), .. Frames(0, 120), End()]);

        Assert.Equal([(1, 40L), (2, 5L), (1, 40L), (2, 40L), (3, 40L)], Numbers(_runs));
        Assert.All(_runs, r => Assert.Equal(0, r.Outcome.Counters.OutsidePlan));
    }

    [Fact]
    public async Task OneSeries_HeaderRepeatedInASlice_GoesOnThere()
    {
        await RunAsync([Start(images: 120), .. Frames(0, 40), .. Frames(41, 5), Start(images: 120), .. Frames(46, 74), End()]);

        Assert.Equal([(1, 40L), (2, 39L), (3, 40L)], Numbers(_runs));
    }

    [Fact]
    public async Task OneSeries_ContinuedFromAJournal_HandsTheTablesOfTheHeaderToTheNextSlice()
    {
        KeptJournal journal = Journal(10, SliceLayout.OneSeries);
        var known = new SeriesHeader { SeriesId = 1, ImageCount = 120, Detector = "as the first process saw it" };
        journal.Scan = journal.Scan! with { Series = known };
        var tables = new NoTables();
        _course.Resume(new StackSlice(1, Slices, 100), SliceLayout.OneSeries, null);
        Func<SourceEvent> start = () => new SourceEvent
        {
            Kind = SourceEventKind.SeriesStarted,
            SeriesId = 1,
            Series = new SeriesHeader { SeriesId = 1, ImageCount = 120, Tables = tables },
        };
        await RunAsync([start, .. Frames(10, 110), End()], journal);

        Assert.Equal([(1, 40L), (2, 40L), (3, 40L)], Numbers(_runs));
        Assert.All(_runs, r => Assert.Equal(known with { Tables = tables }, r.Outcome.Series));
    }

    [Theory]
    [InlineData(40, true)]
    [InlineData(60, true)]
    [InlineData(60, false)]
    public async Task OneSeries_ProcessKilledInTheSecondSlice_GoesOnThere(int first, bool hasProgress)
    {
        KeptJournal journal = Journal(10, SliceLayout.OneSeries, Cells);
        _course.Resume(new StackSlice(2, Slices, 120), SliceLayout.OneSeries, hasProgress ? new StackProgress("", 3, SliceLayout.OneSeries, 1) : null);
        await RunAsync([.. Frames(first, 120 - first), End()], journal);

        Assert.Equal([2, 3], _runs.Select(r => r.Slice.Number));
        AssertCells(_runs[0], Enumerable.Range(0, 10).Union(Enumerable.Range(first - Cells, 80 - first)), offset: Cells);
        AssertCells(_runs[1], Enumerable.Range(0, Cells), offset: 2 * Cells);
        Assert.Empty(_course.Missing);
    }

    [Fact]
    public async Task OneSeries_KilledForLongerThanASlice_SavesTheOldOneAndNamesTheOneThatIsMissing()
    {
        KeptJournal journal = Journal(10, SliceLayout.OneSeries);
        _course.Resume(new StackSlice(1, Slices, 100), SliceLayout.OneSeries, new StackProgress("", 2, SliceLayout.OneSeries, 1));
        await RunAsync([.. Frames(85, 35), End()], journal);

        Assert.Equal([(1, 10L), (3, 35L)], Numbers(_runs));
        Assert.Equal([2], _course.Missing);
    }

    [Fact]
    public async Task SeriesEach_ProcessKilledInTheSecondSlice_GoesOnThere()
    {
        KeptJournal journal = Journal(10, SliceLayout.SeriesEach);
        _course.Resume(new StackSlice(2, Slices, 120), SliceLayout.SeriesEach, new StackProgress("", 3, SliceLayout.SeriesEach, 1));
        await RunAsync([.. Frames(12, 28), End(), Start(2, Cells), .. Frames(0, 40, 2), End(2)], journal);

        Assert.Equal([(2, 38L), (3, 40L)], Numbers(_runs));
        Assert.Equal("10-11", string.Join(' ', _runs[0].Outcome.Missing));
    }

    [Fact]
    public async Task SeriesEach_ProcessKilledBetweenSlices_GoesOnWithTheNext()
    {
        _course.Resume(null, SliceLayout.Undecided, new StackProgress("", 3, SliceLayout.SeriesEach, 2));
        await RunAsync([Start(3, Cells), .. Frames(0, 40, 3), End(3)]);

        Assert.Equal([(3, 40L)], Numbers(_runs));
        Assert.True(_course.IsOver);
    }

    [Fact]
    public async Task OneSeries_ProcessKilledBetweenSlices_DropsWhatIsLateAndGoesOnWithTheNext()
    {
        _course.Resume(null, SliceLayout.Undecided, new StackProgress("", 2, SliceLayout.OneSeries, 1));
        await RunAsync([Frame(39), .. Frames(40, 80), End()]);

        Assert.Equal([(2, 40L), (3, 40L)], Numbers(_runs));
        Assert.Equal(1, _runs[0].Outcome.Counters.OutsidePlan);
    }

    [Fact]
    public void Resume_StackThatHadEnded_IsFollowedByAnother()
    {
        _course.Resume(null, SliceLayout.Undecided, new StackProgress("", Slices + 1, SliceLayout.SeriesEach, 3));
        Assert.Equal(1, _course.Number);

        _course.Resume(new StackSlice(2, Slices, 120), SliceLayout.SeriesEach, new StackProgress("", Slices + 1, SliceLayout.SeriesEach, 2));
        _course.Advance(new LiveOutcome(ScanPhase.Complete, "", "x", new FrameCounters { Received = 40, Placed = 40 }, null) { SeriesId = 2, SliceLayout = SliceLayout.SeriesEach });
        Assert.True(_course.IsOver);
    }

    [Fact]
    public async Task SeriesEach_OldSliceThatWasNotSaved_IsSavedAndTheStackGoesOnWhereItWas()
    {
        _course = new StackCourse(new StackSetUp(Cells, 5, 100, 20, null));
        _course.Resume(new StackSlice(2, 5, 120), SliceLayout.SeriesEach, new StackProgress("", 5, SliceLayout.SeriesEach, 4));
        Assert.Equal((2, 5), (_course.Number, _course.GoesOnAt));
        await RunAsync([Start(5, Cells), .. Frames(0, 40, 5), End(5)], Journal(40, SliceLayout.SeriesEach));

        Assert.Equal([(2, 40L), (5, 40L)], Numbers(_runs));
        Assert.True(_course.IsOver);
        Assert.Empty(_course.Missing);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SeriesEach_OldSliceOfAStackThatIsOver_IsSavedAndTheNextStackIsTheFirst(bool hasProgress)
    {
        _follows = true;
        _course.Resume(new StackSlice(2, Slices, 120), SliceLayout.SeriesEach, hasProgress ? new StackProgress("", Slices + 1, SliceLayout.SeriesEach, 3) : null);
        Assert.Equal(Slices + 1, _course.GoesOnAt);
        await RunAsync([Start(9, Cells), .. Frames(0, 40, 9), End(9), Start(10, Cells), .. Frames(0, 40, 10), End(10)], Journal(30, SliceLayout.SeriesEach));

        Assert.Equal([(2, 30L), (1, 40L), (2, 40L)], Numbers(_runs));
        Assert.Empty(Assert.Single(_stacks));
        Assert.Equal([3], _course.Missing);
    }

    [Theory]
    [InlineData(1, null, null)]
    [InlineData(2, 2, null)]
    [InlineData(2, 3, null)]
    [InlineData(3, 4, null)]
    [InlineData(3, 2, 2)]
    [InlineData(1, 3, 3)]
    [InlineData(1, 4, 4)]
    [InlineData(2, null, 4)]
    public void Resume_SliceOfAJournal_IsMeasuredWhereTheProgressIsOfItOrOfTheOneBefore(int number, int? next, int? goesOnAt)
    {
        _course.Resume(
            new StackSlice(number, Slices, 100), SliceLayout.SeriesEach, next is int n ? new StackProgress("", n, SliceLayout.SeriesEach, 1) : null);

        Assert.Equal((number, goesOnAt), (_course.Number, _course.GoesOnAt));
    }

    [Fact]
    public void Advance_SliceThatWasStopped_HasCome()
    {
        _course.Advance(new LiveOutcome(ScanPhase.Incomplete, "", "x", new FrameCounters { Received = 9, Placed = 9 }, null) { SeriesId = 1, SliceLayout = SliceLayout.SeriesEach });

        Assert.Equal([2, 3], _course.Missing);
    }

    [Theory]
    [InlineData(ReadingKey.Index)]
    [InlineData(ReadingKey.Time)]
    public async Task OneSeries_Readings_FindTheirSlices(ReadingKey key)
    {
        for (int i = 0; i < Cells * Slices; i++)
        {
            _readings.Tell(new StageReading
            {
                SeriesId = 1,
                Index = i,
                At = Time(i),
                Translation_mm = double.NaN,
                Rotation_deg = double.NaN,
                Monitor = 1000 + i,
            });
        }

        var rule = new ReadingRule { Key = key, Needs = ReadingQuantities.Monitor, Exposure = TimeSpan.FromMilliseconds(10) };
        await RunAsync([Start(images: Cells * Slices), .. Frames(0, Cells * Slices), End()], rule: rule);

        Assert.Equal([1, 2, 3], _runs.Select(r => r.Slice.Number));

        // By time the middle of an exposure lies half way to the reading before, and nothing is told of the very first one's.
        double between = key == ReadingKey.Time ? -0.5 : 0;
        Assert.All(_runs.SelectMany(r => Enumerable.Range(0, Cells).Select(i => (r, i))).Skip(1), at => Assert.Equal(
            1000 + ((at.r.Slice.Number - 1) * Cells) + at.i + between, at.r.Record!.Monitor[at.r.Record.Sinogram.Offset(_plan.CellOf(at.i))], 1e-3));
    }

    private static IEnumerable<(int Number, long Placed)> Numbers(IEnumerable<Run> runs) => runs.Select(r => (r.Slice.Number, r.Outcome.Counters.Placed));

    private static DateTimeOffset Time(int index) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMilliseconds(10 * (index + 1));

    private static void AssertCells(Run run, IEnumerable<int> expected, int offset)
    {
        Model.Sinograms.SinogramStack sinogram = run.Record!.Sinogram;
        HashSet<int> filled = [.. expected];
        Assert.Equal(filled.Count, sinogram.MeasuredCount);
        Assert.All(filled, i => Assert.Equal(i + offset + 1, sinogram.Pattern(sinogram.Plan.CellOf(i))[0]));
        Assert.Equal(run.Slice, run.Record.Description.Slice);
    }

    private Func<SourceEvent> Frame(int index, long series = 1) => ScriptedSource.Image(() =>
    {
        Model.Frames.RawFrame frame = _leases.Frame(index, series);
        return frame with { Header = frame.Header with { AcquiredAt = Time(index) } };
    });

    private IEnumerable<Func<SourceEvent>> Frames(int first, int count, long series = 1) => Enumerable.Range(first, count).Select(i => Frame(i, series));

    // Of a stream that has no headers.
    private static IEnumerable<Func<SourceEvent>> Headless(IEnumerable<Func<SourceEvent>> frames) =>
        frames.Select(frame => (Func<SourceEvent>)(() => frame() with { HasNoHeader = true }));

    // The first rows of the slice of a process that was killed.
    private KeptJournal Journal(int frames, SliceLayout layout, int offset = 0)
    {
        var journal = new KeptJournal
        {
            Scan = new JournalledScan
            {
                StartedAt = _clock.GetUtcNow(),
                SeriesId = 1,
                Series = null,
                SliceLayout = layout,
                Counters = new FrameCounters { Received = frames, Integrated = frames, Placed = frames },
            },
        };
        for (int i = 0; i < frames; i++)
        {
            var row = new JournalledPattern(SmallScan.Bins, 2)
            {
                Header = new Model.Frames.FrameHeader { SeriesId = 1, Index = i, AcquiredAt = default, Monitor = double.NaN },
                Cell = _plan.CellOf(i),
            };
            row.Intensity.Fill(offset + i + 1);
            row.Count.Fill(1);
            journal.Add(row);
        }

        return journal;
    }

    private Func<SourceEvent> Silence() => Meanwhile(() => _clock.Advance(TimeSpan.FromHours(1)));

    // As the session runs them, until nothing more comes.
    private async Task RunAsync(
        IEnumerable<Func<SourceEvent>> script,
        KeptJournal? journal = null,
        ReadingRule? rule = null,
        Func<RawFrame, FrameOutcome>? judge = null,
        int unsaved = 0)
    {
        using var feed = new SeriesFeed(() => new ScriptedSource(_clock, script));
        while (true)
        {
            var store = new KeptStore(_course.Number == unsaved ? new IOException("the disk is full") : null);
            LiveOptions options = _course.Apply(SmallScan.Options(_plan)) with { Readings = rule, Corrections = new CorrectionOptions { Beam = BeamCorrection.None } };
            var scan = new LiveScan(
                options,
                feed.Lend,
                () => new SimdIntegrator(options.Integration, () => new SmallScan.Reader(judge)),
                new KeptDisplay(),
                store,
                _clock,
                patterns: null,
                journal,
                rule is null ? null : () => _readingFeed);
            journal = null;
            _scan = scan;
            LiveOutcome outcome = await scan.RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);
            _runs.Add(new Run(options.Slice!, outcome, store.Scan));
            (_course.Reconstruction, _course.Zones) = (scan.Changed, scan.ChangedZones);
            feed.PutBack(outcome.Next);
            _course.Advance(outcome);
            if (!_follows && (_course.IsOver || (_course.MayComeBack && outcome.SliceLayout == SliceLayout.OneSeries)))
            {
                return;
            }

            if (_course.IsOver)
            {
                _stacks.Add([.. _course.Missing]);
            }

            try
            {
                _course.Begin(outcome.Next.Count > 0 ? null : feed.AwaitNext(_course.Finished, CancellationToken.None), outcome);
            }
            catch (InvalidOperationException)
            {
                // The script is over.
                _waits = true;
                return;
            }
        }
    }

    private sealed class NoTables : ISeriesTables
    {
        public ImageShape? MaskShape => null;

        public ImageShape? FlatFieldShape => null;

        public Model.Geometry.PixelMask? ReadMask() => null;

        public float[]? ReadFlatField() => null;
    }

    private sealed record Run(StackSlice Slice, LiveOutcome Outcome, ScanRecord? Record);
}
