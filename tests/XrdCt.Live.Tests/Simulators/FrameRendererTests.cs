using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Detector;
using XrdCt.Live.Phantoms.Experiment;

namespace XrdCt.Live.Tests.Simulators;

public class FrameRendererTests
{
    private const int PixelsWithoutSensor = 211_405;

    // A group has 1e4 to 1e5 pixels; 5 sigma, and the pool's mean error of 1e-4 is far below.
    private const double MeanTolerance_sigma = 5;

    // Sampling error of a variance over 1e4 pixels (1.5 %, 2 sigma) plus the missing tails (1 %).
    private const double VarianceTolerance = 0.05;

    private static readonly ScanPlan Plan = new(101, 80, 10);

    // Rotation 0, translation +400 µm: through the disc, off the foil.
    private const int IndexOffFoil = 90;

    // Rotation 0, translation −290 µm: through the foil.
    private const int IndexOnFoil = 21;

    [Fact]
    public void Render_Rings_HaveExpectedMeanAndPoissonVariance()
    {
        VirtualExperiment experiment = SimulatedScan.Of(Plan);
        FrameRenderer renderer = new(experiment);
        int[] frame = new int[renderer.PixelCount];
        renderer.Render(IndexOffFoil, frame);
        HashSet<int> hot = [.. experiment.Detector.HotPixels.Select(h => h.Pixel)];
        const int BinsPerGroup = 32;
        int groupCount = DetectorTables.RadialBinCount / BinsPerGroup;
        double[] counts = new double[groupCount];
        double[] means = new double[groupCount];
        double[] chiSquared = new double[groupCount];
        int[] pixels = new int[groupCount];
        int columns = experiment.Detector.Geometry.Shape.Columns;
        for (int i = 0; i < frame.Length; i++)
        {
            if (frame[i] < 0 || hot.Contains(i) || IsDead(experiment, i))
            {
                continue;
            }

            PixelDirection direction = experiment.Detector.Directions.At(i / columns, i % columns);
            double twoTheta_deg = direction.TwoTheta_rad * 180 / Math.PI;
            if (twoTheta_deg < 0.5)
            {
                continue;
            }

            int bin = experiment.Detector.Grid.BinOf(twoTheta_deg);
            double mean = renderer.Expected[bin] * direction.SolidAngle * direction.Polarisation(
                DetectorTables.PolarisationFactor);
            int group = bin / BinsPerGroup;
            counts[group] += frame[i];
            means[group] += mean;
            chiSquared[group] += (frame[i] - mean) * (frame[i] - mean) / mean;
            pixels[group]++;
        }

        for (int group = 0; group < groupCount; group++)
        {
            if (pixels[group] < 5000)
            {
                continue;
            }

            double deviation = (counts[group] - means[group]) / Math.Sqrt(means[group]);
            Assert.True(Math.Abs(deviation) < MeanTolerance_sigma, $"group {group}: {deviation:0.0} sigma");
            Assert.Equal(1, chiSquared[group] / pixels[group], VarianceTolerance);
        }

        Assert.True(pixels.Count(n => n >= 5000) > 80);
    }

    [Fact]
    public void Render_DefaultFrame_HasGapsAndBadPixelsOfThePilatus()
    {
        int[] frame = Frame(IndexOffFoil);
        Assert.Equal(PixelsWithoutSensor, frame.Count(v => v == -1));
        Assert.Equal(40, frame.Count(v => v == -2));
        Assert.DoesNotContain(frame, v => v < -2);
        Assert.InRange(frame.Where(v => v >= 0).Average(v => Math.Min(v, 1000)), 1, 20);
    }

    [Fact]
    public void Render_CentreOfDisc_HasTenToTwentyCountsAndAirFew()
    {
        Assert.InRange(Frame((40 * 101) + 55).Where(v => v >= 0).Average(v => Math.Min(v, 1000)), 8, 20);
        Assert.InRange(Frame((40 * 101) + 100).Where(v => v >= 0).Average(v => Math.Min(v, 1000)), 1, 4);
    }

    [Fact]
    public void Render_SameIndex_SameFrameWhateverCameBefore()
    {
        FrameRenderer renderer = new(SimulatedScan.Of(Plan));
        int[] first = new int[renderer.PixelCount];
        int[] other = new int[renderer.PixelCount];
        renderer.Render(IndexOnFoil, first);
        renderer.Render(IndexOffFoil, other);
        renderer.Render(IndexOnFoil, other);
        Assert.Equal(first, other);
        Assert.Equal(first, Frame(IndexOnFoil));
        Assert.NotEqual(first, Frame(IndexOnFoil + 1));
    }

    [Fact]
    public void Render_AfterWarmUp_AllocatesNothing()
    {
        FrameRenderer renderer = new(SimulatedScan.Of(Plan));
        int[] frame = new int[renderer.PixelCount];
        renderer.Render(IndexOnFoil, frame);
        renderer.Render(IndexOnFoil, frame);
        Assert.Equal(0, Allocation.OfRound_bytes(() => renderer.Render(IndexOnFoil, frame)));
    }

