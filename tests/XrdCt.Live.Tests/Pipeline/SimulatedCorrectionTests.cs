using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Phantoms.Detector;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Phantoms.Samples;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;
using XrdCt.Live.Tests.Simulators;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>
/// Scans of the simulated electrode, whose forward model shares nothing with the corrections: what was put in comes out again, within the
/// counting noise. Patterns have eight bins of two thousand pixels.
/// </summary>
public sealed class SimulatedCorrectionTests
{
    private const double Pixels = 2000;

    // Half a millimetre of disc and some air on either side.
    private static readonly ScanPlan Whole = new(61, 24, 18);
    private static readonly ScanPlan Region = new(31, 24, 8);

    [Fact]
    public void Complete_DecayAndTopUpsWithMonitor_IsTheSteadyScanWithinNoise()
    {
        VirtualExperiment experiment = SimulatedScan.Of(Whole);
        ICorrectedSinogram corrected = Run(experiment, new CorrectionOptions(), experiment.MonitorOf, tellsMonitor: true).Corrected!;

        Assert.Equal(1, Deviation_sigma(experiment, corrected, out double scale), 0.1);
        Assert.Equal(1, scale, 0.002);

        // Without it the decay is many times the noise.
        ICorrectedSinogram without = Run(experiment, new CorrectionOptions { Beam = BeamCorrection.None }, experiment.MonitorOf, tellsMonitor: true).Corrected!;
        Assert.InRange(Deviation_sigma(experiment, without, out _), 3, 1000);
    }

    [Theory]
    [InlineData(BeamCorrection.Air)]
    [InlineData(BeamCorrection.ConstantTotal)]
    public void Complete_DecayAndTopUpsWithoutMonitor_IsTheSteadyScanWithinNoise(BeamCorrection beam)
    {
        VirtualExperiment experiment = SimulatedScan.Of(Whole);
        ICorrectedSinogram corrected = Run(experiment, new CorrectionOptions { Beam = beam }, Decay).Corrected!;

        // The air itself is known to half a percent only; the scan of the disc is sampled every 18 µm, and its total varies by as much.
        Assert.InRange(Deviation_sigma(experiment, corrected, out double scale), 0.9, 1.5);
        Assert.Equal(Enumerable.Range(0, 24).Average(r => Decay(r * 61)), scale, 0.01);
        Assert.Equal("", corrected.Findings.BeamRefusal);
        Assert.All(
            Enumerable.Range(0, 24), line => Assert.Equal(scale / Decay(line * 61), corrected.Findings.BeamFactors[line], 0.015));
    }

    [Fact]
    public void Complete_ConstantTotalOfARegionOfInterest_IsRefusedWithTheReasonAndLeavesTheDataAlone()
    {
        VirtualExperiment experiment = SimulatedScan.Of(Region);
        LiveReconstruction reconstruction = Run(experiment, new CorrectionOptions { Beam = BeamCorrection.ConstantTotal, Lines = LineCorrection.None }, Decay);
        CorrectionFindings found = reconstruction.Corrected!.Findings;
        Assert.Contains("constant only where every projection holds the whole sample", found.BeamRefusal);
        Assert.Contains(found.BeamRefusal, reconstruction.Remark);
        Assert.Contains("does not reach beyond the sample", found.AirRefusal);
        Assert.Empty(found.Air);
        Assert.False(found.ChangesIntensities);
    }

    [Fact]
    public void Complete_AbsorbingSampleWithTransmission_IsTheTransparentOneWithinNoise()
    {
        VirtualExperiment experiment = new(Whole, SimulatedScan.Detector, SimulatedScan.Disc, SimulatedScan.Seed) { Attenuation_perMm = 0.6 };
        Assert.InRange(experiment.TransmissionOf(new ScanCell(5, 40)), 0.5, 0.95);
        ICorrectedSinogram corrected = Run(experiment, new CorrectionOptions(), _ => 1).Corrected!;
        Assert.True(corrected.Findings.IsTransmissionApplied);
        Assert.Equal(1, Deviation_sigma(SimulatedScan.Of(Whole), corrected, out double scale), 0.1);
        Assert.Equal(1, scale, 0.002);

        ICorrectedSinogram without = Run(experiment, new CorrectionOptions { Transmission = false }, _ => 1).Corrected!;
        Assert.InRange(Deviation_sigma(SimulatedScan.Of(Whole), without, out _), 3, 1000);
    }

