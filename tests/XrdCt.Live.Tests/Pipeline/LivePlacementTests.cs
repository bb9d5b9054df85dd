using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Phantoms;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;
using XrdCt.Live.Tests.Roi;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>Where a live scan would put regions of interest, and when it says that it may stop.</summary>
public sealed class LivePlacementTests
{
    private const int Translations = 31, Rotations = 40;

    // A disc of 110 µm radius, off the axis.
    private static readonly DiscPhantom Sample = DiscPhantom.Of((15, -10, 110, 1));

    [Fact]
    public void Update_InterlacedScan_ComesToMayStopAndKeepsTheCurve()
    {
        (ScanSettings settings, float[] sinogram) = Scan(ScanOrder.Interlaced, "total");
        var scan = new Run(settings, sinogram);
        scan.Place(0, Translations * 4);
        Assert.Equal("a placement needs 8 projections; 4 so far", scan.Roi.Explanation);
        Assert.Equal((false, 0), (scan.Roi.Stop.MayStop, scan.Roi.Curve.Count));

        List<RoiSuggestion> looks = [];
        for (int line = 4; line < Rotations; line++)
        {
            scan.Place(line * Translations, Translations);
            looks.Add(scan.Roi);
        }

        int first = looks.FindIndex(l => l.Stop.MayStop);
        Assert.InRange(first, settings.Placement.Stop.Updates, looks.Count - 1);
        Assert.StartsWith("go on: ", looks[first - 1].Stop.Sentence, StringComparison.Ordinal);
        RoiCandidate best = looks[^1].Candidates[0];
        Assert.InRange(Math.Sqrt(Math.Pow(best.X_um - 15, 2) + Math.Pow(best.Y_um + 10, 2)), 0, 60);
        Assert.InRange(best.ScoreSigma, 1e-6, 0.025);
        Assert.Equal(best.Score, best.Terms.Sum(t => t.Contribution), 9);

        // One point for each look with 8 projections or more, which nothing that comes later changes.
        Assert.Equal(Enumerable.Range(8, 33).Select(n => n / 40.0), looks[^1].Curve.Select(p => p.Fraction));
        Assert.Equal(looks[20].Curve, looks[^1].Curve.Take(looks[20].Curve.Count));
        Assert.Equal(looks[20].Candidates[0].Score, looks[20].Curve[^1].Score);
    }

