using System.Runtime.Intrinsics;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>What every integrator must do, whatever it is made of: keep the reference's pixels and no others.</summary>
public abstract class IntegratorContract
{
    /// <summary>Normalisations of kept pixels come from integer weights that resolve 2⁻²⁰ of the bin's largest.</summary>
    private const double WeightResolution = 2e-6;

    protected abstract IntegrationFilter Filter { get; }

    protected abstract IFrameIntegrator Create(IntegrationPlan plan);

    /// <summary>What a frame may allocate after the first, bytes: nothing, but for what a backend's own machinery takes.</summary>
    protected virtual long LargestAllocation_bytes => 0;

    public static TheoryData<string, int, double, double> Cases { get; } = new()
    {
        { "poisson 0.3", 150, 0.1, 0.1 },
        { "poisson 5", 150, 0.1, 0.1 },
        { "poisson 200", 150, 0.05, 0.25 },
        { "poisson 5", 7, 0.1, 0.1 },
        { "poisson 5", 5000, 0.1, 0.1 },
        { "poisson 5", 150, 0, 0.2 },
        { "poisson 5", 150, 0.2, 0 },
        { "poisson 5", 150, 0, 0 },
        { "zeros", 150, 0.1, 0.1 },
        { "constant", 150, 0.1, 0.1 },
        { "flags", 150, 0.1, 0.1 },
        { "all flagged", 150, 0.1, 0.1 },
        { "hot", 150, 0.1, 0.1 },
        { "huge", 40, 0.1, 0.1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Integrate_AnyFrame_KeepsTheReferencesPixels(string frame, int bins, double lower, double upper)
    {
        IntegrationOptions options = SmallDetector.Options(Filter) with { BinCount = bins, TrimLower = lower, TrimUpper = upper };
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), options);
        var expected = new DiffractionPattern(bins);
        var actual = new DiffractionPattern(bins);
        IFrameIntegrator integrator = Create(plan);

        // Three frames through one integrator: what it remembers of a frame must not change the next.
        foreach (int seed in new[] { 1, 2, 3 })
        {
            int[] pixels = Frame(frame, seed);
            new ReferenceIntegrator(plan, SmallDetector.Reader()).Integrate([SmallDetector.Frame(pixels)], [expected]);
            integrator.Integrate([SmallDetector.Frame(pixels)], [actual]);
            for (int b = 0; b < bins; b++)
            {
                Assert.Equal(expected.Count[b], actual.Count[b]);
                Assert.Equal(expected.Signal[b], actual.Signal[b], 1e-9 * Math.Max(1, expected.Signal[b]));
                Assert.Equal(expected.Variance[b], actual.Variance[b], 1e-9 * Math.Max(1, expected.Variance[b]));
                Assert.Equal(expected.Normalisation[b], actual.Normalisation[b], WeightResolution * expected.Normalisation[b]);
                Assert.Equal(
                    expected.NormalisationSquared[b],
                    actual.NormalisationSquared[b],
                    3 * WeightResolution * expected.NormalisationSquared[b]);
                Assert.Equal(float.IsNaN(expected.Mean[b]), float.IsNaN(actual.Mean[b]));
                if (!float.IsNaN(expected.Mean[b]))
                {
                    Assert.Equal(expected.Mean[b], actual.Mean[b], 1e-6 * Math.Max(1, expected.Mean[b]));
                }
            }
        }
    }

    [Fact]
    public void Integrate_AfterTheFirstFrame_AllocatesNothing()
    {
        Assert.SkipUnless(Vector128.IsHardwareAccelerated, "the runtime's stand-in for vectors allocates");
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(Filter));
        IFrameIntegrator integrator = Create(plan);
        var pattern = new DiffractionPattern(plan.Axis.BinCount);
        RawFrame[] frames = [SmallDetector.Frame(Frame("flags", 1))];
        DiffractionPattern[] patterns = [pattern];
        for (int i = 0; i < 5; i++)
        {
            integrator.Integrate(frames, patterns);
        }