    [Fact]
    public void Complete_DeadAndHotLines_AreFoundAndReplacedByWhatTheNeighboursLetExpect()
    {
        VirtualExperiment experiment = SimulatedScan.Of(Whole);
        Func<int, double> beam = index => (index / 61) switch { 7 => 0.1, 15 => 1.6, _ => 1 };
        CorrectionFindings flagged = Run(experiment, new CorrectionOptions(), beam).Corrected!.Findings;
        Assert.Equal((7, 15), (Assert.Single(flagged.DeadLines), Assert.Single(flagged.HotLines)));
        Assert.Equal(0, flagged.Count(CellFlags.Interpolated));

        LiveReconstruction replaced = Run(experiment, new CorrectionOptions { Lines = LineCorrection.Interpolate }, beam);
        CorrectionFindings found = replaced.Corrected!.Findings;
        Assert.Equal((61, 61, 122), (found.Count(CellFlags.DeadLine), found.Count(CellFlags.HotLine), found.Count(CellFlags.Interpolated)));
        Assert.Contains("lines at rotation 7 are darker than those beside them: they are replaced by those beside them", replaced.Remark);

        // 7.5° on, the disc's shadow has moved a little: an eighth of what the sample scatters, where nine tenths were missing.
        Assert.InRange(Difference(replaced.Corrected, 7), 0, 0.125);
        Assert.InRange(Difference(replaced.Corrected, 15), 0, 0.125);
        Assert.InRange(Difference(Run(experiment, new CorrectionOptions(), beam).Corrected!, 7), 0.8, 1.2);

        double Difference(ICorrectedSinogram corrected, int rotation)
        {
            double[] measured = Sums(corrected, rotation);
            double[] truth = [.. Enumerable.Range(0, 61).Select(t => Truth(experiment, new ScanCell(rotation, t)).Sum())];
            return Math.Sqrt(measured.Zip(truth).Sum(v => Math.Pow(v.First - v.Second, 2)) / truth.Sum(v => v * v));
        }
    }

    [Fact]
    public void Find_SpotsOfTheFoil_AreFlaggedWhereTheFoilIsAndNowhereElse()
    {
        const int Every = 3;
        VirtualExperiment experiment = SimulatedScan.Of(Whole);
        var painter = new SpotPainter(experiment);
        int[] image = new int[experiment.Detector.Geometry.Shape.PixelCount];
        float[] spottiness = new float[Whole.CellCount];
        double[] spots = new double[Whole.CellCount];
        var random = new Random(8);
        for (int i = 0; i < Whole.CellCount; i += Every)
        {
            ScanCell cell = Whole.CellOf(i);
            painter.Begin(i, cell);
            Array.Clear(image);
            painter.Paint(0, image);
            spots[i] = (double)image.Sum() / image.Length;

            // Of powder rings, counting noise adds its share everywhere.
            spottiness[i] = (float)(0.75 + (0.08 * (random.NextDouble() + random.NextDouble() - 1)) + spots[i]);
        }

        float[] total = [.. Enumerable.Range(0, Whole.CellCount).Select(i => i % Every == 0 ? (float)Expected(experiment, Whole.CellOf(i), 1).Sum() : float.NaN)];
        spottiness = [.. spottiness.Select((v, i) => i % Every == 0 ? v : float.NaN)];
        CorrectionFindings found = Compute.Sinograms.Corrections.Find(
            new Compute.Sinograms.CellMaps(Whole, total, total, null, spottiness), new CorrectionOptions { Lines = LineCorrection.None }).Findings;
        Assert.InRange(found.Count(CellFlags.Spotty), 5, 100);
        for (int i = 0; i < Whole.CellCount; i += Every)
        {
            bool isFlagged = found.Flags[i].HasFlag(CellFlags.Spotty);
            Assert.True(isFlagged || spots[i] < 1.5, $"{spots[i]} counts per pixel at {Whole.CellOf(i)} are not flagged");
            Assert.True(!isFlagged || spots[i] > 0.3, $"{spots[i]} counts per pixel at {Whole.CellOf(i)} are flagged");
            Assert.True(!isFlagged || experiment.Path_um(Whole.CellOf(i), SampleComponent.Aluminium) > 0, $"there is no foil at {Whole.CellOf(i)}");
        }
    }

