using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using XrdCt.Live.Compute.Gpu;

namespace XrdCt.Live.Tests.Gpu;

/// <summary>
/// The CPU's stand-in runs the kernels as the .NET methods they are; whether they translate for a device shows only when they are
/// translated, which needs no device.
/// </summary>
[Collection(GpuCollection.Name)]
public sealed class GpuKernelTests
{
    [Theory]
    [InlineData(nameof(DecodeKernel))]
    [InlineData(nameof(MeanKernel))]
    [InlineData(nameof(TrimKernel))]
    [InlineData(nameof(ClipKernel))]
    public void Kernel_TranslatedForCuda_KeepsItsValuesInRegistersAndItsBarriersOutsideBranches(string kernel)
    {
        MethodInfo method = typeof(GpuDevice).Assembly.GetType($"{typeof(GpuDevice).Namespace}.{kernel}")!.GetMethod("Run")!;
        using Context context = Context.Create(builder => builder.CPU(CPUDevice.Default).Optimize(OptimizationLevel.O2));
        using var backend = new PTXBackend(context, CudaArchitecture.SM_75, CudaInstructionSet.ISA_64, null!);
        var compiled = (PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(method), default);

        // An array of a thread's own would live in device memory.
        Assert.DoesNotContain(".local", compiled.PTXAssembly, StringComparison.Ordinal);
        Assert.Contains(kernel == nameof(DecodeKernel) ? "bar.warp.sync" : "bar.sync", compiled.PTXAssembly, StringComparison.Ordinal);

        // A barrier that is executed under a predicate would not be reached by all.
        Assert.DoesNotContain(compiled.PTXAssembly.Split('\n'), line => line.TrimStart().StartsWith('@') && line.Contains("bar.", StringComparison.Ordinal));
    }

    [Fact]
    public void Layout_OfTheStructsThatTravel_IsTheSameOnBothSides()
    {
        Assert.Equal(8 * sizeof(int), Interop.SizeOf<PackedBlock>());
        Assert.Equal((4 * sizeof(double)) + sizeof(float) + sizeof(int), Interop.SizeOf<BinSums>());
    }
}
