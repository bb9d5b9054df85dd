using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Detector;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Tests.Integration;
using XrdCt.Live.Tests.Simulators;

namespace XrdCt.Live.Tests.Simd;

/// <summary>Frames that share vectors do not touch each other.</summary>
public sealed class BatchTests
{
    public static TheoryData<IntegrationFilter, ErrorModel, PixelSplitting, TrimDefinition> Plans()
    {
        var plans = new TheoryData<IntegrationFilter, ErrorModel, PixelSplitting, TrimDefinition>();
        foreach (PixelSplitting splitting in Enum.GetValues<PixelSplitting>())
        {
            foreach (ErrorModel model in new[] { ErrorModel.Poisson, ErrorModel.Azimuthal })
            {
                foreach (IntegrationFilter filter in Enum.GetValues<IntegrationFilter>())
                {
                    plans.Add(filter, model, splitting, TrimDefinition.Pixel);
                }

                plans.Add(IntegrationFilter.Trimmed, model, splitting, TrimDefinition.Exact);
            }
        }

        return plans;
    }

    /// <summary>To the last bit: what is saved of a frame must not depend on which others happened to wait with it.</summary>
    [Theory]
    [MemberData(nameof(Plans))]
    public void Integrate_FramesOfEveryKindTogether_AreAsOneByOne(
        IntegrationFilter filter, ErrorModel model, PixelSplitting splitting, TrimDefinition trim)
    {
        var plan = new IntegrationPlan(
            SmallDetector.Geometry,
            SmallDetector.Mask(),
            SmallDetector.Options(filter) with { ErrorModel = model, Splitting = splitting, TrimDefinition = trim });
        using var integrator = new SimdIntegrator(plan, SmallDetector.Reader);
        RawFrame[] kinds = [.. Enumerable.Range(0, integrator.BatchSize).Select(i => SmallDetector.Frame(Image(i)))];
        DiffractionPattern[] alone = [.. kinds.Select(_ => new DiffractionPattern(plan.PatternSize))];
        for (int i = 0; i < kinds.Length; i++)
        {
            integrator.Integrate([kinds[i]], [alone[i]]);
        }

        var random = new Random(11);
        for (int round = 0; round < 12; round++)
        {
            int[] drawn = [.. Enumerable.Range(0, kinds.Length)];
            random.Shuffle(drawn);
            drawn = drawn[..random.Next(2, kinds.Length + 1)];
            RawFrame[] frames = [.. drawn.Select(i => kinds[i])];
            int damaged = random.Next(2 * frames.Length);
            if (damaged < frames.Length)
            {
                // One is cut short or has another size: outcomes of their own.
                frames[damaged] = round % 2 == 0 ? frames[damaged] with { PayloadLength = 400 } : SmallDetector.Frame(new int[12], new ImageShape(3, 4));
            }

            DiffractionPattern[] together = [.. frames.Select(_ => new DiffractionPattern(plan.PatternSize))];
            integrator.Integrate(frames, together);
            for (int i = 0; i < frames.Length; i++)
            {
                if (i == damaged)
                {
                    Assert.Equal(round % 2 == 0 ? FrameOutcome.Truncated : FrameOutcome.WrongShape, together[i].Outcome);
                    continue;
                }

                Assert.Equal(FrameOutcome.Accepted, together[i].Outcome);
                Assert.Equal(alone[drawn[i]].Count, together[i].Count);
                Assert.Equal(alone[drawn[i]].Signal, together[i].Signal);
                Assert.Equal(alone[drawn[i]].Normalisation, together[i].Normalisation);
                Assert.Equal(alone[drawn[i]].NormalisationSquared, together[i].NormalisationSquared);
                Assert.Equal(alone[drawn[i]].Variance, together[i].Variance);
                Assert.Equal(alone[drawn[i]].Mean, together[i].Mean);
            }
        }
    }

    [Theory]
    [InlineData(IntegrationFilter.Trimmed)]
    [InlineData(IntegrationFilter.Median)]
    [InlineData(IntegrationFilter.SigmaClip)]
    [InlineData(IntegrationFilter.Mean)]
    public void Integrate_FullSizeFramesTogether_AreAsOneByOne(IntegrationFilter filter)
    {
        VirtualExperiment experiment = SimulatedScan.Of(new ScanPlan(21, 15, 50));
        DetectorGeometry geometry = experiment.Detector.Geometry;
        var plan = new IntegrationPlan(
            geometry, PixelMask.None(geometry.Shape), new IntegrationOptions { Unit = RadialUnit.Q_invA, BinCount = 2048, Filter = filter });
        using var integrator = new SimdIntegrator(plan, () => new PixelReader(geometry.Shape));
        var renderer = new FrameRenderer(experiment);
        RawFrame[] frames = [.. new[] { 3, 40, 75, 111, 150, 204, 260, 311 }.Select(Rendered)];
        DiffractionPattern[] together = [.. frames.Select(_ => new DiffractionPattern(2048))];
        integrator.Integrate(frames, together);
        var alone = new DiffractionPattern(2048);
        for (int i = 0; i < frames.Length; i++)
        {
            integrator.Integrate(frames.AsSpan(i, 1), [alone]);
            Assert.Equal(alone.Count, together[i].Count);
            Assert.Equal(alone.Signal, together[i].Signal);
            Assert.Equal(alone.Normalisation, together[i].Normalisation);
            Assert.Equal(alone.NormalisationSquared, together[i].NormalisationSquared);
            Assert.Equal(alone.Variance, together[i].Variance);
            Assert.Equal(alone.Mean, together[i].Mean);
        }

        RawFrame Rendered(int index)
        {
            int[] pixels = new int[renderer.PixelCount];
            renderer.Render(index, pixels);
            return PackedFrames.Frame(PackedFrames.BitshuffleLz4(PackedFrames.Bytes<int>(pixels), sizeof(int)), geometry.Shape);
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
