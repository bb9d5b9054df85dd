using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Tests.Integration;

namespace XrdCt.Live.Tests.Gpu;

/// <summary>What integrates is chosen once, said once, and replaced without losing a frame.</summary>
[Collection(GpuCollection.Name)]
public sealed class IntegratorSourceTests
{
    private readonly List<string> _said = [];

    [Fact]
    public void Open_Cpu_SaysCoresAndVectors()
    {
        using IntegratorSource source = IntegratorSource.Open(ComputeBackend.Cpu, 0, _said.Add);
        Assert.Matches(@"^integrating on \d+ CPU cores? with \S+", source.Sentence);
        Assert.False(source.IsOnDevice);
        Assert.Equal(Environment.ProcessorCount, source.UsualWorkers);
    }

    [Fact]
    public void Open_Auto_TakesTheCpuWhereThereIsNoCuda()
    {
        using IntegratorSource source = IntegratorSource.Open(ComputeBackend.Auto, 0, _said.Add);
        Assert.Matches(source.IsOnDevice ? @"^integrating on .*\(CUDA\)$" : @"^no CUDA device: integrating on \d+ CPU core", source.Sentence);
    }

    [Theory]
    [InlineData(ComputeBackend.Cuda, "CUDA")]
    [InlineData(ComputeBackend.OpenCl, "OpenCL")]
    public void Open_DeviceThatIsNotThere_IsRefused(ComputeBackend backend, string kind)
    {
        GpuException e = Assert.Throws<GpuException>(() => IntegratorSource.Open(backend, 1000, _said.Add));
        Assert.True(e.IsMissing);
        Assert.StartsWith("there is no " + kind + " device", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_TwoWorkers_ShareThePlanOnTheDevice()
    {
        IntegrationPlan plan = Plan(IntegrationFilter.Mean);
        using var source = new IntegratorSource(GpuDevice.OnCpu(2, 1), "", _said.Add);
        using IFrameIntegrator first = source.Create(plan, SmallDetector.Reader);
        using IFrameIntegrator second = source.Create(plan, SmallDetector.Reader);
        var patterns = new DiffractionPattern[] { new(plan.PatternSize), new(plan.PatternSize) };
        first.Integrate([SmallDetector.Frame(Ones())], patterns.AsSpan(0, 1));
        first.Dispose();
        second.Integrate([SmallDetector.Frame(Ones())], patterns.AsSpan(1, 1));
        Assert.Equal(patterns[0].Signal, patterns[1].Signal);
        Assert.Equal(16, second.BatchSize);
        Assert.Empty(_said);
    }

    [Theory]
    [InlineData(IntegrationFilter.Mean)]
    [InlineData(IntegrationFilter.Median)]
    [InlineData(IntegrationFilter.Trimmed)]
    [InlineData(IntegrationFilter.SigmaClip)]
    public void Create_AnyFilter_IsDoneOnTheDevice(IntegrationFilter filter)
    {
        using var source = new IntegratorSource(GpuDevice.OnCpu(2, 1), "", _said.Add);
        using IFrameIntegrator integrator = source.Create(Plan(filter), SmallDetector.Reader);
        Assert.IsType<FallbackIntegrator>(integrator);
        Assert.Empty(_said);
        Assert.NotEqual("CPU", source.Backend);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Integrate_DeviceFails_TheBatchAndAllThatFollowComeFromTheCpu(int batchesBefore)
    {
        IntegrationPlan plan = Plan(IntegrationFilter.Trimmed);
        using var source = new IntegratorSource(null, "", _said.Add);
        var failing = new FailingDevice(plan, batchesBefore);
        bool isReleased = false;
        var integrator = new FallbackIntegrator(failing, () => new SimdIntegrator(plan, SmallDetector.Reader), source, () => isReleased = true);
        var neighbour = new FailingDevice(plan, 1000);
        using var other = new FallbackIntegrator(neighbour, () => new SimdIntegrator(plan, SmallDetector.Reader), source, () => { });
        RawFrame[] frames = [.. Enumerable.Range(0, 5).Select(_ => SmallDetector.Frame(Ones()))];
        for (int batch = 0; batch < 5; batch++)
        {
            DiffractionPattern[] patterns = [.. frames.Select(_ => new DiffractionPattern(plan.PatternSize))];
            integrator.Integrate(frames, patterns);
            Assert.All(patterns, p => Assert.Equal(FrameOutcome.Accepted, p.Outcome));
            Assert.All(patterns, p => Assert.Equal(batch < batchesBefore ? -7 : SimdSignal(plan), p.Signal.Sum()));
        }

        // The other worker does not try a device that its neighbour saw dying.
        var last = new DiffractionPattern(plan.PatternSize);
        other.Integrate(frames.AsSpan(0, 1), [last]);
        Assert.Equal(0, neighbour.Batches);
        Assert.Equal(SimdSignal(plan), last.Signal.Sum());
        integrator.Dispose();
        Assert.True(isReleased);
        Assert.Equal(batchesBefore + 1, failing.Batches);
        string line = Assert.Single(_said);
        Assert.Contains("failed (the link is down): integrating on ", line, StringComparison.Ordinal);
        Assert.Equal(line, source.Failure);
    }

    [Fact]
    public void Integrate_MistakeOfTheProgram_IsNoFailureOfTheDevice()
    {
        IntegrationPlan plan = Plan(IntegrationFilter.Mean);
        using var source = new IntegratorSource(null, "", _said.Add);
        var integrator = new FallbackIntegrator(
            new FailingDevice(plan, 0, new InvalidOperationException("a mistake")), () => new SimdIntegrator(plan, SmallDetector.Reader), source, () => { });
        Assert.Throws<InvalidOperationException>(
            () => integrator.Integrate([SmallDetector.Frame(Ones())], [new DiffractionPattern(plan.PatternSize)]));
        Assert.Null(source.Failure);
    }

    private static IntegrationPlan Plan(IntegrationFilter filter) =>
        new(SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(filter) with { BinCount = 30 });

    private static int[] Ones()
    {
        int[] pixels = new int[SmallDetector.Geometry.Shape.PixelCount];
        Array.Fill(pixels, 1);
        return pixels;
    }

    private static double SimdSignal(IntegrationPlan plan)
    {
        var pattern = new DiffractionPattern(plan.PatternSize);
        using var integrator = new SimdIntegrator(plan, SmallDetector.Reader);
        integrator.Integrate([SmallDetector.Frame(Ones())], [pattern]);
        return pattern.Signal.Sum();
    }

    /// <summary>A device that gives −7 per frame until it fails, and does not even let itself be disposed then.</summary>
    private sealed class FailingDevice(IntegrationPlan plan, int batchesBefore, Exception? cause = null) : IFrameIntegrator
    {
        public IntegrationPlan Plan { get; } = plan;

        public int BatchSize => 16;

        public int Batches { get; private set; }

        public void Integrate(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
        {
            if (Batches++ >= batchesBefore)
            {
                patterns[0].Outcome = FrameOutcome.Truncated;
                throw cause ?? new GpuException("the link is down.");
            }

            foreach (DiffractionPattern pattern in patterns)
            {
                pattern.Clear();
                pattern.Signal[0] = -7;
                pattern.Outcome = FrameOutcome.Accepted;
            }
        }

        public void Dispose()
        {
            if (Batches > batchesBefore)
            {
                throw new GpuException("the link is still down");
            }
        }
    }
}
