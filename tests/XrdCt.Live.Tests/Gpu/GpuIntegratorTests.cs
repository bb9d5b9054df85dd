using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Tests.Integration;

namespace XrdCt.Live.Tests.Gpu;

/// <summary>The device's patterns are the reference's, whatever is asked for and however the frames come.</summary>
[Collection(GpuCollection.Name)]
public sealed class GpuIntegratorTests
{
    // 60 and more of 150 bins hold more entries than fit 30 words (10 of the trimmed mean's, 30 of the clip's): those beyond are fetched again
    // each time.
    private const int SmallCache = 30;
    private const int LargeCache = 9000;

    private static readonly IntegrationOptions Trimmed = SmallDetector.Options(IntegrationFilter.Trimmed);

    private static readonly IntegrationOptions Clipped = SmallDetector.Options(IntegrationFilter.SigmaClip);
    private static readonly IntegrationOptions Corrected = Trimmed with { CorrectPoissonBias = true };

    private static readonly Dictionary<string, (IntegrationOptions Options, bool HasDark)> Variants = new()
    {
        ["median"] = (Trimmed with { Filter = IntegrationFilter.Median }, false),
        ["exact"] = (Trimmed with { TrimDefinition = TrimDefinition.Exact }, false),
        ["exact, uneven"] = (Trimmed with { TrimDefinition = TrimDefinition.Exact, TrimLower = 0, TrimUpper = 0.33, BinCount = 400 }, false),
        ["uncorrected: many ties"] = (Trimmed with { SolidAngle = false, PolarisationFactor = null, BinCount = 20 }, false),
        ["uncorrected median"] = (Trimmed with { Filter = IntegrationFilter.Median, SolidAngle = false, PolarisationFactor = null, BinCount = 20 }, false),
        ["full splitting"] = (Trimmed with { Splitting = PixelSplitting.Full }, false),
        ["bounding box, mean"] = (Trimmed with { Splitting = PixelSplitting.BoundingBox, Filter = IntegrationFilter.Mean }, false),
        ["dark"] = (Trimmed, true),
        ["dark, mean"] = (Trimmed with { Filter = IntegrationFilter.Mean }, true),
        ["dark, full splitting, median"] = (Trimmed with { Splitting = PixelSplitting.Full, Filter = IntegrationFilter.Median }, true),
        ["dummy"] = (Trimmed with { Dummy = 5, DummyDelta = 1.5 }, false),
        ["dummy, mean"] = (Trimmed with { Dummy = 5, Filter = IntegrationFilter.Mean }, false),
        ["scatter, mean"] = (Trimmed with { ErrorModel = ErrorModel.Azimuthal, Filter = IntegrationFilter.Mean }, true),
        ["scatter, exact, full splitting"] = (Trimmed with { ErrorModel = ErrorModel.Azimuthal, TrimDefinition = TrimDefinition.Exact, Splitting = PixelSplitting.Full }, false),
        ["scatter clips only"] = (Trimmed with { ErrorModel = ErrorModel.Hybrid }, false),
        ["across 180°"] = (Trimmed with { AzimuthLower_deg = 100, AzimuthUpper_deg = 290, Splitting = PixelSplitting.Full }, false),
        ["2D mean"] = (Trimmed with { AzimuthSectors = 6, BinCount = 40, Filter = IntegrationFilter.Mean }, false),
        ["2D trimmed"] = (Trimmed with { AzimuthSectors = 3, BinCount = 40 }, false),
        ["clip"] = (Clipped, false),
        ["clip, dark, full splitting"] = (Clipped with { Splitting = PixelSplitting.Full, ErrorModel = ErrorModel.Azimuthal }, true),
        ["clip by Chauvenet's criterion"] = (Clipped with { Splitting = PixelSplitting.Full, ErrorModel = ErrorModel.Hybrid, ClipThreshold_sigma = 0.5, ClipIterations = 1000 }, false),
        ["2D clip"] = (Clipped with { AzimuthSectors = 3, BinCount = 40 }, false),
        ["corrected"] = (Corrected, false),
        ["corrected, exact, full splitting"] = (Corrected with { Splitting = PixelSplitting.Full, TrimDefinition = TrimDefinition.Exact, TrimLower = 0.05, TrimUpper = 0.25 }, false),
        ["corrected median, scatter"] = (Corrected with { Filter = IntegrationFilter.Median, ErrorModel = ErrorModel.Azimuthal }, false),
        ["cake"] = (Trimmed with { TrimDefinition = TrimDefinition.Cake, CakeSectors = 32, BinCount = 30 }, false),
        ["cake's median"] = (Trimmed with { Filter = IntegrationFilter.Median, TrimDefinition = TrimDefinition.Cake, CakeSectors = 15, BinCount = 30 }, false),
    };