        long least = Allocation.OfRound_bytes(() =>
        {
            for (int i = 0; i < 5; i++)
            {
                integrator.Integrate(frames, patterns);
            }
        });
        Assert.InRange(least / 5, 0, LargestAllocation_bytes);
    }

    [Fact]
    public void Integrate_FlatNormalisedImage_GivesOneInEveryBin()
    {
        IntegrationOptions options = SmallDetector.Options(Filter) with { SolidAngle = false, PolarisationFactor = null };
        var plan = new IntegrationPlan(SmallDetector.Geometry, PixelMask.None(SmallDetector.Geometry.Shape), options);
        int[] pixels = new int[SmallDetector.Geometry.Shape.PixelCount];
        Array.Fill(pixels, 1);
        var pattern = new DiffractionPattern(plan.Axis.BinCount);
        Create(plan).Integrate([SmallDetector.Frame(pixels)], [pattern]);
        for (int b = 0; b < pattern.BinCount; b++)
        {
            if (plan.BinStart[b + 1] > plan.BinStart[b])
            {
                Assert.Equal(1, pattern.Intensity(b), 1e-12);
            }
            else
            {
                Assert.True(double.IsNaN(pattern.Intensity(b)));
            }
        }
    }

    [Fact]
    public void Integrate_FlatField_IsDividedOutAndItsDeadPixelsDoNotCount()
    {
        // Counts are exactly 7 times the flat field, so that every bin is 7 whatever pixels are kept.
        IntegrationOptions options = SmallDetector.Options(Filter) with { SolidAngle = false, PolarisationFactor = null };
        float[] flat = [.. Enumerable.Range(0, SmallDetector.Geometry.Shape.PixelCount).Select(i => (i % 10) switch { 0 => 0f, 1 => float.NaN, var k => k })];
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), options, new FrameCorrections { FlatField = flat });
        int[] pixels = [.. flat.Select(f => f > 0 ? (int)(7 * f) : 1_000_000)];
        var pattern = new DiffractionPattern(plan.Axis.BinCount);

        Create(plan).Integrate([SmallDetector.Frame(pixels)], [pattern]);

        Assert.All(Enumerable.Range(0, plan.Axis.BinCount).Where(b => pattern.Count[b] > 0), b => Assert.Equal(7, pattern.Intensity(b), 1e-5));
        Assert.InRange(plan.ValidPixelCount, 1, pixels.Length * 8 / 10);
        Assert.Throws<ArgumentException>(() => new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), options, new FrameCorrections { FlatField = flat.AsMemory(1) }));
    }

    [Fact]
    public void Integrate_FrameOfAnotherSize_IsAnOutcome()
    {
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(Filter));
        var pattern = new DiffractionPattern(150);
        using RawFrame small = SmallDetector.Frame(new int[12], new ImageShape(3, 4));
        Create(plan).Integrate([small], [pattern]);
        Assert.Equal(FrameOutcome.WrongShape, pattern.Outcome);
    }

    [Fact]
    public void Integrate_PatternOfAnotherSize_IsRefused()
    {
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(Filter));
        ArgumentException e = Assert.Throws<ArgumentException>(
            () => Create(plan).Integrate([SmallDetector.Frame(Frame("zeros", 1))], [new DiffractionPattern(151)]));
        Assert.Contains("the pattern has 151 bins, the plan 150", e.Message, StringComparison.Ordinal);
    }

    private static int[] Frame(string kind, int seed)
    {
        var random = new Random(seed);
        int[] pixels = new int[SmallDetector.Geometry.Shape.PixelCount];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = kind switch
            {
                "poisson 0.3" => Poisson(random, 0.3),
                "poisson 5" => Poisson(random, 5 * seed),
                "poisson 200" => Poisson(random, 200),
                "zeros" => 0,
                "constant" => 7,
                "flags" => random.Next(5) == 0 ? -1 - random.Next(2) : Poisson(random, 5),
                "all flagged" => -1,
                "hot" => random.Next(20) == 0 ? 1_048_575 : Poisson(random, 5),
                "huge" => random.Next(3) == 0 ? int.MaxValue : Poisson(random, 5),
                _ => throw new ArgumentException(kind),
            };
        }

        return pixels;
    }

    private static int Poisson(Random random, double mean)
    {
        double limit = Math.Exp(-mean);
        int count = 0;
        for (double product = random.NextDouble(); product > limit; product *= random.NextDouble())
        {
            count++;
        }

        return count;
    }
}

public sealed class SimdMeanTests : IntegratorContract
{
    protected override IntegrationFilter Filter => IntegrationFilter.Mean;

    protected override IFrameIntegrator Create(IntegrationPlan plan) => new SimdIntegrator(plan, SmallDetector.Reader);
}

public sealed class SimdTrimmedTests : IntegratorContract
{
    protected override IntegrationFilter Filter => IntegrationFilter.Trimmed;

    protected override IFrameIntegrator Create(IntegrationPlan plan) => new SimdIntegrator(plan, SmallDetector.Reader);
}