    [Fact]
    public void Complete_AnyOrderOfArrival_LeavesNoTraceInWhatIsCorrected()
    {
        VirtualExperiment experiment = new(Whole, SimulatedScan.Detector, SimulatedScan.Disc, SimulatedScan.Seed) { Attenuation_perMm = 0.6 };
        var options = new CorrectionOptions { Lines = LineCorrection.Interpolate };
        int[] order = [.. Enumerable.Range(0, Whole.CellCount)];
        new Random(11).Shuffle(order);
        LiveReconstruction one = Run(experiment, options, Decay, tellsMonitor: true);
        LiveReconstruction other = Run(experiment, options, Decay, tellsMonitor: true, order: order);
        Assert.Equal(one.Corrected!.Findings.Flags, other.Corrected!.Findings.Flags);
        Assert.Equal(one.Corrected.Findings.Air, other.Corrected.Findings.Air);
        Assert.Equal(one.Slices()[0].Values, other.Slices()[0].Values);
        float[] left = new float[SmallScan.Bins];
        float[] right = new float[SmallScan.Bins];
        for (int i = 0; i < Whole.CellCount; i++)
        {
            one.Corrected.Read(Whole.CellOf(i), 0, left);
            other.Corrected.Read(Whole.CellOf(i), 0, right);
            Assert.Equal(left, right);
        }
    }

    [Fact]
    public void Update_WhileTheScanRuns_SlicesAreThoseOfTheTransparentSampleWithoutAir()
    {
        VirtualExperiment absorbing = new(Whole, SimulatedScan.Detector, SimulatedScan.Disc, SimulatedScan.Seed) { Attenuation_perMm = 0.6 };
        SliceMap live = Run(absorbing, new CorrectionOptions(), _ => 1, isComplete: false).Slices()[0];
        SliceMap uncorrected = Run(absorbing, new CorrectionOptions { Air = false, Transmission = false }, _ => 1, isComplete: false).Slices()[0];
        SliceMap truth = Run(SimulatedScan.Of(Whole), new CorrectionOptions(), _ => 1, isComplete: false, hasAir: false).Slices()[0];
        Assert.InRange(Distance(live, truth), 0, 0.1);
        Assert.InRange(Distance(uncorrected, truth), 0.2, 100);
    }

    [Fact]
    public void Update_LineThatTurnsOutDeadWhenTheNextOnesCome_IsTakenOutOfTheSlices()
    {
        VirtualExperiment experiment = SimulatedScan.Of(Whole);
        var options = new CorrectionOptions { Lines = LineCorrection.Interpolate };
        Func<int, double> beam = index => index / 61 == 7 ? 0.1 : 1;
        SliceMap live = Run(experiment, options, beam, isComplete: false).Slices()[0];
        SliceMap complete = Run(experiment, options, beam).Slices()[0];
        Assert.InRange(Distance(live, complete), 0, 0.005);
        Assert.InRange(Distance(Run(experiment, new CorrectionOptions(), beam).Slices()[0], complete), 0.05, 100);
    }

    // Of the second one's root mean square.
    private static double Distance(SliceMap one, SliceMap other) => Math.Sqrt(
        one.Values.Zip(other.Values).Where(v => float.IsFinite(v.First + v.Second)).Sum(v => Math.Pow(v.First - v.Second, 2))
        / other.Values.Where(float.IsFinite).Sum(v => v * v));

    // Decay of a tenth in eight lines, then a top-up.
    private static double Decay(int index) => Math.Pow(0.9, index / 61 % 8 / 8.0);

