using System.CommandLine;
using System.Text.Json;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Commands;
using XrdCt.Live.Storage;
using XrdCt.Live.Tests.Roi;
using XrdCt.Live.Tests.Storage;
using static XrdCt.Live.Tests.Pipeline.ScriptedSource;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>Zones that an operator draws while the scan runs: the next look keeps off them, and so does what is saved.</summary>
public sealed class DrawnZonesTests
{
    private const int Translations = 31, Rotations = 24, Cells = Translations * Rotations;

    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly FakeClock _clock = new();
    private readonly CountedLeases _leases = new();
    private readonly LastDisplay _display = new();
    private readonly List<string> _said = [];
    private readonly ScanPlan _plan = new(Translations, Rotations, 10, ScanOrder.Interlaced);
    private readonly float[] _sinogram;

    public DrawnZonesTests()
    {
        // A disc of 110 µm radius, off the axis.
        double[] angles_rad = [.. Enumerable.Range(0, Rotations).Select(r => _plan.Angle_deg(r) * Math.PI / 180)];
        _sinogram = DiscPhantom.Of((15, -10, 110, 1)).Project(angles_rad, Translations, 10, 0, 10);
    }

    [Fact]
    public async Task RunAsync_ZoneOverTheBestPlace_MovesItAwayAtTheNextLookAndInTheResult()
    {
        var store = new KeptStore();
        LiveScan scan = null!;
        ForbiddenZone zone = null!;
        RoiSuggestion seen = null!;
        scan = Scan(
            [
                Start(), .. Images(0, 20 * Translations),
                Meanwhile(() =>
                {
                    RoiCandidate best = Await(r => r.Candidates.Count > 0 && r.Candidates[0].Score > 0).Candidates[0];
                    zone = new ForbiddenZone(best.X_um, best.Y_um, 25);
                    Assert.Equal(ZoneAnswer.Taken, scan.Zones.TryChange("a page", scan.Zones.Zones.Revision, [zone]));
                }),

                // Not a frame comes in between.
                Meanwhile(() => seen = Await(r => r.Forbidden.Zones.Count == 1)),
                .. Images(20 * Translations, 4 * Translations), End(),
            ],
            store);
        await RunAsync(scan);

        Assert.Equal(zone, seen.Forbidden.Zones[0]);
        Assert.Equal(scan.Zones.Zones.Revision, seen.Forbidden.Revision);
        Assert.NotEmpty(seen.Candidates);
        Assert.All(seen.Candidates, c => Assert.True(IsClear(c, zone)));
        Assert.Equal([zone], store.Scan!.Roi.Forbidden.Zones);
        Assert.NotEmpty(store.Scan.Roi.Candidates);
        Assert.All(store.Scan.Roi.Candidates, c => Assert.True(IsClear(c, zone)));
        Assert.Equal([zone], scan.ChangedZones);
        Assert.Contains(_said, s => s.StartsWith("a page changed the forbidden zones: added 25 µm around (", StringComparison.Ordinal));
        Assert.Equivalent((await FromStartAsync([zone])).Roi.Candidates, store.Scan.Roi.Candidates, strict: true);
        Assert.NotEqual((await FromStartAsync(null)).Roi.Candidates[0], store.Scan.Roi.Candidates[0]);
    }

    [Fact]
    public async Task RunAsync_BeforeTheFirstFrame_ZonesAreShown()
    {
        LiveScan scan = null!;
        scan = Scan(
            [
                Meanwhile(() => scan.Zones.TryChange("a page", scan.Zones.Zones.Revision, [new ForbiddenZone(0, 0, 5)])),
                Meanwhile(() => Await(r => r.Forbidden.Zones.Count == 1)),
                Start(), .. Images(0, Cells), End(),
            ],
            new KeptStore());
        Assert.Equal(ScanPhase.Complete, (await RunAsync(scan)).Phase);
    }

    [Fact]
    public async Task RunAsync_Journalled_IsTheSameFromItsJournalAlone()
    {
        ForbiddenZone zone = new(15, -10, 30);
        var store = new KeptStore();
        var journal = new KeptJournal();
        LiveScan scan = null!;
        scan = Scan([Start(), .. Images(0, 300), Meanwhile(() => scan.Zones.TryChange("a page", scan.Zones.Zones.Revision, [zone])), .. Images(300, Cells - 300), End()], store, journal);
        await RunAsync(scan);

        Assert.Equal([zone], journal.Scan!.Zones);
        Assert.Contains(journal.Events, e => e is { Kind: JournalledEventKind.Changed, Sentence: "a page changed the forbidden zones: added 30 µm around (15, -10) µm" });
        ScanRecord recovered = ScanResult.FromJournal(Options().Settings(), journal, _clock.GetUtcNow(), out int damaged);
        Assert.Equal(0, damaged);
        Assert.Equal([zone], recovered.Roi.Forbidden.Zones);
        Assert.Equivalent(store.Scan!.Roi.Candidates, recovered.Roi.Candidates, strict: true);
    }

