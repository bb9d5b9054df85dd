using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Tests.Reconstruction;

namespace XrdCt.Live.Tests.Gpu;

/// <summary>The back-projection's contract on ILGPU's stand-in for a device.</summary>
[Collection(GpuCollection.Name)]
public sealed class GpuBackProjectionTests : BlockBackProjectionContract
{
    protected override void Add(int size, double centre_px, float[] filtered, ProjectionTerm[] terms, float[] slices)
    {
        using var device = GpuDevice.OnCpu(4, 2);
        int rows = Math.Max(1, filtered.Length / ((size + 2) * BinBlock.Width));
        using var volume = new GpuVolume(device, new ProjectionFilter(size, RampFilter.Ramp), centre_px, 2, rows);
        if (filtered.Length > 0)
        {
            volume.SetFiltered(1, filtered);
        }

        volume.SetSlices(1, slices);
        volume.Add(terms);
        volume.CopyTo(1, slices);
    }
}

/// <summary>A volume on ILGPU's stand-in for a device: filter, batch and one projection more.</summary>
[Collection(GpuCollection.Name)]
public sealed class GpuVolumeTests
{
    [Fact]
    public void FilterAndAdd_TwoBlocks_AreTheBatchOfTheCpu()
    {
        var plan = new ScanPlan(21, 7, 1);
        const int BinCount = 2 * BinBlock.Width;
        float[] values = BlockSamples.Noise(plan.CellCount * BinCount, 8);
        float[][] expected = new float[2][];
        new VolumeReconstruction(plan, RampFilter.Hann, 1.25).Run(
            values, BinCount, default, 1, (block, slices) => expected[block] = slices.ToArray(), TestContext.Current.CancellationToken);
        using var device = GpuDevice.OnCpu(4, 2);
        using var volume = new GpuVolume(device, new ProjectionFilter(21, RampFilter.Hann), 1.25, 2, 7);
        float[] projections = new float[21 * BinCount];
        for (int rotation = 0; rotation < 7; rotation++)
        {
            for (int block = 0; block < 2; block++)
            {
                BinBlock.Copy(
                    values.AsSpan(rotation * 21 * BinCount, 21 * BinCount), BinCount, block, projections.AsSpan(block * 21 * BinBlock.Width, 21 * BinBlock.Width));
            }

            volume.Filter(rotation, projections);
        }

        ProjectionTerm[] terms = [.. Enumerable.Range(0, 7).Select(r => new ProjectionTerm(r, plan.Angle_deg(r) * Math.PI / 180, 0.5 * Math.PI / 7))];
        volume.Add(terms);
        Check();

        // A projection goes and comes again; then everything from nothing.
        volume.Add([terms[4] with { Weight = -terms[4].Weight }]);
        Assert.ThrowsAny<Exception>(Check);
        volume.Add([terms[4]]);
        Check();
        volume.Clear();
        volume.Add(terms);
        Check();

        void Check()
        {
            for (int block = 0; block < 2; block++)
            {
                float[] slices = new float[expected[block].Length];
                volume.CopyTo(block, slices);
                BlockSamples.AssertClose(expected[block], slices, 1e-5);
            }
        }
    }

    [Fact]
    public void Make_MoreThanTheDeviceHolds_IsRefused()
    {
        using var device = GpuDevice.OnCpu(4, 2);
        var filter = new ProjectionFilter(20, RampFilter.Ramp);
        Assert.Throws<ArgumentOutOfRangeException>(() => new GpuVolume(device, filter, 10, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GpuVolume(device, filter, 0, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GpuVolume(device, filter, 0, 1, 0));
        using var volume = new GpuVolume(device, filter, 0, 1, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => volume.Filter(3, new float[20 * BinBlock.Width]));
        Assert.Throws<ArgumentException>(() => volume.Filter(0, new float[20]));
        Assert.Throws<ArgumentOutOfRangeException>(() => volume.CopyTo(1, new float[400 * BinBlock.Width]));
    }

    [Theory]
    [InlineData(nameof(BackProjectionKernel))]
    [InlineData(nameof(FilterKernel))]
    public void Kernel_TranslatedForCuda_KeepsItsSumInARegisterAndNeedsNoDoubles(string kernel)
    {
        MethodInfo method = typeof(GpuDevice).Assembly.GetType($"{typeof(GpuDevice).Namespace}.{kernel}")!.GetMethod("Run")!;
        using Context context = Context.Create(builder => builder.CPU(CPUDevice.Default).Optimize(OptimizationLevel.O2));
        using var backend = new PTXBackend(context, CudaArchitecture.SM_75, CudaInstructionSet.ISA_64, null!);
        var compiled = (PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(method), default);
        Assert.DoesNotContain(".local", compiled.PTXAssembly, StringComparison.Ordinal);
        Assert.DoesNotContain("f64", compiled.PTXAssembly, StringComparison.Ordinal);
    }

    [Fact]
    public void Layout_OfTheTerms_IsTheSameOnBothSides() => Assert.Equal((3 * sizeof(long)) + (2 * sizeof(int)), Interop.SizeOf<RayTerm>());
}
