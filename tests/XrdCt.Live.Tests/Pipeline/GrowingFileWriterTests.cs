using System.Runtime.InteropServices;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;
using XrdCt.Live.Tests.Storage;
using static XrdCt.Live.Tests.Pipeline.ScriptedSource;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>The file that others follow while a scan runs, and what becomes of it.</summary>
public sealed class GrowingFileWriterTests
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly FakeClock _clock = new();
    private readonly CountedLeases _leases = new();
    private readonly List<string> _said = [];
    private readonly ScanPlan _plan = new(15, 10, 10, ScanOrder.Interlaced);

    [Fact]
    public async Task RunAsync_ScanUnderWay_ShowsEveryPlacedCellAndIsRemovedWithTheResult()
    {
        var file = new KeptGrowingFile();
        int under = 0;
        long told = 0;
        var store = new KeptStore();
        LiveOutcome outcome = await RunAsync(
            [
                Start(), .. Images(0, 70), Image(3), Meanwhile(() => Await(() => file.Seen == 70)), .. Images(80, 70),
                Meanwhile(() => Await(() => file.Seen == 140)),
                Meanwhile(() => (under, told) = (file.Cells.Count, file.Scan!.Counters.Placed)), End(),
            ],
            file,
            store);

        Assert.Equal(ScanPhase.Incomplete, outcome.Phase);
        Assert.Equal(150, under);
        Assert.InRange(told, 1, 140);
        Assert.Equal((null, 1), (file.Path, file.Removals));
        AssertShows(store.Scan!, file);
        Assert.Empty(_said);
    }

    [Fact]
    public async Task RunAsync_ResultThatCannotBeSaved_LeavesTheFileWithAllOfIt()
    {
        // The reference is settled when the scan is over: by the first frame, which comes last and doubles it.
        var file = new KeptGrowingFile();
        var store = new KeptStore(new IOException("the disk is full"));
        LiveOutcome outcome = await RunAsync(
            [Start(), .. Images(1, 149, 1000), Meanwhile(() => Await(() => file.Seen == 149)), Image(0, 100_000), End()], file, store);

        Assert.Equal(131_072, store.Scan!.MonitorReference);
        Assert.Equal("the disk is full; all intensities can be read in '/results/small.growing.nxs'", outcome.Sentence);
        Assert.Equal(0, file.Removals);
        Assert.Equal(150, file.Scan!.Counters.Placed);
        AssertShows(store.Scan!, file);
    }

    [Fact]
    public async Task Keep_FileThatFails_StaysAsItIs()
    {
        // The disk is full: neither the result nor the last cells find room, and what is there may be the last copy.
        bool isFull = false;
        var file = new KeptGrowingFile(_ => isFull ? new IOException("no space") : null);
        var assembly = new ScanAssembly(SmallScan.Options(_plan).Settings(), new FrameTally());
        assembly.Place(SmallScan.Pattern(0, 100));
        using var writer = new GrowingFileWriter(file, assembly, SmallScan.Bins, _said.Add);
        writer.Offer(() => ScanSamples.Scan());
        Task run = Task.Run(writer.Run, TestContext.Current.CancellationToken);
        Await(() => file.Seen == 1);
        writer.Complete();
        await run;
        writer.Keep(ScanSamples.Scan());
        assembly.Place(SmallScan.Pattern(1, 100));
        isFull = true;
        writer.Keep(ScanSamples.Scan());

        Assert.Equal((0, "/results/small.growing.nxs"), (file.Removals, file.Path));
        Assert.Equal("'/results/small.growing.nxs' lacks the last second of the scan: no space", Assert.Single(_said));
    }

    [Fact]
    public async Task RunAsync_FileThatFails_IsGivenUpInOneSentenceAndTheScanGoesOn()
    {
        int tries = 0;
        var file = new KeptGrowingFile(_ => ++tries == 40 ? new IOException("the growing file cannot be saved to 'x', because the disk is full") : null);
        var store = new KeptStore();
        LiveOutcome outcome = await RunAsync(
            [Start(), .. Images(0, 70), Meanwhile(() => Await(() => file.Removals == 1)), .. Images(70, 80), End()], file, store);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Equal(150, store.Scan!.Sinogram.MeasuredCount);
        Assert.Equal(40, tries);
        Assert.Equal(
            "the scan can no longer be followed in a file: the growing file cannot be saved to 'x', because the disk is full", Assert.Single(_said));
    }

    [Fact]
    public async Task RunAsync_ListenerThatFailsToo_TheScanGoesOn()
    {
        var file = new KeptGrowingFile(_ => new InvalidOperationException("defect"));
        LiveOutcome outcome = await RunAsync(
            [Start(), .. Images(0, 70), Meanwhile(() => Await(() => file.Removals == 1)), .. Images(70, 80), End()],
            file,
            new KeptStore(),
            say: _ => throw new IOException("no ear"));

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
    }

    [Fact]
    public async Task Offer_FileThatWasGivenUp_AsksForNothingMore()
    {
        var assembly = new ScanAssembly(SmallScan.Options(_plan).Settings(), new FrameTally());
        assembly.Place(SmallScan.Pattern(0, 100));
        var file = new KeptGrowingFile(_ => new IOException("the disk is full"));
        using var writer = new GrowingFileWriter(file, assembly, SmallScan.Bins, _said.Add);
        writer.Offer(() => ScanSamples.Scan());
        Task run = Task.Run(writer.Run, TestContext.Current.CancellationToken);
        Await(() => file.Removals == 1);
        int asked = 0;
        writer.Offer(() =>
        {
            asked++;
            return ScanSamples.Scan();
        });
        writer.Complete();
        await run.WaitAsync(Hang, TestContext.Current.CancellationToken);

        Assert.Equal(0, asked);
        Assert.Equal("the scan can no longer be followed in a file: the disk is full", Assert.Single(_said));
    }

    [Fact]
    public void TakeChanged_LinesTurned_GivesTheCellsOfThemAgain()
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(5, 4, 10));
        var assembly = new ScanAssembly(options.Settings(), new FrameTally());
        for (int i = 0; i < 8; i++)
        {
            assembly.Place(SmallScan.Pattern(i, 100 + i));
        }

        var cell = new PlacedCell(SmallScan.Bins);
        Assert.Equal(8, Drain().Count);
        Assert.False(assembly.TakeChanged(cell));
        assembly.TurnOddLines();
        Dictionary<ScanCell, (bool IsMeasured, float Value)> turned = Drain();

        // Frames 5, 6, 7 of line 1 lie at its other end now, and its first two cells are empty; the middle one stays, and line 3 is as empty as it was.
        Assert.Equal((true, 105), turned[new ScanCell(1, 4)]);
        Assert.Equal((true, 106), turned[new ScanCell(1, 3)]);
        Assert.Equal((false, float.NaN), turned[new ScanCell(1, 0)]);
        Assert.Equal((false, float.NaN), turned[new ScanCell(1, 1)]);
        Assert.DoesNotContain(new ScanCell(0, 0), turned.Keys);

        Dictionary<ScanCell, (bool IsMeasured, float Value)> Drain()
        {
            Dictionary<ScanCell, (bool IsMeasured, float Value)> taken = [];
            while (assembly.TakeChanged(cell))
            {
                taken.Add(cell.Cell, (cell.IsMeasured, cell.Intensity[0]));
            }

            return taken;
        }
    }

    [Fact]
    public void TakeChanged_FrameThatWaitsForItsMonitor_IsEmptyUntilItHasIt()
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(5, 4, 10)) with
        {
            Readings = new ReadingRule { Key = ReadingKey.Index, Needs = ReadingQuantities.Monitor },
        };
        var assembly = new ScanAssembly(options.Settings(), new FrameTally());
        assembly.Tell(Reading(0, 1024), out _);
        assembly.Place(SmallScan.Pattern(0, 100));
        assembly.Place(SmallScan.Pattern(1, 100));
        assembly.Place(SmallScan.Pattern(2, 100));
        Assert.Equal([(0, true, 100f, 1024f)], Drain());
        assembly.MarkAllChanged();
        Assert.Equal((1, false, float.NaN, float.NaN), Drain()[1]);

        // Half as bright as the reference, which is that of the first.
        assembly.Tell(Reading(1, 512), out _);
        Assert.Equal([(1, true, 200f, 512f)], Drain());

        // What never gets one is saved as it came.
        assembly.Close();
        Assert.Equal([(2, true, 100f, float.NaN)], Drain());

        StageReading Reading(int index, double monitor) =>
            new() { SeriesId = 1, Index = index, Monitor = monitor, Translation_mm = double.NaN, Rotation_deg = double.NaN };

        List<(int Translation, bool IsMeasured, float Value, float Monitor)> Drain()
        {
            var cell = new PlacedCell(SmallScan.Bins);
            List<(int Translation, bool IsMeasured, float Value, float Monitor)> taken = [];
            while (assembly.TakeChanged(cell))
            {
                taken.Add((cell.Cell.Translation, cell.IsMeasured, cell.Intensity[0], cell.Monitor));
            }

            return taken;
        }
    }

    [Fact]
    public void TakeChanged_Cell_AllocatesNothing()
    {
        LiveOptions options = SmallScan.Options(_plan);
        var assembly = new ScanAssembly(options.Settings(), new FrameTally());
        var cell = new PlacedCell(SmallScan.Bins);
        Assert.Equal(0, Allocation.OfRound_bytes(() =>
        {
            assembly.MarkAllChanged();
            while (assembly.TakeChanged(cell))
            {
            }
        }));
    }

    private static void AssertShows(ScanRecord scan, KeptGrowingFile file)
    {
        SinogramStack stack = scan.Sinogram;
        for (int offset = 0; offset < stack.Plan.CellCount; offset++)
        {
            var cell = new ScanCell(offset / stack.Plan.TranslationCount, offset % stack.Plan.TranslationCount);
            (bool isMeasured, int[] intensity, float monitor) = file.Cells[cell];
            Assert.Equal(stack.Measured[offset], isMeasured);
            Assert.Equal(MemoryMarshal.Cast<float, int>(stack.Pattern(cell)).ToArray(), intensity);
            Assert.Equal(scan.Monitor[offset], monitor);
        }
    }

    private static void Await(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Hang));

    private IEnumerable<Func<SourceEvent>> Images(int first, int count, double monitor = double.NaN) =>
        Enumerable.Range(first, count).Select(i => Image(i, monitor));

    private Func<SourceEvent> Image(int index, double monitor = double.NaN) => ScriptedSource.Image(() =>
    {
        RawFrame frame = _leases.Frame(index);
        return double.IsNaN(monitor) ? frame : frame with { Header = frame.Header with { Monitor = monitor } };
    });

    private Task<LiveOutcome> RunAsync(
        IEnumerable<Func<SourceEvent>> script, KeptGrowingFile file, KeptStore store, Action<string>? say = null)
    {
        LiveOptions options = SmallScan.Options(_plan);
        var scan = new LiveScan(
            options,
            () => new ScriptedSource(_clock, script),
            () => new SimdIntegrator(options.Integration, () => new SmallScan.Reader()),
            new KeptDisplay(),
            store,
            _clock)
        {
            GrowingFile = file,
            Say = say ?? _said.Add,
        };
        return scan.RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);
    }
}