    [Fact]
    public async Task RunAsync_KilledAfterAChange_GoesOnWithItAndSaysSo()
    {
        ForbiddenZone zone = new(15, -10, 30), configured = new(500, 0, 10);
        var journal = new KeptJournal();
        var left = new KeptJournal();
        LiveScan scan = null!;
        scan = Scan(
            [
                Start(), .. Images(0, 300),
                Meanwhile(() => scan.Zones.TryChange("a page", scan.Zones.Zones.Revision, [zone])),
                Meanwhile(() => Assert.True(SpinWait.SpinUntil(() => journal.Scan is { Counters.Placed: 300, Zones.Count: 1 }, Hang))),
                End(),
            ],
            new KeptStore(),
            journal);
        await RunAsync(scan);
        left.Scan = journal.Scan! with { Counters = journal.Scan!.Counters with { Missing = 0 } };
        foreach (JournalledPattern row in journal.Rows.Values)
        {
            left.Add(row);
        }

        // Meanwhile somebody has changed the configuration: what was drawn holds.
        _said.Clear();
        var store = new KeptStore();
        LiveOptions options = Options();
        LiveScan next = Scan([Start(), .. Images(0, Cells), End()], store, left, options with { Placement = options.Placement with { Forbidden = [configured] } });
        Assert.Equal([zone], next.Zones.Zones.Zones);
        Assert.Equal(ScanPhase.Complete, (await RunAsync(next)).Phase);
        Assert.Equal("the forbidden zones stay as they were changed: added 30 µm around (15, -10) µm, removed 10 µm around (500, 0) µm", _said[^1]);
        Assert.Equal([zone], left.Scan!.Zones);
        Assert.Equivalent((await FromStartAsync([zone])).Roi.Candidates, store.Scan!.Roi.Candidates, strict: true);

        // So has the slice that comes after it in a stack; a scan of its own has the configuration's.
        LiveScan following = Scan([], new KeptStore(), options: options with { Zones = next.ChangedZones });
        Assert.Equal([zone], following.Zones.Zones.Zones);
        Assert.Equal([zone], following.ChangedZones);
        Assert.Equal([zone], (options with { Zones = next.ChangedZones }).Settings().Placement.Forbidden);
        LiveScan other = Scan([], new KeptStore(), options: options);
        Assert.Empty(other.Zones.Zones.Zones);
        Assert.Null(other.ChangedZones);
    }

    [Fact]
    public async Task RunAsync_ChangeAfterTheLastLook_IsInTheResultAndInTheJournal()
    {
        // Each time that the page is told that all is there, somebody changes them again: the last time nothing looks at it but the end.
        var store = new KeptStore();
        var journal = new KeptJournal();
        LiveScan scan = null!;
        double last_um = 0;
        _display.Told = state =>
        {
            if (state is { Phase: ScanPhase.Running, Counters.Placed: Cells })
            {
                ForbiddenZone zone = new(15, -10, last_um += 0.25);
                Assert.Equal(ZoneAnswer.Taken, scan.Zones.TryChange("a page", scan.Zones.Zones.Revision, [zone]));
            }
        };
        scan = Scan([Start(), .. Images(0, Cells), End()], store, journal);
        await RunAsync(scan);
        _display.Told = _ => { };

        Assert.True(last_um > 0);
        Assert.Equal(last_um, Assert.Single(store.Scan!.Roi.Forbidden.Zones).Radius_um);
        Assert.Equal(last_um, Assert.Single(journal.Scan!.Zones!).Radius_um);
        Assert.False(scan.Zones.IsOpen);
        Assert.Equal(ZoneAnswer.Closed, scan.Zones.TryChange("a page", scan.Zones.Zones.Revision, []));
    }

