using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>The trimmed mean's bias at low counts: its expectation against simulation in numpy, its removal on simulated and golden frames.</summary>
public sealed class PoissonBiasTests
{
    private static readonly Lazy<(DiffractionPattern Raw, DiffractionPattern Corrected, IntegrationPlan Plan)> Golden = new(GoldenFrame);

    /// <summary>Bins of fewer pixels are left out: the normal distribution stands for binomial ones.</summary>
    private const int FewPixels = 50;

    public static TheoryData<int, string> Bins { get; } = new()
    {
        { 0, "50 equal pixels" },
        { 1, "53 equal pixels" },
        { 2, "200 equal pixels" },
        { 3, "1003 equal pixels" },
        { 4, "a ring of the tilted detector" },
        { 5, "another" },
        { 6, "normalisations from 0.85 to 1.15" },
        { 7, "normalisations as polarisation spreads them" },
        { 8, "pixels that are shared with other bins" },
    };

    [Theory]
    [MemberData(nameof(Bins))]
    public void Expectation_OfABin_IsThatOfSimulatedFrames(int bin, string what)
    {
        Assert.NotEmpty(what);
        double[][] pixels = Columns("pixels.npy");
        int[] own = [.. Enumerable.Range(0, pixels[0].Length).Where(i => pixels[0][i] == bin)];
        float[] inverse = [.. own.Select(i => (float)(1 / pixels[1][i]))];
        float[] share = own.All(i => pixels[2][i] == 1) ? [] : [.. own.Select(i => (float)pixels[2][i])];
        double[][] expected = Columns("expected.npy");
        int checkedCases = 0;
        for (int row = 0; row < expected[0].Length; row++)
        {
            if (expected[0][row] != bin)
            {
                continue;
            }

            (double lower, double upper, bool whole, double rate) = (expected[1][row], expected[2][row], expected[3][row] == 1, expected[4][row]);
            var expectation = new TrimmedExpectation(inverse, share, lower, upper, whole);
            (double mean, double variance) = expectation.At(rate);
            string where = $"{what}, {lower}/{upper}, whole {whole}, rate {rate}";
            double allowed = (4 * expected[6][row]) + (0.0015 * expected[5][row]);
            Assert.True(Math.Abs(mean - expected[5][row]) < allowed, $"{where}: mean {mean}, simulated {expected[5][row]} ± {expected[6][row]}");
            Assert.True(
                lower == 0.5 || Math.Abs((variance / expected[7][row]) - 1) < 0.1,
                $"{where}: variance {variance}, simulated {expected[7][row]}");
            checkedCases++;
        }

        Assert.True(checkedCases > 20);
    }

    [Theory]
    [InlineData(0.1, 0.1, 0.6, -0.30, -0.20)]
    [InlineData(0.1, 0.1, 0.5, -0.35, -0.20)]
    [InlineData(0.1, 0.1, 1, -0.16, -0.10)]
    [InlineData(0.1, 0.1, 2, -0.08, -0.04)]
    [InlineData(0.1, 0.1, 6, -0.02, -0.012)]
    [InlineData(0.1, 0.1, 100, -0.002, -0.0005)]
    [InlineData(0.1, 0.1, 3000, -0.0002, 0.0003)]
    [InlineData(0.05, 0.25, 0.5, -0.7, -0.5)]
    [InlineData(0.05, 0.25, 1, -0.5, -0.4)]
    [InlineData(0.05, 0.25, 6, -0.2, -0.1)]
    [InlineData(0.05, 0.25, 100, -0.05, -0.02)]
    [InlineData(0.05, 0.25, 3000, -0.01, -0.004)]
    public void Remove_AverageOfManyFrames_IsTheRate(double lower, double upper, double rate, double rawFrom, double rawTo)
    {
        IntegrationOptions options = SmallDetector.Options(IntegrationFilter.Trimmed) with { TrimLower = lower, TrimUpper = upper };
        (double raw, double corrected, double error, double pull) = AverageBias(options, rate);
        TestContext.Current.TestOutputHelper?.WriteLine($"{rate}: uncorrected {raw:P2}, corrected {corrected:P3} ± {error:P3}, pull {pull:F3}");
        Assert.InRange(error, 0, 0.0006);
        Assert.InRange(raw, rawFrom, rawTo);
        Assert.InRange(Math.Abs(corrected), 0, rate > 1000 ? 0.0006 : 0.003);
        Assert.InRange(pull, 0.9, 1.1);
    }