    [Fact]
    public void Update_WedgeMissing_GoesOn()
    {
        (ScanSettings settings, float[] sinogram) = Scan(ScanOrder.TranslationFast, "total");
        var scan = new Run(settings, sinogram);
        for (int line = 0; line < Rotations / 2; line++)
        {
            scan.Place(line * Translations, Translations);
        }

        Assert.NotEmpty(scan.Roi.Candidates);
        Assert.False(scan.Roi.Stop.MayStop);
        Assert.Contains("of angles are missing", scan.Roi.Stop.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("total")]
    [InlineData("half")]
    public void Complete_AnyChannel_HasItsUncertaintyWhateverTheOrder(string channel)
    {
        (ScanSettings settings, float[] sinogram) = Scan(ScanOrder.Interlaced, channel);
        var scan = new Run(settings, sinogram);
        for (int line = 0; line < Rotations; line += 3)
        {
            scan.Place(line * Translations, Math.Min(3, Rotations - line) * Translations);
        }

        // The live place may be one of before that is as good; the last one is of the slices alone.
        var backwards = new Run(settings, sinogram);
        backwards.PlaceAll(Enumerable.Range(0, sinogram.Length).Reverse());
        RoiSuggestion live = scan.Complete(), other = backwards.Complete();

        Assert.All(live.Candidates, c => Assert.InRange(c.ScoreSigma, 1e-6, 0.05));
        Assert.Equivalent(live.Candidates, other.Candidates, strict: true);
        Assert.Equal(live.Explanation, other.Explanation);
        Assert.Contains($"projections of '{channel}'", live.Explanation, StringComparison.Ordinal);
        Assert.Equal((scan.Curve, 0), (live.Curve.Count, other.Curve.Count));
        Assert.Contains("spottiness", live.Candidates[0].Terms.Select(t => t.Name));
    }

    [Fact]
    public void Update_ZoneForbidden_IsNotTouched()
    {
        (ScanSettings settings, float[] sinogram) = Scan(ScanOrder.Interlaced, "total");
        var zone = new ForbiddenZone(15, -10, 20);
        settings = settings with { Placement = settings.Placement with { Forbidden = [zone] } };
        var scan = new Run(settings, sinogram);
        scan.Place(0, sinogram.Length);

        Assert.NotEmpty(scan.Roi.Candidates);
        Assert.All(scan.Roi.Candidates, c => Assert.True(Math.Sqrt(Math.Pow(c.X_um - 15, 2) + Math.Pow(c.Y_um + 10, 2)) >= zone.Radius_um + c.Radius_um));
    }

    [Fact]
    public void Forbid_MidScan_MovesThePlaceAtTheNextLookAndStandsAnew()
    {
        (ScanSettings settings, float[] sinogram) = Scan(ScanOrder.Interlaced, "total");
        var scan = new Run(settings, sinogram);
        int line = 0;
        for (; line < Rotations && !scan.Roi.Stop.MayStop; line++)
        {
            scan.Place(line * Translations, Translations);
        }

        Assert.InRange(line, settings.Placement.Stop.Updates, (Rotations / 2) + 4);
        RoiCandidate before = scan.Roi.Candidates[0];
        var zones = new ForbiddenZones(7, [new ForbiddenZone(before.X_um, before.Y_um, 25)]);
        scan.Forbid(zones);

        // Nothing new was measured.
        RoiSuggestion after = scan.Roi;
        Assert.Equal(zones, after.Forbidden);
        Assert.NotEmpty(after.Candidates);
        Assert.All(after.Candidates, c => Assert.True(Far(c, zones.Zones[0])));
        Assert.Equal((false, "go on: the forbidden zones were changed, and the ROI must stand still anew"), (after.Stop.MayStop, after.Stop.Sentence));
        for (int more = 0; more < settings.Placement.Stop.Updates; more++, line++)
        {
            scan.Place(line * Translations, Translations);
            Assert.False(scan.Roi.Stop.MayStop);
        }

        Assert.Equal(double.NaN, scan.Roi.Curve[^settings.Placement.Stop.Updates].Movement_um);
        scan.Place(line * Translations, (Rotations - line) * Translations);
        RoiSuggestion end = scan.Complete();
        Assert.All(end.Candidates, c => Assert.True(Far(c, zones.Zones[0])));

        // And in the end it is that of a scan which had them from the start.
        var fromStart = new Run(settings with { Placement = settings.Placement with { Forbidden = zones.Zones } }, sinogram);
        fromStart.PlaceAll(Enumerable.Range(0, sinogram.Length));
        Assert.Equivalent(fromStart.Complete().Candidates, end.Candidates, strict: true);

        static bool Far(RoiCandidate c, ForbiddenZone z) => Math.Sqrt(Math.Pow(c.X_um - z.X_um, 2) + Math.Pow(c.Y_um - z.Y_um, 2)) >= z.Radius_um + c.Radius_um;
    }

    [Fact]
    public void Forbid_BeforeTheFirstProjection_IsShownAndHolds()
    {
        (ScanSettings settings, float[] sinogram) = Scan(ScanOrder.Interlaced, "total");
        var scan = new Run(settings, sinogram);
        var zones = new ForbiddenZones(1, [new ForbiddenZone(15, -10, 20)]);
        scan.Forbid(zones);
        Assert.Equal(zones, scan.Roi.Forbidden);
        Assert.Equal("a placement needs 8 projections; 0 so far", scan.Roi.Explanation);

        scan.Place(0, sinogram.Length);
        Assert.All(scan.Roi.Candidates, c => Assert.True(Math.Sqrt(Math.Pow(c.X_um - 15, 2) + Math.Pow(c.Y_um + 10, 2)) >= 55));
    }

    private static (ScanSettings Settings, float[] Sinogram) Scan(ScanOrder order, string channel)
    {
        var plan = new ScanPlan(Translations, Rotations, 10, order);
        double[] angles_rad = [.. Enumerable.Range(0, Rotations).Select(r => plan.Angle_deg(r) * Math.PI / 180)];
        LiveOptions options = SmallScan.Options(plan);
        options = options with
        {
            Channels = [.. options.Channels, new LiveChannel("half", LiveChannelKind.Total, options.Integration.Axis.Lower, options.Integration.Axis.Centres[SmallScan.Bins / 2])],
            Placement = new PlacementRules { Radius_um = 35, Phases = [new PhaseWeight(channel)], LocalRadius_um = 15 },
        };
        return (options.Settings() with { Corrections = new() { Air = false } }, Sample.Project(angles_rad, Translations, 10, 0, 10));
    }

    private sealed class Run(ScanSettings settings, float[] sinogram)
    {
        private readonly ScanAssembly _assembly = new(settings, new FrameTally());
        private readonly LiveReconstruction _reconstruction = new(settings);

        public RoiSuggestion Roi => _reconstruction.Roi;

        public int Curve => Roi.Curve.Count;

        public void Place(int first, int count)
        {
            PlaceAll(Enumerable.Range(first, count));
            _reconstruction.Update(_assembly);
        }

        public void PlaceAll(IEnumerable<int> frames)
        {
            foreach (int index in frames)
            {
                ScanCell cell = settings.Description.Plan.CellOf(index);
                double expected = 10 * sinogram[(cell.Rotation * Translations) + cell.Translation];
                var random = new SeededRandom(index);
                DiffractionPattern pattern = SmallScan.Pattern(index, 0);
                for (int b = 0; b < SmallScan.Bins; b++)
                {
                    double counts = random.NextPoisson(expected);
                    pattern.Normalisation[b] = 1;
                    pattern.Signal[b] = pattern.Variance[b] = counts;
                    pattern.Mean[b] = (float)counts;
                }

                _assembly.Place(pattern);
            }
        }

        public void Forbid(ForbiddenZones zones)
        {
            _reconstruction.Forbid(zones);
            _reconstruction.Update(_assembly);
        }

        public RoiSuggestion Complete()
        {
            _assembly.Close();
            _reconstruction.Complete(_assembly);
            return Roi;
        }
    }
}