    public static TheoryData<string, int> Cases()
    {
        var cases = new TheoryData<string, int>();
        foreach (string name in Variants.Keys)
        {
            cases.Add(name, LargeCache);
        }

        cases.Add("full splitting", SmallCache);
        cases.Add("uncorrected: many ties", SmallCache);
        cases.Add("dark", SmallCache);
        cases.Add("clip", SmallCache);
        cases.Add("clip, dark, full splitting", SmallCache);
        cases.Add("dummy", SmallCache);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Integrate_AnyOptions_EqualsTheReference(string variant, int cacheWords)
    {
        (IntegrationOptions options, bool hasDark) = Variants[variant];
        float[] dark = [.. Enumerable.Range(0, SmallDetector.Geometry.Shape.PixelCount).Select(i => (i % 7) * 0.75f)];
        var plan = new IntegrationPlan(
            SmallDetector.Geometry, SmallDetector.Mask(), options, hasDark ? new FrameCorrections { Dark = dark } : null);
        using GpuDevice device = GpuDevice.OnCpu(2, 1, cacheWords);
        using var onDevice = new GpuPlan(device, plan);
        using var integrator = new GpuIntegrator(onDevice, SmallDetector.Reader(), 3);
        RawFrame[] frames = [Packed(1, 4), Packed(2, 0.4), Packed(3, 60)];
        DiffractionPattern[] actual = [.. frames.Select(_ => new DiffractionPattern(plan.PatternSize))];

        integrator.Integrate(frames, actual);

        for (int i = 0; i < frames.Length; i++)
        {
            AssertEqualsReference(plan, frames[i], actual[i]);
        }
    }

    /// <summary>Threads and warps as on a device. Slow on a CPU: a handful of bins, each with hundreds of entries.</summary>
    [Theory]
    [InlineData(IntegrationFilter.Trimmed, 1)]
    [InlineData(IntegrationFilter.Median, 2)]
    [InlineData(IntegrationFilter.Mean, 2)]
    [InlineData(IntegrationFilter.SigmaClip, 2)]
    public void Integrate_InWarpsOf32_EqualsTheReference(IntegrationFilter filter, int warps)
    {
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(filter) with { BinCount = 3 });
        using GpuDevice device = GpuDevice.OnCpu(32, warps);
        using var onDevice = new GpuPlan(device, plan);
        using var integrator = new GpuIntegrator(onDevice, SmallDetector.Reader(), 1);
        RawFrame frame = SmallDetector.Frame(Pixels(5, 6));
        var actual = new DiffractionPattern(plan.PatternSize);

        integrator.Integrate([frame], [actual]);

        AssertEqualsReference(plan, frame, actual);
    }