    [Theory]
    [InlineData(5, 8, true)]
    [InlineData(8, 15, true)]
    [InlineData(15, 40, false)]
    public void Remove_GoldenFrame_MedianBinIsTheTruth(double from, double to, bool isFlat)
    {
        // 15 to 40 counts are the flanks of peaks, where the truth at a bin's centre is not the truth of the bin: there, as
        // everywhere, the plain mean of a ring without spots is as good, and it shares the ring's noise.
        string truthFile = ReferenceData.Require("golden/expected/f0_truth.npy");
        (DiffractionPattern raw, DiffractionPattern corrected, IntegrationPlan plan) = Golden.Value;
        (int[] shape, double[] truth) = Npy.Read(truthFile);
        int n = shape[1];
        int[] bins = [.. Enumerable.Range(0, n).Where(b => plan.BinStart[b + 1] - plan.BinStart[b] > 100
            && truth[n + b] * plan.BinNormalisation[b] / (plan.BinStart[b + 1] - plan.BinStart[b]) is double counts && counts > from && counts < to
            && Math.Abs((raw.Mean[b] / truth[n + b]) - 1) < 0.05)];
        double before = Median(bins.Select(b => (raw.Intensity(b) / raw.Mean[b]) - 1));
        double after = Median(bins.Select(b => (corrected.Intensity(b) / raw.Mean[b]) - 1));
        double afterOverTruth = Median(bins.Select(b => (corrected.Intensity(b) / truth[n + b]) - 1));
        TestContext.Current.TestOutputHelper?.WriteLine($"{bins.Length} bins: {before:P3} before, {after:P3} after, {afterOverTruth:P3} from the truth");
        Assert.True(bins.Length >= 20);
        Assert.InRange(before, -0.02, -0.003);
        Assert.InRange(after, -0.003, 0.003);
        Assert.True(!isFlat || Math.Abs(afterOverTruth) < 0.003);
    }

    [Fact]
    public void Remove_GoldenWeakFrame_IsRightToItsNoise()
    {
        // 0.6 counts in every pixel, and six of 5,000: 19,000 counts, so 1 % is noise.
        int[] pixels = Npy.ReadInts(SmallDetector.Golden("image_weak.npy"));
        using var sums = new Sums(SmallDetector.Options(IntegrationFilter.Trimmed));
        sums.Add(pixels);
        double Ratio(DiffractionPattern pattern) => Median(sums.Bins.Select(b =>
            pattern.Intensity(b) / (0.6 * (sums.Plan.BinStart[b + 1] - sums.Plan.BinStart[b]) / sums.Plan.BinNormalisation[b])));
        Assert.InRange(Ratio(sums.Before), 0.74, 0.80);
        Assert.InRange(Ratio(sums.After), 0.985, 1.015);
    }

    [Theory]
    [InlineData(0.6)]
    [InlineData(6)]
    [InlineData(60)]
    public void Remove_PlantedSpots_MoveThePatternNoMoreThanUncorrected(double rate)
    {
        // One pixel in 30 shines with 10⁴ counts: well inside the 10 % that are cut.
        IntegrationOptions options = SmallDetector.Options(IntegrationFilter.Trimmed);
        var random = new Random(11);
        using var clean = new Sums(options);
        using var spotty = new Sums(options);
        for (int f = 0; f < 20; f++)
        {
            int[] pixels = PoissonFrame(random, clean.Plan, rate);
            clean.Add(pixels);
            for (int i = random.Next(30); i < pixels.Length; i += 1 + random.Next(59))
            {
                pixels[i] = 10_000;
            }

            spotty.Add(pixels);
        }

        double uncorrected = (spotty.Raw / clean.Raw) - 1;
        double corrected = (spotty.Corrected / clean.Corrected) - 1;
        double mean = (spotty.Mean / clean.Mean) - 1;
        TestContext.Current.TestOutputHelper?.WriteLine($"mean {mean:P1}, uncorrected {uncorrected:P2}, corrected {corrected:P2}");
        Assert.True(mean > 3);
        Assert.InRange(corrected, 0, 1.05 * uncorrected);
    }

