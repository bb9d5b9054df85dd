using System.Globalization;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Server.Benchmarks;
using XrdCt.Live.Tests.Reconstruction;

namespace XrdCt.Live.Tests.Gpu;

/// <summary>One filtered back projection on the CPU and on ILGPU's stand-in for a device.</summary>
[Collection(GpuCollection.Name)]
public sealed class GpuBlockFbpTests
{
    private const int Size = 21;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Make_SameProjections_IsTheSliceOfTheCpu(bool hasEvenWeights, bool hasFilter)
    {
        double[] angles_rad = [0.1, 2.4, 0.5, 1.1, 2.9];
        ProjectionFilter ramp = new(Size, RampFilter.Hann);
        using var device = GpuDevice.OnCpu(4, 2);
        using GpuBlockFbp there = new(device, ramp, angles_rad.Length, 0.75, hasEvenWeights);
        using BlockFbp here = new(ramp, angles_rad.Length, 0.75, hasEvenWeights);
        RowFilter? filter = hasFilter ? (angle_rad, _, filtered) => filtered.Fill((float)angle_rad) : null;
        float[] slice = new float[Size * Size * BinBlock.Width];
        float[] expected = new float[slice.Length];

        // What was in before is out again.
        Put(there, BlockSamples.Noise(Size * BinBlock.Width, 3), 1.5);
        there.Clear();
        for (int i = 0; i < angles_rad.Length; i++)
        {
            float[] projection = BlockSamples.Noise(Size * BinBlock.Width, 10 + i);
            Put(here, projection, angles_rad[i]);
            Put(there, projection, angles_rad[i]);
        }

        here.Make(expected);
        there.Make(slice);

        Assert.Equal(5, there.Count);
        double level = Math.Sqrt(expected.Average(v => v * v));
        Assert.InRange(level, 1e-3, double.PositiveInfinity);
        for (int i = 0; i < slice.Length; i++)
        {
            Assert.Equal(expected[i], slice[i], 1e-5 * level);
        }

        Assert.All(Enumerable.Range(0, Size * Size), i => Assert.Equal(here.Sees(i / Size, i % Size), there.Sees(i / Size, i % Size)));
        Assert.Throws<InvalidOperationException>(() => Put(there, new float[Size * BinBlock.Width], 0));
        Assert.Throws<InvalidOperationException>(() => Put(here, new float[Size * BinBlock.Width], 0));

        void Put(IBlockFbp fbp, float[] projection, double angle_rad) => fbp.Put(angle_rad, projection, filter);
    }

    [Fact]
    public void Benchmark_WithADevice_TimesItToo()
    {
        using var device = GpuDevice.OnCpu(4, 2);
        string text = new ReconstructionBenchmark(9, 4, 64, 1e-3, device).Run(null, "command", _ => { }, TestContext.Current.CancellationToken);
        string table = text[text.IndexOf($"64 bins of 9 × 4, {device.Name}", StringComparison.Ordinal)..];
        string[] rows = [.. table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2)];
        Assert.Equal(
            ["one projection up and filtered", "all projections up and filtered, one by one", "one projection back-projected", "all projections back-projected"],
            rows.Select(row => row.Split('|')[1].Trim()));
        Assert.All(rows, row => Assert.All(row.Split('|')[2..4], number => Assert.True(double.Parse(number, CultureInfo.InvariantCulture) > 0, row)));
    }
}
