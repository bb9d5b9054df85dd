using System.Text.Json;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage;
using XrdCt.Live.Storage.Sinograms;
using XrdCt.Live.Tests.Roi;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Commands;

/// <summary>
/// <c>reconstruct --coarse</c> on the electrode of <see cref="RoiModesTests"/>, whose projections are known in closed form: a coarse file and an ROI file
/// of four bins, bin b with b + 1 times the signal.
/// </summary>
public sealed class ReconstructRoiTests : IDisposable
{
    private const int Bins = 4;
    private const double Smoothing_um = 20, First_invA = 1, Step_invA = 0.5;

    private static readonly RoiExperiment Experiment = new() { Phantom = DiscPhantom.Electrode(1), X_um = 117, Y_um = -83, RoiCentre_px = 1.3 };

    // Once for all tests: each takes a second.
    private static readonly Lazy<(float[] Coarse, float[] Roi)> Exact = new(Experiment.Exact);

    private static readonly string[] Place = ["--roi-centre-um", "120,-80"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Completion_CoarseScanOfTheSameAxis_FreesTheSliceFromTheOutside()
    {
        string roi = Roi(air: null);
        string coarse = Coarse("coarse.nxs", Bins, Step_invA);

        ReconstructRun completed = Run([roi, "--coarse", coarse, .. Place]);
        ReconstructRun plain = Run([roi, "--cor", "1.3"]);

        Assert.InRange(Error(plain, 1), 1, 10);
        AssertFreed(completed, Bins);
        JsonElement found = completed.Said.GetProperty("alignment");
        Assert.Equal((117, -83, 0.9), (Number("x_um"), Number("y_um"), Number("scale")), (one, other) =>
            Math.Abs(one.Item1 - other.Item1) < 1 && Math.Abs(one.Item2 - other.Item2) < 1 && Math.Abs(one.Item3 - other.Item3) < 0.002);
        Assert.Equal(1.3, completed.Axis_px, 0.2);
        Assert.Contains("it stays in", completed.Remarks, StringComparison.Ordinal);

        // Some bins are those of the whole: the scale does not hang on which are asked for.
        ReconstructRun some = Run([roi, "--coarse", coarse, .. Place, "--bins", "2:3"]);
        Assert.Equal(found.ToString(), some.Said.GetProperty("alignment").ToString());
        Assert.InRange(some.Error(0, completed.Slice(2), 0.9), 0, 1e-6);

        double Number(string name) => found.GetProperty(name).GetDouble();
    }

    [Fact]
    public void Completion_CoarseBinsTwiceAsWide_AreBroughtOntoThoseOfTheRoiScan()
    {
        // Both fine bins within a coarse one have the same signal.
        string roi = Roi(air: null, level: b => 1 + (b / 2));
        ReconstructRun run = Run([roi, "--coarse", Coarse("coarse.nxs", Bins / 2, 2 * Step_invA), .. Place]);

        Assert.Contains("brought onto the radial axis", run.Remarks, StringComparison.Ordinal);
        AssertFreed(run, Bins, b => 1 + (b / 2));
    }

    [Fact]
    public void Completion_CoarseScanOfFewerBins_LeavesTheOthersWithoutValues()
    {
        // The coarse scan ends after three bins of four: scale and place must come from what both have.
        ReconstructRun run = Run([Roi(air: null), "--coarse", Coarse("coarse.nxs", 3, Step_invA), .. Place]);

        Assert.Contains("lacks 1 of the bins", run.Remarks, StringComparison.Ordinal);
        Assert.Equal(0.9, run.Said.GetProperty("alignment").GetProperty("scale").GetDouble(), 0.002);
        AssertFreed(run, 3);
        Assert.All(run.Slice(3), v => Assert.True(float.IsNaN(v)));
    }

    [Fact]
    public void Completion_AirInBothScans_IsTakenOffBoth()
    {
        float[] air = [40, 90, 20, 160];
        string roi = Roi(air), coarse = CoarseScanOfOurs(air);

        ReconstructRun run = Run([roi, "--coarse", coarse, .. Place]);

        Assert.Contains("times the scale, is taken off the ROI scan", run.Remarks, StringComparison.Ordinal);
        Assert.Equal(0.9, run.Said.GetProperty("alignment").GetProperty("scale").GetDouble(), 0.002);
        AssertFreed(run, Bins);

        // Raw, the coarse scan has the air in it as the ROI scan has: nothing must be taken off then.
        ReconstructRun raw = Run([roi, "--coarse", coarse, .. Place, "--raw"]);
        Assert.Contains("it stays in", raw.Remarks, StringComparison.Ordinal);
    }

    [Fact]
    public void Completion_AirOffBothFiles_IsNotTakenOffAgain()
    {
        string path = new NexusScanStore(_folder.Path).Save(CorrectedScanTests.Sample(new CorrectionOptions()));

        ReconstructRun run = Run([path, "--coarse", path]);

        Assert.Contains("the air is off both scans as they are", run.Remarks, StringComparison.Ordinal);
        Assert.Equal(1, run.Said.GetProperty("alignment").GetProperty("scale").GetDouble(), 1e-3);
        Assert.Contains("times the scale, is taken off", Run([path, "--coarse", path, "--dataset", "/entry/data/intensity"]).Remarks, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("subtraction", 0.03)]
    [InlineData("extension", 0.8)]
    public void OtherModes_AsTheirNames_TakeMostOfTheOutsideOut(string mode, double most)
    {
        string[] coarse = mode == "extension" ? ["--cor", "1.3"] : ["--coarse", Coarse("coarse.nxs", Bins, Step_invA), .. Place];
        ReconstructRun run = Run([Roi(air: null), "--roi-mode", mode, .. coarse, "--bins", "1:2"]);
        Assert.InRange(Error(run, 0, 2), 0, most);
        Assert.Contains($"roi/mode: {mode}", Info(), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_CoarseScanFinerThanTheRoiScan_SaysSo()
    {
        SpotSinogram roi = new(21, 20);
        SpotSinogram fine = new(roi.Angles_deg, [.. Enumerable.Range(0, 41).Select(t => (t - 20) * 1.0)], 3);
        string coarse = Write("fine.nxs", fine.Angles_deg, fine.Translations_um, fine.Values, 3, First_invA, Step_invA);
        string sinogram = Write("roi.nxs", roi.Angles_deg, roi.Translations_um, roi.Values, 3, First_invA, Step_invA);

        string sentence = ReconstructRun.Refusal(1, sinogram, "--coarse", coarse);

        Assert.Contains("coarse scan's step of 1 µm is below the ROI scan's of 10 µm", sentence, StringComparison.Ordinal);
        Assert.Equal(["fine.nxs", "roi.nxs"], _folder.Names);
    }

    [Fact]
    public void Wrong_CoarseScanOfOtherBins_SaysSo()
    {
        SpotSinogram roi = new(21, 20);
        string sinogram = Write("roi.nxs", roi.Angles_deg, roi.Translations_um, roi.Values, 3, First_invA, Step_invA);
        string far = Write("far.nxs", roi.Angles_deg, roi.Translations_um, roi.Values, 3, 50, Step_invA);

        string sentence = ReconstructRun.Refusal(1, sinogram, "--coarse", far);

        Assert.Contains("no bin in common", sentence, StringComparison.Ordinal);
        Assert.Contains("far.nxs", sentence, StringComparison.Ordinal);

        string[] unknown = roi.Write(_folder, "plain.h5");
        Assert.Contains("of unknown unit", ReconstructRun.Refusal(1, [.. unknown, "--coarse", far]), StringComparison.Ordinal);
        Assert.Equal(["far.nxs", "plain.h5", "roi.nxs"], _folder.Names);
    }

    private string Info()
    {
        StringWriter said = new();
        Assert.Equal(0, ReconstructRun.Invoke(["info", _folder.File("out.nxs")], said));
        return said.ToString();
    }

    private ReconstructRun Run(string[] arguments) => ReconstructRun.Of(_folder.File("out.nxs"), [.. arguments, "--overwrite"]);

    private static void AssertFreed(ReconstructRun run, int bins, Func<int, double>? level = null) =>
        Assert.All(Enumerable.Range(0, bins), b => Assert.InRange(Error(run, b, level?.Invoke(b) ?? 1 + b), 0, 0.01));

    // Low-frequency RMS, as a share of the mean.
    private static double Error(ReconstructRun run, int bin, double? level = null) => Experiment.Errors(
        [.. run.Slice(bin).Select(v => float.IsNaN(v) ? 0 : (float)(v / (level ?? 1 + bin)))], run.Axis_px, Smoothing_um).LowFrequency;

    // As it comes: with the air, and all of it weaker by the scale.
    private string Roi(float[]? air, Func<int, double>? level = null)
    {
        float[] values = [.. Exact.Value.Roi.SelectMany(v => Enumerable.Range(0, Bins).Select(b =>
            (float)((v * (level?.Invoke(b) ?? 1 + b)) + (Experiment.Scale * (air?[b] ?? 0)))))];
        return Write(
            "roi.nxs",
            [.. Enumerable.Range(0, Experiment.RoiRotations).Select(r => r * 180.0 / Experiment.RoiRotations)],
            [.. Enumerable.Range(0, Experiment.RoiCount).Select(t => (double)(t - (Experiment.RoiCount / 2)))],
            values,
            Bins,
            First_invA,
            Step_invA);
    }

    // The first bin begins where that of the ROI scan does.
    private string Coarse(string name, int bins, double step_invA) => Write(
        name,
        [.. Enumerable.Range(0, Experiment.CoarseRotations).Select(r => r * 180.0 / Experiment.CoarseRotations)],
        [.. Enumerable.Range(0, Experiment.CoarseCount).Select(t => (t - (Experiment.CoarseCount / 2)) * Experiment.CoarseStep_um)],
        [.. Exact.Value.Coarse.SelectMany(v => Enumerable.Range(1, bins).Select(b => b * v))],
        bins,
        First_invA - (0.5 * Step_invA) + (0.5 * step_invA),
        step_invA);

    private string CoarseScanOfOurs(float[] air)
    {
        ScanPlan plan = new(Experiment.CoarseCount, Experiment.CoarseRotations, Experiment.CoarseStep_um);
        SinogramStack stack = new(plan, Bins);
        for (int cell = 0; cell < plan.CellCount; cell++)
        {
            ScanCell at = new(cell / plan.TranslationCount, cell % plan.TranslationCount);
            stack.TryClaim(at);
            for (int b = 0; b < Bins; b++)
            {
                stack.Pattern(at)[b] = ((1 + b) * Exact.Value.Coarse[cell]) + air[b];
                stack.Variance(at)[b] = 0.01f;
            }
        }

        float[] monitor = [.. Enumerable.Repeat(1f, plan.CellCount)];
        CorrectedSinogram corrected = CorrectedSinogram.Of(stack, null, monitor, null, null, new CorrectionOptions());
        for (int b = 0; b < Bins; b++)
        {
            Assert.Equal(air[b], corrected.Findings.Air[b], 0.05);
        }

        ScanRecord sample = ScanSamples.Scan(plan.TranslationCount, plan.RotationCount, Bins);
        return new NexusScanStore(_folder.Path).Save(sample with
        {
            Description = new ScanDescription(
                "coarse",
                "",
                plan,
                new RadialAxis(RadialUnit.Q_invA, First_invA - (0.5 * Step_invA), First_invA + ((Bins - 0.5) * Step_invA), Bins),
                sample.Description.Channels,
                ""),
            Sinogram = stack,
            Monitor = monitor,
            Corrected = corrected,
        });
    }

    private string Write(string name, double[] angles_deg, double[] translations_um, float[] values, int bins, double first_invA, double step_invA)
    {
        string path = _folder.File(name);
        SinogramHeader header = new()
        {
            Angles_deg = angles_deg,
            Translations_um = translations_um,
            Radial = [.. Enumerable.Range(0, bins).Select(b => first_invA + (b * step_invA))],
            Unit = RadialUnit.Q_invA,
            Energy_keV = 50,
        };
        using SinogramWriter writer = new(path, SinogramLayout.Nxxrdct, header, "test", overwrite: false);
        writer.Write(values, bins);
        writer.Finish();
        return path;
    }
}