    [Theory]
    [InlineData(IntegrationFilter.Trimmed, 0.5, 0.003)]
    [InlineData(IntegrationFilter.Trimmed, 5, 0.003)]
    [InlineData(IntegrationFilter.Median, 5, 0.006)]
    [InlineData(IntegrationFilter.Median, 20, 0.003)]
    [InlineData(IntegrationFilter.Median, 100, 0.003)]
    public void Remove_ExactDefinitionAndMedian_AreTheRateToo(IntegrationFilter filter, double rate, double allowed)
    {
        // The median of whole counts is a whole count (over a normalisation): at 2 counts nothing can be made of it.
        IntegrationPlan plan = SmallPlan(SmallDetector.Options(filter) with { TrimDefinition = TrimDefinition.Exact, CorrectPoissonBias = true });
        int[] bins = [.. Enumerable.Range(0, 150).Where(b => plan.BinStart[b + 1] - plan.BinStart[b] >= FewPixels)];
        var random = new Random(13);
        var pattern = new DiffractionPattern(150);
        double uncorrected = 0, corrected = 0;
        int frames = (int)(150 / Math.Min(rate, 10));
        for (int f = 0; f < frames; f++)
        {
            Cut(plan, PoissonFrame(random, plan, rate), pattern);
            uncorrected += bins.Average(pattern.Intensity) / frames;
            plan.PoissonBias!.Remove(pattern);
            corrected += bins.Average(pattern.Intensity) / frames;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{filter} {rate}: uncorrected {(uncorrected / rate) - 1:P2}, corrected {(corrected / rate) - 1:P3}");
        Assert.InRange((corrected / rate) - 1, -allowed, allowed);
        Assert.True(Math.Abs(corrected - rate) < Math.Abs(uncorrected - rate) / 2);
    }

    [Fact]
    public void Remove_EmptyBinsAndZeros_StayAsTheyAre()
    {
        var plan = new IntegrationPlan(
            SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(IntegrationFilter.Trimmed) with { BinCount = 5000, CorrectPoissonBias = true });
        using var integrator = new SimdIntegrator(plan, SmallDetector.Reader);
        var pattern = new DiffractionPattern(5000);
        integrator.Integrate([SmallDetector.Frame(new int[plan.Geometry.Shape.PixelCount])], [pattern]);
        Assert.Contains(0, pattern.Count);
        Assert.All(Enumerable.Range(0, 5000), b => Assert.Equal(pattern.Count[b] > 0 ? 0 : double.NaN, pattern.Intensity(b)));
        Assert.All(Enumerable.Range(0, 5000).Where(b => pattern.Count[b] > 0), b => Assert.True(pattern.Sigma(b) > 0));
    }

    [Fact]
    public void Remove_AnyPattern_LeavesMeanCountAndNormalisationsAndAllocatesNothing()
    {
        IntegrationPlan plan = SmallPlan(SmallDetector.Options(IntegrationFilter.Trimmed) with { CorrectPoissonBias = true });
        PoissonBias bias = plan.PoissonBias!;
        DiffractionPattern pattern = Uncorrected(plan, 3);
        (double[] norm, double[] squares, int[] count, float[] mean) =
            ([.. pattern.Normalisation], [.. pattern.NormalisationSquared], [.. pattern.Count], [.. pattern.Mean]);
        DiffractionPattern other = Uncorrected(plan, 3);
        bias.Remove(pattern);
        Assert.Equal(0, Allocation.OfRound_bytes(() => bias.Remove(other)));
        Assert.Equal(norm, pattern.Normalisation);
        Assert.Equal(squares, pattern.NormalisationSquared);
        Assert.Equal(count, pattern.Count);
        Assert.Equal(mean, pattern.Mean);
    }

    [Fact]
    public void Remove_AzimuthalErrors_AreCarriedByTheSlope()
    {
        IntegrationOptions options = SmallDetector.Options(IntegrationFilter.Trimmed) with { CorrectPoissonBias = true, ErrorModel = ErrorModel.Azimuthal };
        IntegrationPlan plan = SmallPlan(options);
        const int Bin = 75;
        const double Step = 1e-6;
        DiffractionPattern low = Uncorrected(plan, 3), high = Uncorrected(plan, 3);
        double variance = low.Variance[Bin];
        double signal = low.Signal[Bin];
        high.Signal[Bin] *= 1 + Step;
        plan.PoissonBias!.Remove(low);
        plan.PoissonBias!.Remove(high);
        double slope = (high.Signal[Bin] - low.Signal[Bin]) / (Step * signal);
        Assert.InRange(slope, 0.8, 1.2);
        Assert.Equal(variance * slope * slope, low.Variance[Bin], 1e-3 * variance);
    }

    public static TheoryData<string, IntegrationOptions, bool> Refusals { get; } = new()
    {
        { "not of Mean", new IntegrationOptions { Filter = IntegrationFilter.Mean }, false },
        { "not of SigmaClip", new IntegrationOptions { Filter = IntegrationFilter.SigmaClip }, false },
        { "averages sectors before it cuts", new IntegrationOptions { TrimDefinition = TrimDefinition.Cake }, false },
        { "dark current is subtracted", new IntegrationOptions(), true },
        { "up to 16384 bins", new IntegrationOptions { BinCount = 20_000 }, false },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Plan_WhatTheCorrectionDoesNotHoldFor_IsRefused(string reason, IntegrationOptions options, bool withDark)
    {
        ArgumentNullException.ThrowIfNull(options);
        var corrections = new FrameCorrections { Dark = withDark ? new float[SmallDetector.Geometry.Shape.PixelCount] : default };
        IntegrationPlan Make(bool correct) =>
            new(SmallDetector.Geometry, SmallDetector.Mask(), options with { CorrectPoissonBias = correct }, corrections);
        Assert.Null(Make(false).PoissonBias);
        ArgumentException e = Assert.Throws<ArgumentException>(() => Make(true));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Contains("leave CorrectPoissonBias off", e.Message, StringComparison.Ordinal);
    }

    /// <summary>The exact trimmed mean (or the median) as one would write it: sorted, with the shares of the pixels at the limits.</summary>
    private static void Cut(IntegrationPlan plan, int[] pixels, DiffractionPattern pattern)
    {
        pattern.Clear();
        double edge = plan.Options.Filter == IntegrationFilter.Median ? 0.5 : plan.Options.TrimLower;
        for (int b = 0; b < pattern.BinCount; b++)
        {
            int[] sorted = [.. plan.PixelOfEntry[plan.BinStart[b]..plan.BinStart[b + 1]].ToArray().OrderBy(i => pixels[i] / plan.Normalisation[i])];
            double total = sorted.Sum(i => plan.Normalisation[i]);
            double before = 0;
            foreach (int i in sorted)
            {
                double after = before + plan.Normalisation[i];
                double share = edge == 0.5
                    ? (before < total / 2 && after >= total / 2 ? 1 : 0)
                    : Math.Max(0, Math.Min(after, (1 - edge) * total) - Math.Max(before, edge * total)) / plan.Normalisation[i];
                pattern.Signal[b] += share * pixels[i];
                pattern.Normalisation[b] += share * plan.Normalisation[i];
                before = after;
            }
        }
    }

    private static IntegrationPlan SmallPlan(IntegrationOptions options) =>
        new(SmallDetector.Geometry, PixelMask.None(SmallDetector.Geometry.Shape), options);

    /// <summary>A Poisson frame, trimmed by a plan like the given one that does not correct.</summary>
    private static DiffractionPattern Uncorrected(IntegrationPlan plan, double rate)
    {
        var pattern = new DiffractionPattern(plan.PatternSize);
        using var integrator = new SimdIntegrator(SmallPlan(plan.Options with { CorrectPoissonBias = false }), SmallDetector.Reader);
        integrator.Integrate([SmallDetector.Frame(PoissonFrame(new Random(5), plan, rate))], [pattern]);
        return pattern;
    }

    private static double[][] Columns(string name)
    {
        (int[] shape, double[] values) = Npy.Read(Path.Combine(AppContext.BaseDirectory, "Golden", "poisson_bias", name));
        return name == "pixels.npy"
            ? [.. Enumerable.Range(0, shape[0]).Select(r => values[(r * shape[1])..((r + 1) * shape[1])])]
            : [.. Enumerable.Range(0, shape[1]).Select(c => Enumerable.Range(0, shape[0]).Select(r => values[(r * shape[1]) + c]).ToArray())];
    }

    /// <summary>Relative bias before and after, the statistical error of the latter, and the width of (λ̂ − λ)/σ.</summary>
    private static (double Raw, double Corrected, double Error, double Pull) AverageBias(IntegrationOptions options, double rate)
    {
        var random = new Random(7);
        using var sums = new Sums(options);
        int frames = Math.Clamp((int)(500 / rate), 2, 600);
        double squares = 0, pulls = 0;
        for (int f = 0; f < frames; f++)
        {
            sums.Add(PoissonFrame(random, sums.Plan, rate));
            foreach (int b in sums.Bins)
            {
                double deviation = sums.After.Intensity(b) - rate;
                squares += deviation * deviation;
                pulls += deviation * deviation / (sums.After.Sigma(b) * sums.After.Sigma(b));
            }
        }

        double n = (double)frames * sums.Bins.Length;
        return ((sums.Raw / n / rate) - 1, (sums.Corrected / n / rate) - 1, Math.Sqrt(squares) / n / rate, Math.Sqrt(pulls / n));
    }

    private static int[] PoissonFrame(Random random, IntegrationPlan plan, double rate)
    {
        int[] pixels = new int[plan.Geometry.Shape.PixelCount];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = Poisson(random, rate * plan.Normalisation[i]);
        }

        return pixels;
    }

    private static (DiffractionPattern Raw, DiffractionPattern Corrected, IntegrationPlan Plan) GoldenFrame()
    {
        var options = new IntegrationOptions { Unit = RadialUnit.Q_invA, BinCount = 2000, PolarisationFactor = 0.95 };
        DetectorGeometry geometry = PoniFile.Read(ReferenceData.Require("golden/geometry/pilatus_v2.poni"));
        PixelMask mask = MaskFile.Read(ReferenceData.Require("golden/mask/user_mask.edf.gz"), geometry.Shape);
        int[] pixels = CbfFile.Read(ReferenceData.Require("golden/frames/frame0.cbf")).ReadPixels();
        var plan = new IntegrationPlan(geometry, mask, options with { CorrectPoissonBias = true });
        var raw = new DiffractionPattern(2000);
        var corrected = new DiffractionPattern(2000);
        using var integrator = new SimdIntegrator(new IntegrationPlan(geometry, mask, options), () => new PixelReader(ImageShape.Pilatus2M));
        using var correcting = new SimdIntegrator(plan, () => new PixelReader(ImageShape.Pilatus2M));
        integrator.Integrate([SmallDetector.Frame(pixels, ImageShape.Pilatus2M)], [raw]);
        correcting.Integrate([SmallDetector.Frame(pixels, ImageShape.Pilatus2M)], [corrected]);
        return (raw, corrected, plan);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }

    private static int Poisson(Random random, double mean)
    {
        // Sums of Poisson numbers are Poisson numbers: e^−mean must not underflow.
        int count = 0;
        for (; mean > 500; mean -= 500)
        {
            count += Poisson(random, 500);
        }

        double limit = Math.Exp(-mean);
        for (double product = random.NextDouble(); product > limit; product *= random.NextDouble())
        {
            count++;
        }

        return count;
    }

    /// <summary>Intensities of the small detector's bins with and without correction, summed over bins and frames.</summary>
    private sealed class Sums : IDisposable
    {
        private readonly SimdIntegrator _uncorrected;
        private readonly SimdIntegrator _correcting;

        public Sums(IntegrationOptions options)
        {
            Plan = new IntegrationPlan(SmallDetector.Geometry, PixelMask.None(SmallDetector.Geometry.Shape), options);
            _uncorrected = new SimdIntegrator(Plan, SmallDetector.Reader);
            _correcting = new SimdIntegrator(
                new IntegrationPlan(Plan.Geometry, Plan.Mask, options with { CorrectPoissonBias = true }), SmallDetector.Reader);
            Bins = [.. Enumerable.Range(0, 150).Where(b => Plan.BinStart[b + 1] - Plan.BinStart[b] >= FewPixels)];
        }

        public IntegrationPlan Plan { get; }

        public int[] Bins { get; }

        public DiffractionPattern Before { get; } = new(150);

        public DiffractionPattern After { get; } = new(150);

        public double Raw { get; private set; }

        public double Corrected { get; private set; }

        public double Mean { get; private set; }

        public void Dispose()
        {
            _uncorrected.Dispose();
            _correcting.Dispose();
        }

        public void Add(int[] pixels)
        {
            _uncorrected.Integrate([SmallDetector.Frame(pixels)], [Before]);
            _correcting.Integrate([SmallDetector.Frame(pixels)], [After]);
            Raw += Bins.Sum(Before.Intensity);
            Corrected += Bins.Sum(After.Intensity);
            Mean += Bins.Sum(b => Before.Mean[b]);
        }
    }
}