    [Fact]
    public void Integrate_GoodAndBadFramesTogether_KeepsTheGood()
    {
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), Trimmed with { BinCount = 20 });
        using GpuDevice device = GpuDevice.OnCpu(2, 1);
        using var onDevice = new GpuPlan(device, plan);
        using var integrator = new GpuIntegrator(onDevice, SmallDetector.Reader(), 8);
        byte[] cut = Packed(2, 5).Payload[..^40].ToArray();
        byte[] broken = Packed(3, 5).Payload.ToArray();
        broken.AsSpan(2000, 200).Fill(0xFF);
        ImageShape shape = SmallDetector.Geometry.Shape;
        RawFrame[] frames =
        [
            Packed(1, 5),
            PackedFrames.Frame(cut, shape),
            SmallDetector.Frame(Pixels(4, 5)),
            PackedFrames.Frame(broken, shape),
            PackedFrames.Frame(broken, new ImageShape(160, 120)),
            PackedFrames.Frame(PackedFrames.CbfByteOffset(Pixels(6, 5)), shape, encoding: PixelEncoding.CbfByteOffset),
            Packed(7, 5),
        ];
        DiffractionPattern[] patterns = [.. frames.Select(_ => new DiffractionPattern(plan.PatternSize))];

        integrator.Integrate(frames, patterns);

        Assert.Equal(
            [
                FrameOutcome.Accepted, FrameOutcome.Truncated, FrameOutcome.Accepted, FrameOutcome.Truncated, FrameOutcome.WrongShape,
                FrameOutcome.Accepted, FrameOutcome.Accepted,
            ],
            patterns.Select(p => p.Outcome));
        foreach (int i in new[] { 0, 2, 5, 6 })
        {
            AssertEqualsReference(plan, frames[i], patterns[i]);
        }
    }

    // The pinned memory holds a plain frame and a little more: a batch of plain frames goes up in parts.
    [Fact]
    public void Integrate_BatchLargerThanTheStage_GoesInParts()
    {
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), Trimmed with { BinCount = 10, Filter = IntegrationFilter.Mean });
        using GpuDevice device = GpuDevice.OnCpu(2, 1);
        using var onDevice = new GpuPlan(device, plan);
        using var integrator = new GpuIntegrator(onDevice, SmallDetector.Reader(), 6);
        RawFrame[] frames = [.. Enumerable.Range(0, 6).Select(i => i % 3 == 0 ? Packed(i, 9) : SmallDetector.Frame(Pixels(i, 9)))];
        DiffractionPattern[] patterns = [.. frames.Select(_ => new DiffractionPattern(10))];

        integrator.Integrate(frames, patterns);

        for (int i = 0; i < frames.Length; i++)
        {
            AssertEqualsReference(plan, frames[i], patterns[i]);
        }
    }

    /// <summary>Where there is a CUDA device: full-size groups on the real thing.</summary>
    [Theory]
    [InlineData(IntegrationFilter.Mean)]
    [InlineData(IntegrationFilter.Trimmed)]
    [InlineData(IntegrationFilter.Median)]
    [InlineData(IntegrationFilter.SigmaClip)]
    public void Integrate_OnCuda_EqualsTheReference(IntegrationFilter filter)
    {
        GpuDevice device;
        try
        {
            device = GpuDevice.Open(ComputeBackend.Cuda);
        }
        catch (GpuException e) when (e.IsMissing)
        {
            Assert.Skip(e.Message);
            return;
        }

        using (device)
        {
            var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(filter));
            using var onDevice = new GpuPlan(device, plan);
            using var integrator = new GpuIntegrator(onDevice, SmallDetector.Reader());
            RawFrame[] frames = [.. Enumerable.Range(0, 10).Select(i => Packed(i, 5 * i))];
            DiffractionPattern[] patterns = [.. frames.Select(_ => new DiffractionPattern(plan.PatternSize))];
            integrator.Integrate(frames, patterns);
            for (int i = 0; i < frames.Length; i++)
            {
                AssertEqualsReference(plan, frames[i], patterns[i]);
            }
        }
    }

    private static RawFrame Packed(int seed, double mean)
    {
        byte[] plain = PackedFrames.Bytes<int>(Pixels(seed, mean));
        return PackedFrames.Frame(PackedFrames.BitshuffleLz4(plain, 4), SmallDetector.Geometry.Shape);
    }

    /// <summary>Counts around a mean, with spots and flags.</summary>
    private static int[] Pixels(int seed, double mean)
    {
        var random = new Random(seed);
        int[] pixels = new int[SmallDetector.Geometry.Shape.PixelCount];
        for (int i = 0; i < pixels.Length; i++)
        {
            double sum = 0;
            for (int k = 0; k < 4; k++)
            {
                sum += random.NextDouble() * mean / 2;
            }

            pixels[i] = random.Next(40) switch
            {
                0 => -1 - random.Next(2),
                1 => random.Next(100_000),
                _ => (int)sum,
            };
        }

        return pixels;
    }

    private static void AssertEqualsReference(IntegrationPlan plan, RawFrame frame, DiffractionPattern actual)
    {
        var expected = new DiffractionPattern(plan.PatternSize);
        using var reference = new ReferenceIntegrator(plan, SmallDetector.Reader());
        reference.Integrate([frame], [expected]);
        Assert.Equal(FrameOutcome.Accepted, actual.Outcome);
        bool isExact = plan.ShareOfEntry.IsEmpty && plan.DarkOfEntry.IsEmpty && !plan.IsCake && plan.Options.TrimDefinition != TrimDefinition.Exact;

        // Weights of a bin are integers that sum to 2²⁹ at least: one of n pixels has its weight to n · 2⁻³⁰.
        double resolution = 2e-6 + (plan.LargestBin * Math.Pow(2, -30));
        for (int b = 0; b < plan.PatternSize; b++)
        {
            Assert.Equal(expected.Count[b], actual.Count[b]);
            double signalTolerance = isExact && expected.Signal[b] == Math.Round(expected.Signal[b]) ? 0 : 2e-6 * Math.Max(1, Math.Abs(expected.Signal[b]));
            Assert.Equal(expected.Signal[b], actual.Signal[b], signalTolerance);

            // The scatter is a difference of two sums, each of this size.
            double squares = Math.Max(expected.Variance[b], expected.Signal[b] * Math.Max(0, expected.Intensity(b)));
            Assert.Equal(
                expected.Variance[b],
                actual.Variance[b],
                plan.Options.ErrorModel == ErrorModel.Azimuthal ? 1e-6 * Math.Max(1, squares) : 1e-5 * Math.Max(1, expected.Variance[b]));
            Assert.Equal(expected.Normalisation[b], actual.Normalisation[b], resolution * expected.Normalisation[b]);
            Assert.Equal(expected.NormalisationSquared[b], actual.NormalisationSquared[b], 3 * resolution * expected.NormalisationSquared[b]);
            Assert.Equal(float.IsNaN(expected.Mean[b]), float.IsNaN(actual.Mean[b]));
            if (!float.IsNaN(expected.Mean[b]))
            {
                Assert.Equal(expected.Mean[b], actual.Mean[b], 2e-6 * Math.Max(1, Math.Abs(expected.Mean[b])));
            }
        }
    }
}