    // How far corrected intensities lie from those of a steady beam without air, in standard deviations, root mean square over cells and bins.
    private static double Deviation_sigma(VirtualExperiment steady, ICorrectedSinogram corrected, out double scale)
    {
        float[] intensity = new float[SmallScan.Bins];
        float[] variance = new float[SmallScan.Bins];
        List<(double Measured, double Truth, double Variance)> values = [];
        for (int i = 0; i < steady.Plan.CellCount; i++)
        {
            ScanCell cell = steady.Plan.CellOf(i);
            corrected.Read(cell, 0, intensity);
            corrected.ReadVariance(cell, 0, variance);
            double[] truth = Truth(steady, cell);
            values.AddRange(Enumerable.Range(0, SmallScan.Bins).Select(b => ((double)intensity[b], truth[b], (double)variance[b])));
        }

        double k = values.Sum(v => v.Measured * v.Truth / v.Variance) / values.Sum(v => v.Truth * v.Truth / v.Variance);
        scale = k;
        return Math.Sqrt(values.Average(v => Math.Pow(v.Measured - (k * v.Truth), 2) / v.Variance));
    }

    private static double[] Sums(ICorrectedSinogram corrected, int rotation)
    {
        float[] row = new float[SmallScan.Bins];
        return [.. Enumerable.Range(0, 61).Select(t =>
        {
            corrected.Read(new ScanCell(rotation, t), 0, row);
            return row.Sum(v => (double)v);
        })];
    }

    // The first translation of the whole scan is beside the disc.
    private static double[] Truth(VirtualExperiment experiment, ScanCell cell) =>
        [.. Expected(experiment, cell, 1).Zip(Expected(experiment, new ScanCell(0, 0), 1), (with, air) => with - air)];

    private static double[] Expected(VirtualExperiment experiment, ScanCell cell, double monitor)
    {
        double[] fine = new double[DetectorTables.RadialBinCount];
        experiment.Expect(cell, monitor, fine);
        int share = fine.Length / SmallScan.Bins;
        return [.. Enumerable.Range(0, SmallScan.Bins).Select(b => fine.AsSpan(b * share, share).ToArray().Average())];
    }

    private static LiveReconstruction Run(
        VirtualExperiment experiment,
        CorrectionOptions options,
        Func<int, double> beam,
        bool tellsMonitor = false,
        int[]? order = null,
        bool isComplete = true,
        bool hasAir = true)
    {
        ScanPlan plan = experiment.Plan;
        ScanSettings settings = (SmallScan.Options(plan) with { Corrections = options }).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        var reconstruction = new LiveReconstruction(settings);
        foreach (int index in order ?? [.. Enumerable.Range(0, plan.CellCount)])
        {
            if (assembly.Place(Pattern(experiment, index, beam(index), tellsMonitor, hasAir)) && order is null)
            {
                reconstruction.Update(assembly);
            }
        }

        assembly.Close();
        if (isComplete)
        {
            reconstruction.Complete(assembly);
        }
        else
        {
            reconstruction.Update(assembly);
        }

        return reconstruction;
    }

    // Counting noise of the frame's own seed, so that the order of arrival cannot matter.
    private static DiffractionPattern Pattern(VirtualExperiment experiment, int index, double beam, bool tellsMonitor, bool hasAir)
    {
        ScanCell cell = experiment.Plan.CellOf(index);
        DiffractionPattern pattern = SmallScan.Pattern(index, 0, tellsMonitor ? beam : double.NaN);
        pattern.Header = pattern.Header with { Transmission = experiment.Attenuation_perMm > 0 ? experiment.TransmissionOf(cell) : null };
        double[] expected = hasAir ? Expected(experiment, cell, beam) : [.. Truth(experiment, cell).Select(v => beam * v)];
        var random = new Random(index);
        for (int b = 0; b < SmallScan.Bins; b++)
        {
            double noise = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            double counts = Pixels * expected[b];
            pattern.Normalisation[b] = Pixels;
            pattern.Signal[b] = counts + (Math.Sqrt(counts) * noise);
            pattern.Variance[b] = counts;
            pattern.Mean[b] = (float)pattern.Intensity(b);
        }

        return pattern;
    }
}
