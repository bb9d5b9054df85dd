using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Tests.Reconstruction;

namespace XrdCt.Live.Tests.Gpu;

/// <summary>The growing volume on ILGPU's stand-in for a device beside the blocks on the CPU, through the same changes.</summary>
[Collection(GpuCollection.Name)]
public sealed class GpuProgressiveVolumeTests
{
    private const int Size = 13;
    private const int Rotations = 9;
    private const int Blocks = 2;
    private const int BlockLength = Size * BinBlock.Width;

    private static readonly ScanPlan Plan = new(Size, Rotations, 1);

    [Fact]
    public void Update_AnyChanges_IsWhatTheBlocksOnTheCpuAre()
    {
        using var device = GpuDevice.OnCpu(4, 2);
        var filter = new ProjectionFilter(Size, RampFilter.SheppLogan);
        using var volume = new GpuProgressiveVolume(device, Plan, filter, (Blocks * BinBlock.Width) - 5);
        var rows = new BlockProjectionFilter(filter);
        ProgressiveBlock[] blocks = [.. Enumerable.Range(0, Blocks).Select(_ => new ProgressiveBlock(Plan, rows))];
        Memory<float> spare = BinBlock.Allocate(Size * Size * BinBlock.Width);
        var random = new Random(5);
        Check();
        for (int step = 0; step < 24; step++)
        {
            int rotation = random.Next(Rotations);
            switch (step)
            {
                case 9:
                    Move(1.5);
                    break;
                case 13 or 20:
                    volume.Withdraw(rotation);
                    Array.ForEach(blocks, b => b.Withdraw(rotation));
                    break;
                case 15:
                    // A bin that is NaN, and well again with the next exchange.
                    Put(3, BlockSamples.Noise(Blocks * BlockLength, step), withNaN: true);
                    Update();
                    Assert.True(float.IsNaN(Pattern(Size / 2, Size / 2)[BinBlock.Width + 7]));
                    Put(3, BlockSamples.Noise(Blocks * BlockLength, step + 100), withNaN: false);
                    Update();
                    Assert.All(Pattern(Size / 2, Size / 2), v => Assert.True(float.IsFinite(v)));
                    break;
                default:
                    Put(step < Rotations ? step : rotation, BlockSamples.Noise(Blocks * BlockLength, step), withNaN: false);
                    break;
            }

            if (step % 3 != 1)
            {
                Update();
                Check();
            }
        }

        Update();
        Check();
        Assert.Equal(blocks[0].ProjectionCount, volume.ProjectionCount);
        Assert.Equal(blocks[0].LargestGap_deg, volume.LargestGap_deg);

        void Move(double centre_px)
        {
            volume.SetCentre(centre_px);
            Array.ForEach(blocks, b => b.SetCentre(centre_px));
        }

        void Put(int rotation, float[] projections, bool withNaN)
        {
            if (withNaN)
            {
                projections[BlockLength + (4 * BinBlock.Width) + 7] = float.NaN;
            }

            volume.Put(rotation, projections);
            for (int b = 0; b < Blocks; b++)
            {
                blocks[b].Put(rotation, projections.AsSpan(b * BlockLength, BlockLength));
            }
        }

        void Update()
        {
            volume.Update();
            foreach (ProgressiveBlock block in blocks)
            {
                block.Update(ref spare);
            }
        }

        float[] Pattern(int y, int x)
        {
            float[] pattern = new float[Blocks * BinBlock.Width];
            volume.CopyPattern(y, x, pattern);
            return pattern;
        }

        void Check()
        {
            float[] expected = new float[BinBlock.Width];
            for (int y = 0; y < Size; y++)
            {
                for (int x = 0; x < Size; x++)
                {
                    float[] pattern = Pattern(y, x);
                    for (int b = 0; b < Blocks; b++)
                    {
                        blocks[b].CopyPattern(y, x, expected);
                        for (int bin = 0; bin < BinBlock.Width; bin++)
                        {
                            Assert.Equal(expected[bin], pattern[(b * BinBlock.Width) + bin], 2e-5f);
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void PutFiltered_FilteredByTheCpu_IsTheSameAsPut()
    {
        using var device = GpuDevice.OnCpu(4, 2);
        var filter = new ProjectionFilter(Size, RampFilter.Ramp);
        using var here = new GpuProgressiveVolume(device, Plan, filter, Blocks * BinBlock.Width);
        using var there = new GpuProgressiveVolume(device, Plan, filter, Blocks * BinBlock.Width);
        var rows = new BlockProjectionFilter(filter);
        int length = filter.FilteredLength * BinBlock.Width;
        float[] filtered = new float[Blocks * length];
        for (int rotation = 0; rotation < Rotations; rotation++)
        {
            float[] projections = BlockSamples.Noise(Blocks * BlockLength, rotation);
            for (int b = 0; b < Blocks; b++)
            {
                rows.Apply(projections.AsSpan(b * BlockLength, BlockLength), filtered.AsSpan(b * length, length));
            }

            here.PutFiltered(rotation, filtered);
            there.Put(rotation, projections);
        }

        here.Update();
        there.Update();
        float[] one = new float[Size * Size * BinBlock.Width];
        float[] other = new float[one.Length];
        for (int b = 0; b < Blocks; b++)
        {
            here.CopyTo(b, one);
            there.CopyTo(b, other);
            Assert.Contains(one, v => v != 0);
            Assert.All(one.Zip(other), v => Assert.Equal(v.First, v.Second, 1e-5f));
        }

        // Through another filter everything comes anew.
        here.Restart();
        here.Update();
        here.CopyTo(0, one);
        Assert.All(one, v => Assert.Equal(0, v));
    }

    [Fact]
    public void Put_OtherLength_IsRefused()
    {
        using var device = GpuDevice.OnCpu(4, 2);
        using var volume = new GpuProgressiveVolume(device, Plan, new ProjectionFilter(Size, RampFilter.Ramp), BinBlock.Width);
        Assert.Throws<ArgumentException>(() => volume.Put(0, new float[BlockLength - 1]));
        Assert.Throws<ArgumentException>(() => volume.PutFiltered(0, new float[BlockLength]));
        Assert.Throws<ArgumentException>(() => new GpuProgressiveVolume(device, Plan, new ProjectionFilter(Size + 1, RampFilter.Ramp), 1));
        Assert.Equal(0, volume.ProjectionCount);
    }
}
