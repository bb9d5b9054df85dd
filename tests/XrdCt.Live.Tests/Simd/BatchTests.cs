using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Tests.Integration;

namespace XrdCt.Live.Tests.Simd;

/// <summary>Frames that share vectors do not touch each other.</summary>
public sealed class BatchTests
{
    [Theory]
    [InlineData(IntegrationFilter.Mean, ErrorModel.Poisson)]
    [InlineData(IntegrationFilter.Mean, ErrorModel.Azimuthal)]
    [InlineData(IntegrationFilter.Trimmed, ErrorModel.Poisson)]
    [InlineData(IntegrationFilter.SigmaClip, ErrorModel.Poisson)]
    public void Integrate_EightFramesOfEveryKind_AreAsOneByOne(IntegrationFilter filter, ErrorModel model)
    {
        var plan = new IntegrationPlan(
            SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(filter) with { ErrorModel = model });
        using var integrator = new SimdIntegrator(plan, SmallDetector.Reader);
        int[][] images = [.. Enumerable.Range(0, integrator.BatchSize).Select(Image)];
        RawFrame[] frames = [.. images.Select(i => SmallDetector.Frame(i))];

        // The fourth is cut short and the sixth has another size: both are outcomes of their own.
        frames[3] = frames[3] with { PayloadLength = 400 };
        frames[5] = SmallDetector.Frame(new int[12], new ImageShape(3, 4));
        DiffractionPattern[] together = [.. frames.Select(_ => new DiffractionPattern(plan.PatternSize))];
        integrator.Integrate(frames, together);

        Assert.Equal(FrameOutcome.Truncated, together[3].Outcome);
        Assert.Equal(FrameOutcome.WrongShape, together[5].Outcome);
        var alone = new DiffractionPattern(plan.PatternSize);
        foreach (int i in new[] { 0, 1, 2, 4, 6, 7 })
        {
            integrator.Integrate([frames[i]], [alone]);
            Assert.Equal(FrameOutcome.Accepted, together[i].Outcome);
            Assert.Equal(alone.Signal, together[i].Signal);
            Assert.Equal(alone.Count, together[i].Count);
            Assert.All(alone.Normalisation, (norm, b) => Assert.Equal(norm, together[i].Normalisation[b], 1e-6 * norm));
            Assert.All(alone.NormalisationSquared, (norm, b) => Assert.Equal(norm, together[i].NormalisationSquared[b], 1e-6 * norm));
            Assert.Equal(alone.Variance, together[i].Variance);
            Assert.Equal(alone.Mean, together[i].Mean);
        }
    }

    [Fact]
    public void Integrate_CorruptBlockInTheMiddle_LeavesTheOthersAlone()
    {
        IntegrationPlan plan = new(SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(IntegrationFilter.Trimmed));
        using var integrator = new SimdIntegrator(plan, SmallDetector.Reader);
        byte[] packed = PackedFrames.BitshuffleLz4(PackedFrames.Bytes<int>(Image(1)), sizeof(int));
        byte[] corrupt = [.. packed];
        corrupt.AsSpan(corrupt.Length / 2).Fill(0xff);
        RawFrame[] frames = [Packed(packed), Packed(corrupt), Packed(packed)];
        DiffractionPattern[] patterns = [.. frames.Select(_ => new DiffractionPattern(plan.PatternSize))];
        integrator.Integrate(frames, patterns);

        Assert.Equal([FrameOutcome.Accepted, FrameOutcome.Truncated, FrameOutcome.Accepted], patterns.Select(p => p.Outcome));
        var expected = new DiffractionPattern(plan.PatternSize);
        integrator.Integrate([SmallDetector.Frame(Image(1))], [expected]);
        Assert.Equal(expected.Signal, patterns[0].Signal);
        Assert.Equal(expected.Signal, patterns[2].Signal);

        static RawFrame Packed(byte[] payload) => PackedFrames.Frame(payload, SmallDetector.Geometry.Shape);
    }

    /// <summary>From empty to bright, with flags, ties and counts beyond 15 bits in different lanes.</summary>
    private static int[] Image(int kind)
    {
        var random = new Random(kind);
        return [.. Enumerable.Range(0, SmallDetector.Geometry.Shape.PixelCount).Select(i => kind switch
        {
            0 => 0,
            1 => random.Next(8),
            2 => random.Next(30_000, 70_000),
            3 => 5,
            4 => random.Next(10) == 0 ? -2 : random.Next(300),
            6 => random.Next(100) == 0 ? 1_048_575 : random.Next(3),
            _ => random.Next(2000),
        })];
    }
}
