using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Reconstruction;

public sealed class VolumeReconstructionTests
{
    private const int Width = BinBlock.Width;

    /// <summary>Relative RMS inside the circle against scikit-image: floats against doubles.</summary>
    private const double AgainstScikitImage = 1e-4;

    [Theory]
    [InlineData(RampFilter.Ramp, "ramp")]
    [InlineData(RampFilter.SheppLogan, "shepp-logan")]
    [InlineData(RampFilter.Cosine, "cosine")]
    [InlineData(RampFilter.Hamming, "hamming")]
    [InlineData(RampFilter.Hann, "hann")]
    public void Run_SmallSinogramScaledForEachBin_MatchesScikitImage(RampFilter filter, string name)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Golden", "reconstruction");
        MatchesScikitImage(filter, Path.Combine(folder, "sino_radon_101x100.npy"), Path.Combine(folder, $"iradon_{name}_101x100.npy"));
    }

    [Theory]
    [InlineData(RampFilter.Ramp, "ramp")]
    [InlineData(RampFilter.SheppLogan, "shepp-logan")]
    [InlineData(RampFilter.Hann, "hann")]
    public void Run_FullSizeSinogramScaledForEachBin_MatchesScikitImage(RampFilter filter, string name) => MatchesScikitImage(
        filter, ReferenceData.Require("golden/fbp/sino_radon_251x250.npy"), ReferenceData.Require($"golden/fbp/iradon_{name}_251x250.npy"));

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(63, 1, 1)]
    [InlineData(64, 1, 2)]
    [InlineData(65, 2, 2)]
    [InlineData(200, 4, 3)]
    public void Run_AnyNumberOfBins_HandsEveryBlockOutOnce(int binCount, int blockCount, int threads)
    {
        var plan = new ScanPlan(19, 6, 1);
        float[] values = BlockSamples.Noise(plan.CellCount * binCount, binCount);
        float[][] blocks = Run(plan, RampFilter.Ramp, values, binCount, 1.5, threads: threads);
        Assert.Equal(blockCount, blocks.Length);
        for (int bin = 0; bin < blockCount * Width; bin++)
        {
            float[] slice = SliceOf(blocks[bin / Width], bin % Width);
            if (bin < binCount)
            {
                BlockSamples.AssertClose(WithZeros(BlockSamples.Batch(plan, RampFilter.Ramp, values, binCount, bin, 1.5)), slice, 1e-5);
            }
            else
            {
                Assert.All(slice, v => Assert.Equal(0, v));
            }
        }
    }

    [Fact]
    public void Run_SomeRotations_IsTheBatchOfThose()
    {
        var plan = new ScanPlan(20, 9, 1) { IncludesEnd = true };
        float[] values = BlockSamples.Noise(plan.CellCount * 3, 4);
        bool[] present = [true, false, true, true, false, true, true, true, true];
        float[][] blocks = Run(plan, RampFilter.Ramp, values, 3, 0, present);
        float[] expected = ProgressiveSlice.Batch(plan, RampFilter.Ramp, BlockSamples.SinogramOf(values, 3, 2), present).ToMap("bin").Values;
        BlockSamples.AssertClose(WithZeros(expected), SliceOf(blocks[0], 2), 1e-5);
    }

    [Fact]
    public void Run_NaNInABin_HarmsNoOtherBin()
    {
        var plan = new ScanPlan(17, 5, 1);
        float[] values = BlockSamples.Noise(plan.CellCount * 70, 4);
        float[][] clean = Run(plan, RampFilter.Ramp, values, 70, 0);
        values[(40 * 70) + 66] = float.NaN;
        float[][] blocks = Run(plan, RampFilter.Ramp, values, 70, 0);
        Assert.Equal(clean[0], blocks[0]);
        for (int bin = 0; bin < Width; bin++)
        {
            float[] slice = SliceOf(blocks[1], bin);
            if (bin == 2)
            {
                Assert.All(slice, v => Assert.True(float.IsNaN(v) || v == 0));
                Assert.Contains(slice, float.IsNaN);
            }
            else
            {
                Assert.Equal(SliceOf(clean[1], bin), slice);
            }
        }
    }

    [Fact]
    public void Run_AskedToStop_StopsBetweenBlocks()
    {
        var plan = new ScanPlan(17, 5, 1);
        using var stop = new CancellationTokenSource();
        int count = 0;
        Assert.Throws<OperationCanceledException>(() => new VolumeReconstruction(plan, RampFilter.Ramp).Run(
            new float[plan.CellCount * 640],
            640,
            default,
            1,
            (_, _) =>
            {
                if (++count == 3)
                {
                    stop.Cancel();
                }
            },
            stop.Token));
        Assert.Equal(3, count);
    }

    [Fact]
    public void Run_ReceiverThatFails_EndsTheRun()
    {
        var plan = new ScanPlan(17, 5, 1);
        int count = 0;
        AggregateException failure = Assert.Throws<AggregateException>(() => new VolumeReconstruction(plan, RampFilter.Ramp).Run(
            new float[plan.CellCount * 640], 640, default, 1, (_, _) => throw new IOException($"disk {++count}"), TestContext.Current.CancellationToken));
        Assert.Equal("disk 1", Assert.Single(failure.InnerExceptions).Message);
    }

    [Fact]
    public void Run_LengthsThatDoNotBelongTogether_AreRefused()
    {
        var volume = new VolumeReconstruction(new ScanPlan(17, 5, 1), RampFilter.Ramp);
        Assert.Throws<ArgumentException>(() => volume.Run(new float[17 * 5 * 3], 4, default, 1, (_, _) => { }, TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentException>(() => volume.Run(new float[17 * 5 * 3], 3, new bool[4], 1, (_, _) => { }, TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentOutOfRangeException>(() => volume.Run(new float[17 * 5 * 3], 3, default, 0, (_, _) => { }, TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentOutOfRangeException>(() => new VolumeReconstruction(new ScanPlan(17, 5, 1), RampFilter.Ramp, 8));
    }

    private static void MatchesScikitImage(RampFilter filter, string sinogramPath, string slicePath)
    {
        (ScanPlan plan, float[] sinogram) = BlockSamples.Golden(sinogramPath);
        float[][] blocks = Run(plan, filter, BlockSamples.Spread(plan, sinogram, Width, isPermuted: false), Width, 0);
        double[] golden = Npy.Read(slicePath).Values;
        for (int bin = 0; bin < Width; bin++)
        {
            float[] slice = SliceOf(blocks[0], bin);
            double scale = BlockSamples.Scale(bin);
            double difference = slice.Zip(golden, (a, b) => Math.Pow(a - (scale * b), 2)).Sum();
            double power = golden.Sum(b => Math.Pow(scale * b, 2));
            Assert.InRange(Math.Sqrt(difference), 0, AgainstScikitImage * Math.Sqrt(power));
        }
    }

    private static float[][] Run(
        ScanPlan plan, RampFilter filter, float[] values, int binCount, double centre_px, bool[]? present = null, int threads = 1)
    {
        float[][] blocks = new float[BinBlock.Count(binCount)][];
        new VolumeReconstruction(plan, filter, centre_px).Run(values, binCount, present, threads, Keep, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(null, blocks);
        return blocks;

        void Keep(int block, ReadOnlySpan<float> slices)
        {
            Assert.Null(blocks[block]);
            blocks[block] = slices.ToArray();
        }
    }

    private static float[] SliceOf(float[] block, int bin) => BlockSamples.SinogramOf(block, Width, bin);

    private static float[] WithZeros(float[] slice) => [.. slice.Select(v => float.IsNaN(v) ? 0 : v)];
}
