using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>Scans whose stage does something else than the configuration says.</summary>
public sealed class StageAlignmentTests
{
    private const int Translations = 41;
    private const int Rotations = 48;
    private const double Step_um = 10;

    private static readonly ScanPlan Raster = new(Translations, Rotations, Step_um);
    private static readonly ScanPlan Zigzag = Raster.WithZigzag(true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Update_WrongDirectionInTheConfiguration_IsReportedAndPutRight(bool isZigzag)
    {
        ScanPlan truth = isZigzag ? Zigzag : Raster;
        (ScanAssembly assembly, LiveReconstruction reconstruction) = Run(truth.WithZigzag(!isZigzag), Frames(truth, 0));
        (ScanAssembly right, LiveReconstruction expected) = Run(truth, Frames(truth, 0));

        Assert.Equal(isZigzag, reconstruction.Stage.Direction.IsZigzag);
        Assert.Equal(isZigzag, assembly.Plan.Path.IsZigzag);
        Assert.Contains($"the stage ran {truth.Path}, not {truth.WithZigzag(!isZigzag).Path}", reconstruction.Stage.Sentence);
        Assert.Equal("", expected.Stage.Sentence);
        Assert.Equal(right.Sinogram.Values, assembly.Sinogram.Values);
        Assert.Equal(right.Sinogram.Variances, assembly.Sinogram.Variances);
        Assert.Equal(right.Monitor, assembly.Monitor);
        Assert.Equal(right.Transmission, assembly.Transmission);
        Assert.Equal(right.Positions!.Rotation_deg, assembly.Positions!.Rotation_deg);
        Assert.Equal(expected.Slices()[0].Values, reconstruction.Slices()[0].Values);
        Assert.Equal(right.Missing(), assembly.Missing());
    }

    [Fact]
    public void Update_Backlash_IsTakenOutOfTheSliceAndTold()
    {
        (ScanAssembly assembly, LiveReconstruction reconstruction) = Run(Zigzag, Frames(Zigzag, backlash_um: 14));
        SliceMap truth = Run(Zigzag, Frames(Zigzag, 0)).Reconstruction.Slices()[0];

        Assert.Equal(1.4, reconstruction.Stage.AppliedShift_px, 0.1);
        Assert.Contains("backward lines lie 1.", reconstruction.Stage.Sentence);

        // Left alone, it costs ten times more.
        SliceMap raw = ProgressiveSlice.Batch(Zigzag, SmallScan.Options(Zigzag).Filter, assembly.SinogramOf(0).Values).ToMap("total");
        Assert.InRange(Difference(truth, reconstruction.Slices()[0]), 0, 0.1 * Difference(truth, raw));
    }

    [Theory]
    [InlineData(1.3)]
    [InlineData(-2.2)]
    public void Update_AxisAside_IsFoundAndSlicesAreMadeAboutIt(double offset_px)
    {
        (ScanAssembly assembly, LiveReconstruction reconstruction) = Run(Raster, Frames(Raster, 0, axis_um: offset_px * Step_um));
        SliceMap truth = Run(Raster, Frames(Raster, 0)).Reconstruction.Slices()[0];

        Assert.Equal(offset_px, reconstruction.Axis.AppliedOffset_px, 0.05);
        Assert.Equal(reconstruction.Axis.Offset_px, reconstruction.Axis.AppliedOffset_px);
        Assert.Contains("the rotation axis is", reconstruction.Remark);
        Assert.Equal(["opposite_projections", "centre_of_mass", "sweep"], reconstruction.Axis.Estimates.Select(e => e.Method));
        SliceMap left = ProgressiveSlice.Batch(Raster, SmallScan.Options(Raster).Filter, assembly.SinogramOf(0).Values).ToMap("total");
        Assert.InRange(Difference(truth, reconstruction.Slices()[0]), 0, 0.1 * Difference(truth, left));
    }

    [Fact]
    public void Update_AxisWhereThePlanHasIt_LeavesTheSlicesAlone()
    {
        (ScanAssembly assembly, LiveReconstruction reconstruction) = Run(Raster, Frames(Raster, 0));
        Assert.Equal(0, reconstruction.Axis.AppliedOffset_px);
        Assert.Equal(0, reconstruction.Axis.Offset_px, 0.05);
        Assert.Equal("", reconstruction.Remark);
        SliceMap batch = ProgressiveSlice.Batch(Raster, SmallScan.Options(Raster).Filter, assembly.SinogramOf(0).Values).ToMap("total");

        // What little the tails of the sample leave outside it is taken off as air.
        Assert.InRange(Difference(batch, reconstruction.Slices()[0]), 0, 1e-3 * Math.Sqrt(batch.Values.Where(float.IsFinite).Sum(v => v * v)));
    }

    [Theory]
    [InlineData("translation-fast-zigzag", TriggerAnchor.Start)]
    [InlineData("translation-fast-zigzag", TriggerAnchor.End)]
    [InlineData("golden-zigzag", TriggerAnchor.Start)]
    [InlineData("translation-fast", TriggerAnchor.End)]
    [InlineData("rotation-fast", TriggerAnchor.Start)]
    public void Complete_PositionsToldAtAnEndOfTheFrame_GiveTheSliceOfThoseAtItsCentre(string path, TriggerAnchor anchor)
    {
        var told = new ScanPlan(Translations, Rotations, Step_um, ScanPath.ByName[path]) { Anchor = anchor };
        var centred = new ScanPlan(Translations, Rotations, Step_um, ScanPath.ByName[path]);
        (ScanAssembly assembly, LiveReconstruction reconstruction) = Run(told, Frames(told, -2 * told.Lead_steps * Step_um));
        SliceMap truth = Run(centred, Frames(centred, 0)).Reconstruction.Slices()[0];
        SliceMap left = ProgressiveSlice.Batch(centred, SmallScan.Options(centred).Filter, assembly.SinogramOf(0).Values).ToMap("total");

        // Other points of the same sample are met, so that the slices are not the same to the last pixel.
        Assert.Equal("", reconstruction.Remark);
        Assert.InRange(Difference(truth, reconstruction.Slices()[0]), 0, 0.4 * Difference(truth, left));
    }

    [Theory]
    [InlineData(TriggerAnchor.Start, -1, -0.5)]
    [InlineData(TriggerAnchor.End, 1, 0.5)]
    [InlineData(TriggerAnchor.Centre, 0, 0)]
    public void Complete_DataThatSayNothing_LeaveItToTheAnchor(TriggerAnchor anchor, double shift_px, double offset_px)
    {
        ScanPlan plan = new ScanPlan(Translations, Rotations, Step_um, new ScanPath(ScanOrder.TranslationFast, IsZigzag: true)) { Anchor = anchor };
        LiveReconstruction reconstruction = Run(plan, [.. Enumerable.Range(0, plan.CellCount).Select(i => 5.0 * (1 + (i % 3)))]).Reconstruction;
        Assert.Equal((shift_px, offset_px, ""), (reconstruction.Stage.AppliedShift_px, reconstruction.Axis.AppliedOffset_px, reconstruction.Remark));
    }

    [Fact]
    public void Complete_RotationThatNeverStopsOver180_SaysThatTheAxisCannotBeFound()
    {
        var plan = new ScanPlan(Translations, Rotations, Step_um, ScanOrder.ContinuousRotation);
        LiveReconstruction reconstruction = Run(plan, Frames(plan, 0)).Reconstruction;
        Assert.StartsWith("undetermined: ", reconstruction.Axis.Status);
        Assert.Equal(0, reconstruction.Axis.AppliedOffset_px);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Complete_TruncatedScan_TakesTheAxisOfTheCoarseScan(bool isTruncated)
    {
        // A sample wider than the scan: its own data do not tell.
        double[] frames = Frames(Raster, 0, axis_um: 6);
        if (isTruncated)
        {
            for (int i = 0; i < frames.Length; i++)
            {
                frames[i] += 50 * (1 + (i % 3)) * (1 + (0.02 * Math.Sin(i)));
            }
        }

        ScanSettings settings = (SmallScan.Options(Raster) with { CoarseAxis = new AxisPosition(-23, 0.8) }).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        for (int i = 0; i < frames.Length; i++)
        {
            assembly.Place(Pattern(i, frames[i]));
        }

        assembly.Close();
        var reconstruction = new LiveReconstruction(settings);
        reconstruction.Complete(assembly);
        Assert.Equal(isTruncated ? -2.3 : 0.6, reconstruction.Axis.AppliedOffset_px, isTruncated ? 1e-9 : 0.05);
        Assert.Equal("coarse_scan", reconstruction.Axis.Estimates[^1].Method);
    }

    [Fact]
    public void Complete_ScanThatNobodyLookedAt_IsTheSame()
    {
        double[] frames = Frames(Zigzag, backlash_um: 7, axis_um: 12);
        (ScanAssembly watched, LiveReconstruction followed) = Run(Raster, frames);
        ScanSettings settings = Settings(Raster);
        var assembly = new ScanAssembly(settings, new FrameTally());
        for (int i = 0; i < frames.Length; i++)
        {
            assembly.Place(Pattern(i, frames[i]));
        }

        assembly.Close();
        var reconstruction = new LiveReconstruction(settings);
        reconstruction.Complete(assembly);
        Assert.Equal(followed.Stage, reconstruction.Stage);
        Assert.Equal(followed.Axis.AppliedOffset_px, reconstruction.Axis.AppliedOffset_px);
        Assert.Equal(watched.Sinogram.Values, assembly.Sinogram.Values);
        Assert.Equal(followed.Slices()[0].Values, reconstruction.Slices()[0].Values);
    }

    public static TheoryData<string, int, int> SmallPlans()
    {
        var plans = new TheoryData<string, int, int>();
        foreach (string path in ScanPath.ByName.Keys)
        {
            foreach ((int translations, int rotations) in new[] { (2, 1), (2, 9), (3, 2), (4, 4), (5, 1), (9, 3), (12, 2) })
            {
                plans.Add(path, translations, rotations);
            }
        }

        return plans;
    }

    [Theory]
    [MemberData(nameof(SmallPlans))]
    public void Update_FewCells_SaysNothingRashAndDoesNotFail(string path, int translations, int rotations)
    {
        foreach (double range_deg in new[] { 180.0, 360 })
        {
            var plan = new ScanPlan(translations, rotations, Step_um, ScanPath.ByName[path], range_deg) { IncludesEnd = rotations > 2 && path != "continuous-rotation" };
            var random = new Random(3);
            foreach (double[] frames in new[] { new double[plan.CellCount], [.. Enumerable.Range(0, plan.CellCount).Select(_ => 100 * random.NextDouble())] })
            {
                (ScanAssembly assembly, LiveReconstruction reconstruction) = Run(plan, frames);
                Assert.Equal(plan.CellCount, assembly.Sinogram.MeasuredCount);
                Assert.All(reconstruction.Slices(), s => Assert.Equal(translations * translations, s.Values.Length));
                Assert.InRange(Math.Abs(reconstruction.Axis.AppliedOffset_px), 0, translations / 4.0);
                if (frames[0] == 0)
                {
                    Assert.Equal((0, 0, "", plan.Path), (reconstruction.Axis.AppliedOffset_px, reconstruction.Stage.AppliedShift_px, reconstruction.Remark, assembly.Plan.Path));
                }
            }
        }
    }

    [Fact]
    public void Complete_AnyOrderOfArrival_LeavesNoTrace()
    {
        double[] frames = Frames(Zigzag, backlash_um: -6);
        (ScanAssembly assembly, LiveReconstruction reconstruction) = Run(Raster, frames);
        int[] shuffled = [.. Enumerable.Range(0, frames.Length)];
        new Random(2).Shuffle(shuffled);
        (ScanAssembly other, LiveReconstruction otherReconstruction) = Run(Raster, frames, order: shuffled);

        Assert.Equal(reconstruction.Stage, otherReconstruction.Stage);
        Assert.Equal(reconstruction.Axis.AppliedOffset_px, otherReconstruction.Axis.AppliedOffset_px);
        Assert.Equal(assembly.Sinogram.Values, other.Sinogram.Values);
        Assert.Equal(reconstruction.Slices()[0].Values, otherReconstruction.Slices()[0].Values);
    }

    [Fact]
    public void Place_RowsOfAJournalFromBeforeTheTurn_GoWhereTheyBelong()
    {
        double[] frames = Frames(Zigzag, 0);
        ScanSettings settings = Settings(Raster);
        var early = new ScanAssembly(settings, new FrameTally());
        var assembly = new ScanAssembly(settings, new FrameTally());
        var reconstruction = new LiveReconstruction(settings);
        for (int i = 0; i < frames.Length; i++)
        {
            var row = new JournalledPattern(SmallScan.Bins, 2);
            early.Place(Pattern(i, frames[i]), row, out _);
            Assert.Equal(Raster.CellOf(i), row.Cell);
            assembly.Place(row, out bool isPlaced);
            Assert.True(isPlaced);
            reconstruction.Update(assembly);
        }

        assembly.Close();
        reconstruction.Complete(assembly);
        Assert.Equal(Run(Zigzag, frames).Assembly.Sinogram.Values, assembly.Sinogram.Values);
    }

    private static (ScanAssembly Assembly, LiveReconstruction Reconstruction) Run(ScanPlan configured, double[] frames, int[]? order = null)
    {
        ScanSettings settings = Settings(configured);
        var assembly = new ScanAssembly(settings, new FrameTally());
        var reconstruction = new LiveReconstruction(settings);
        foreach (int i in order ?? [.. Enumerable.Range(0, frames.Length)])
        {
            if (assembly.Place(Pattern(i, frames[i])))
            {
                reconstruction.Update(assembly);
            }
        }

        assembly.Close();
        reconstruction.Complete(assembly);
        return (assembly, reconstruction);
    }

    // Frames tell a transmission, to see where it goes: it is none of these.
    private static ScanSettings Settings(ScanPlan configured) =>
        (SmallScan.Options(configured) with { Corrections = new CorrectionOptions { Transmission = false } }).Settings();

    private static DiffractionPattern Pattern(int index, double intensity)
    {
        DiffractionPattern pattern = SmallScan.Pattern(index, intensity, monitor: 1 + (index % 3));
        pattern.Header = pattern.Header with { Rotation_deg = index, Transmission = 1.0 / (1 + index) };
        return pattern;
    }

    private static double[] Frames(ScanPlan truth, double backlash_um, double axis_um = 0) => [.. Enumerable.Range(0, truth.CellCount).Select(i =>
    {
        ScanCell cell = truth.CellOf(i);
        double t_um = truth.Position_um(cell.Translation) + (truth.IsBackward(i / Translations) ? backlash_um : 0) - axis_um;
        (double sin, double cos) = Math.SinCos(truth.Angle_deg(cell.Rotation) * Math.PI / 180);
        return (1 + (i % 3)) * (Grain(60, -40, 30) + Grain(-40, 50, 40) + Grain(-40, -60, 25));

        double Grain(double x_um, double y_um, double width_um) => Math.Exp(-Math.Pow(((x_um * cos) - (y_um * sin) - t_um) / width_um, 2));
    })];

    private static double Difference(SliceMap one, SliceMap other) => Math.Sqrt(
        one.Values.Zip(other.Values).Where(v => float.IsFinite(v.First + v.Second)).Sum(v => Math.Pow(v.First - v.Second, 2)));
}