    [Fact]
    public void RenderBlock_VectorPath_EqualsScalarReference()
    {
        VirtualExperiment experiment = SimulatedScan.Of(Plan);
        FrameRenderer renderer = new(experiment);
        int[] block = new int[DetectorTables.BlockPixels];
        int[] reference = new int[DetectorTables.BlockPixels];
        const int Block = 300;
        renderer.Begin(IndexOffFoil);
        renderer.RenderBlock(Block, block);
        renderer.Draw(
            experiment.Detector.Packed.Slice(Block * DetectorTables.BlockPixels, DetectorTables.BlockPixels),
            new LaneRandom(new Phantoms.SeededRandom(experiment.Seed, ((long)IndexOffFoil << 16) | Block)),
            reference);
        int[] hot = [.. experiment.Detector.HotPixels.Select(h => h.Pixel - (Block * DetectorTables.BlockPixels))];
        for (int i = 0; i < block.Length; i++)
        {
            Assert.True(block[i] == reference[i] || hot.Contains(i), $"pixel {i}: {block[i]} and {reference[i]}");
        }
    }

    [Fact]
    public void Render_FoilHit_ShowsSpotsOnAluminiumRings()
    {
        int[] frame = Frame(IndexOnFoil);
        int[] without = Frame(IndexOffFoil);
        VirtualExperiment experiment = SimulatedScan.Of(Plan);
        HashSet<int> hot = [.. experiment.Detector.HotPixels.Select(h => h.Pixel)];
        const int Bright = 1000;
        int[] bright = [.. Enumerable.Range(0, frame.Length).Where(i => frame[i] > Bright && !hot.Contains(i))];
        Assert.InRange(bright.Length, 5, 5000);
        Assert.DoesNotContain(Enumerable.Range(0, without.Length), i => without[i] > Bright && !hot.Contains(i));

        // sin²θ of a cubic reflection is a whole number of (λ / 2a)², up to the size of a spot (0.1°).
        int columns = experiment.Detector.Geometry.Shape.Columns;
        foreach (int pixel in bright)
        {
            double theta = experiment.Detector.Directions.At(pixel / columns, pixel % columns).TwoTheta_rad / 2;
            double off = new[] { 3, 4, 8, 11, 12, 16, 19, 20, 24 }
                .Min(n => Math.Abs((2 * Math.Asin(0.24796839686 * Math.Sqrt(n) / (2 * 4.0495))) - (2 * theta)));
            Assert.True(off * 180 / Math.PI < 0.12, $"pixel {pixel} is {off * 180 / Math.PI}° off any aluminium ring");
        }
    }

    [Fact]
    public void Monitor_DuringScan_DecaysToThreeQuartersAndScalesCounts()
    {
        VirtualExperiment experiment = SimulatedScan.Of(Plan);
        double[] monitor = [.. Enumerable.Range(0, Plan.CellCount).Select(experiment.MonitorOf)];
        Assert.Equal(1, monitor[0]);
        Assert.InRange(monitor.Min(), 0.7499, 0.7505);
        Assert.Equal(3, Enumerable.Range(1, monitor.Length - 1).Count(i => monitor[i] > monitor[i - 1]));

        double[] full = new double[DetectorTables.RadialBinCount];
        double[] less = new double[DetectorTables.RadialBinCount];
        experiment.Expect(new ScanCell(0, 50), 1, full);
        experiment.Expect(new ScanCell(0, 50), 0.8, less);
        Assert.All(Enumerable.Range(0, full.Length), i => Assert.Equal(0.8 * full[i], less[i], 1e-9));
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(2.0)]
    [InlineData(17.0)]
    [InlineData(450.0)]
    [InlineData(20_000.0)]
    public void PoissonPool_Rung_HasMeanAndVarianceOfItsLevel(double mean)
    {
        PoissonPool pool = new();
        int rung = PoissonPool.PlaceOf(mean) >> PoissonPool.DitherBits;
        double level = 0.002 * Math.Pow(1.03, rung);
        ushort[] samples = pool.Samples.AsSpan(rung << PoissonPool.SampleBits, 1 << PoissonPool.SampleBits).ToArray();
        double average = samples.Average(s => (double)s);
        Assert.Equal(level, average, 0.0006);
        Assert.Equal(1, samples.Average(s => (s - average) * (s - average)) / level, 0.02);
    }

    private static bool IsDead(VirtualExperiment experiment, int pixel) =>
        (experiment.Detector.Packed[pixel] & ((1 << DetectorTables.BinBits) - 1)) == DetectorTables.DeadBin;

    private static int[] Frame(int index)
    {
        FrameRenderer renderer = new(SimulatedScan.Of(Plan));
        int[] frame = new int[renderer.PixelCount];
        renderer.Render(index, frame);
        return frame;
    }
}