    [Fact]
    public async Task RunAsync_SavedFile_RoiKeepsOffItsZonesToo()
    {
        using var folder = new TemporaryFolder();
        ForbiddenZone zone = new(15, -10, 25);
        LiveScan scan = null!;
        scan = Scan(
            [Start(), .. Images(0, 300), Meanwhile(() => scan.Zones.TryChange("a page", scan.Zones.Zones.Revision, [zone])), .. Images(300, Cells - 300), End()],
            new NexusScanStore(folder.Path));
        string file = (await RunAsync(scan)).SavedPath!;

        JsonElement said = JsonDocument.Parse(Roi(file, "--json", "--forbid=200,0,10")).RootElement;
        Assert.Equal(
            [(200, 0, 10, false), (15, -10, 25, true)],
            said.GetProperty("forbidden").EnumerateArray().Select(z => (z.GetProperty("x_um").GetDouble(), z.GetProperty("y_um").GetDouble(), z.GetProperty("radius_um").GetDouble(), z.GetProperty("from_file").GetBoolean())));
        Assert.All(said.GetProperty("candidates").EnumerateArray(), c => Assert.True(IsClear(Place(c), zone)));
        Assert.Contains("\nforbidden zones of the file: 25 µm around (15, -10) µm (--ignore-zones leaves them out)\n", Roi(file), StringComparison.Ordinal);

        JsonElement without = JsonDocument.Parse(Roi(file, "--json", "--ignore-zones")).RootElement;
        Assert.Equal(0, without.GetProperty("forbidden").GetArrayLength());
        Assert.False(IsClear(Place(without.GetProperty("candidates")[0]), zone));

        // One that is said too is said once.
        Assert.Equal(1, JsonDocument.Parse(Roi(file, "--json", "--forbid=15,-10,25")).RootElement.GetProperty("forbidden").GetArrayLength());
        UserException none = Assert.Throws<UserException>(() => Roi(file, "--forbid=15,-10,140"));
        Assert.Contains("no place is left", none.Message, StringComparison.Ordinal);
        Assert.EndsWith("; forbidden zones of the file: 25 µm around (15, -10) µm (--ignore-zones leaves them out)", none.Message, StringComparison.Ordinal);

        static RoiCandidate Place(JsonElement c) => new(c.GetProperty("x_um").GetDouble(), c.GetProperty("y_um").GetDouble(), c.GetProperty("radius_um").GetDouble(), 1, 0, 0);

        static string Roi(params string[] arguments)
        {
            StringWriter said = new();
            Assert.Equal(0, new RootCommand { new RoiCommand().Build() }
                .Parse(["roi", .. arguments, "--radius-um", "35"])
                .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = said }));
            return said.ToString();
        }
    }

    [Fact]
    public void Zones_OfARegionOfInterest_AreNone()
    {
        LiveScan scan = Scan([], new KeptStore(), options: Options() with { Roi = new LiveRoi { Mode = RoiMode.Extension } });
        Assert.False(scan.Zones.IsOpen);
        Assert.Equal(ZoneAnswer.Closed, scan.Zones.TryChange("a page", scan.Zones.Zones.Revision, [new ForbiddenZone(0, 0, 1)]));
    }

    private static bool IsClear(RoiCandidate c, ForbiddenZone zone) =>
        Math.Sqrt(Math.Pow(c.X_um - zone.X_um, 2) + Math.Pow(c.Y_um - zone.Y_um, 2)) >= zone.Radius_um + c.Radius_um;

    private RoiSuggestion Await(Func<RoiSuggestion, bool> isThere)
    {
        Assert.True(SpinWait.SpinUntil(() => _display.Roi is { } roi && isThere(roi), Hang));
        return _display.Roi!;
    }

    private async Task<ScanRecord> FromStartAsync(ForbiddenZone[]? zones)
    {
        var store = new KeptStore();
        LiveOptions options = Options();
        await RunAsync(Scan([Start(), .. Images(0, Cells), End()], store, options: zones is null ? options : options with { Placement = options.Placement with { Forbidden = zones } }));
        return store.Scan!;
    }

    private LiveOptions Options() => SmallScan.Options(_plan) with
    {
        Corrections = new() { Air = false },
        Placement = new PlacementRules { Radius_um = 35, Phases = [new PhaseWeight("total")], LocalRadius_um = 15 },
    };

    private LiveScan Scan(IEnumerable<Func<SourceEvent>> script, IScanStore store, IScanJournal? journal = null, LiveOptions? options = null)
    {
        LiveOptions known = options ?? Options();
        return new LiveScan(
            known,
            () => new ScriptedSource(_clock, script),
            () => new SimdIntegrator(known.Integration, () => new Reader(this)),
            _display,
            store,
            _clock,
            patterns: null,
            journal)
        {
            Say = sentence =>
            {
                lock (_said)
                {
                    _said.Add(sentence);
                }
            },
        };
    }

    private static Task<LiveOutcome> RunAsync(LiveScan scan) =>
        scan.RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);

    private IEnumerable<Func<SourceEvent>> Images(int first, int count) => Enumerable.Range(first, count).Select(i => Image(() => _leases.Frame(i)));

    /// <summary>Flat frames, each with the ray of its cell through the sample.</summary>
    private sealed class Reader(DrawnZonesTests tests) : IPixelReader
    {
        private int _value;

        public FrameOutcome Begin(in RawFrame frame)
        {
            ScanCell cell = tests._plan.CellOf(frame.Header.Index);
            _value = (int)(10 * tests._sinogram[(cell.Rotation * Translations) + cell.Translation]);
            return FrameOutcome.Accepted;
        }

        public FrameOutcome Read(Span<int> pixels)
        {
            pixels.Fill(_value);
            return FrameOutcome.Accepted;
        }
    }

    private sealed class LastDisplay : ILiveDisplay
    {
        private volatile RoiSuggestion? _roi;

        public RoiSuggestion? Roi => _roi;

        public Action<LiveState> Told { get; set; } = _ => { };

        public void Show(ScanDescription scan) => _roi = null;

        public void Show(LiveState state) => Told(state);

        public void Show(Model.Sinograms.SinogramMap sinogram)
        {
        }

        public void Show(Model.Slices.SliceMap slice)
        {
        }

        public void Show(PatternView patterns)
        {
        }

        public void Show(RoiSuggestion roi) => _roi = roi;

        public void Show(IVoxelPatterns voxels)
        {
        }
    }
}
