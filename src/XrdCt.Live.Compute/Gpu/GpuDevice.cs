using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// A device (NVIDIA by CUDA, others by OpenCL) with its compiled kernels. One per process; any number of <see cref="GpuIntegrator"/>s on
/// any threads share it.
/// </summary>
/// <remarks>
/// ILGPU keeps a current device per thread and sets it (<c>cuCtxSetCurrent</c>) in most of its calls, but not when a kernel is launched: who
/// comes from another thread calls <c>Accelerator.Bind()</c> first, which costs nothing where it is current already. Streams, buffers
/// and compiled kernels may then be used from any thread, each stream and buffer by one at a time.
/// </remarks>
public sealed class GpuDevice : IDisposable
{
    // 256 threads per bin were the fastest of 64 to 512 in a prototype on an H100, with 1,100 pixels in a bin.
    private const int MostThreads = 256;

    // Shared memory that every CUDA device gives a group without being asked for more.
    private const int UsualShared_bytes = 48 * 1024;

    // Sums, histograms and decisions of the kernels, which come on top of what they ask for at launch; see TrimKernel.
    private const int KernelShared_bytes = 6 * 1024;

    private readonly Context _context;

    internal GpuDevice(Context context, Device device)
    {
        _context = context;
        Accelerator = device.CreateAccelerator(context);
        try
        {
            int shared_bytes = Math.Min(Accelerator.MaxSharedMemoryPerGroup, UsualShared_bytes) - KernelShared_bytes;
            CacheWords = shared_bytes / sizeof(int);
            LargestBlock_bytes = shared_bytes - DecodeKernel.SharedLength_bytes(0);
            int threads = Math.Min(Math.Min(MostThreads, Accelerator.MaxNumThreadsPerGroup), GroupSum.MostWarps * Accelerator.WarpSize);
            GroupSize = 1 << BitOperations.Log2((uint)threads);
            Mean = Accelerator.LoadKernel<PlanViews, int, ArrayView<int>, ArrayView<BinSums>>(MeanKernel.Run);
            Trim = Accelerator.LoadKernel<PlanViews, TrimLimits, int, ArrayView<int>, ArrayView<BinSums>>(TrimKernel.Run);
            Clip = Accelerator.LoadKernel<PlanViews, ClipRule, int, ArrayView<int>, ArrayView<BinSums>>(ClipKernel.Run);
            Decode = LoadDecode();
        }
        catch
        {
            Accelerator.Dispose();
            throw;
        }
    }

    /// <summary>What it is, as its driver says, and how it is reached: <c>NVIDIA H100 (CUDA)</c>.</summary>
    public string Name => $"{Accelerator.Name.Trim()} ({Accelerator.AcceleratorType switch
    {
        AcceleratorType.Cuda => "CUDA",
        AcceleratorType.OpenCL => "OpenCL",
        _ => "CPU",
    }})";

    /// <summary>Whether frames are unpacked on the device; else they come unpacked from the host.</summary>
    public bool Unpacks => Decode is not null;

    /// <summary>Memory of the device, bytes.</summary>
    public long Memory_bytes => Accelerator.MemorySize;

    internal Accelerator Accelerator { get; }

    /// <summary>Threads of a group that integrates a bin.</summary>
    internal int GroupSize { get; }

    /// <summary>Words of shared memory that a group has for the entries of a bin.</summary>
    internal int CacheWords { get; init; }

    /// <summary>Plain bytes of the largest block that the device unpacks.</summary>
    internal int LargestBlock_bytes { get; }

    internal Action<AcceleratorStream, KernelConfig, PlanViews, int, ArrayView<int>, ArrayView<BinSums>> Mean { get; }

    internal Action<AcceleratorStream, KernelConfig, PlanViews, TrimLimits, int, ArrayView<int>, ArrayView<BinSums>> Trim { get; }

    internal Action<AcceleratorStream, KernelConfig, PlanViews, ClipRule, int, ArrayView<int>, ArrayView<BinSums>> Clip { get; }

    internal Action<AcceleratorStream, KernelConfig, ArrayView<PackedBlock>, ArrayView<byte>, ArrayView<int>, ArrayView<int>>? Decode { get; }

    /// <summary>Opens a device and compiles the kernels for it, which takes about a second.</summary>
    /// <param name="backend"><see cref="ComputeBackend.Cuda"/> or <see cref="ComputeBackend.OpenCl"/>.</param>
    /// <param name="index">Which of that kind, from 0.</param>
    /// <exception cref="GpuException">There is no such device, or it does not run the kernels.</exception>
    public static GpuDevice Open(ComputeBackend backend, int index = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        string kind = backend switch
        {
            ComputeBackend.Cuda => "CUDA",
            ComputeBackend.OpenCl => "OpenCL",
            _ => throw new ArgumentOutOfRangeException(nameof(backend), backend, "neither CUDA nor OpenCL"),
        };
        Context? context = null;
        try
        {
            // Without a driver's library ILGPU finds no device; it does not fail.
            context = backend == ComputeBackend.Cuda
                ? Context.Create(builder => builder.Optimize(OptimizationLevel.O2).Cuda())
                : Context.Create(builder => builder.Optimize(OptimizationLevel.O2).OpenCL());
            Device[] devices = [.. context.Devices.Where(d => d.AcceleratorType == (backend == ComputeBackend.Cuda ? AcceleratorType.Cuda : AcceleratorType.OpenCL))];
            if (index >= devices.Length)
            {
                string others = devices.Length == 0 ? "" : $" {index}; there are 0 to {devices.Length - 1}";
                throw new GpuException($"there is no {kind} device{others}", isMissing: true);
            }

            return new GpuDevice(context, devices[index]);
        }
        catch (Exception e) when (GpuException.IsOfDevice(e))
        {
            context?.Dispose();
            throw e as GpuException ?? new GpuException($"the {kind} device {index} cannot be used: {GpuException.Sentence(e)}", e);
        }
    }

    /// <summary>The CPU in place of a device, very slow: what the tests run the same kernels on.</summary>
    /// <param name="warpSize">Threads of a warp.</param>
    /// <param name="warpCount">Warps of a group, a power of two.</param>
    /// <param name="cacheWords">Words of shared memory for the entries of a bin.</param>
    internal static GpuDevice OnCpu(int warpSize, int warpCount, int cacheWords = 10_752)
    {
        var device = new CPUDevice(warpSize, warpCount, 1);
        var context = Context.Create(builder => builder.CPU(device));
        return new GpuDevice(context, context.GetCPUDevice(0)) { CacheWords = cacheWords };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Accelerator.Dispose();
        _context.Dispose();
    }

    // The one kernel that needs exchanges inside a warp of known width and byte access to shared memory: not every OpenCL compiles it.
    private Action<AcceleratorStream, KernelConfig, ArrayView<PackedBlock>, ArrayView<byte>, ArrayView<int>, ArrayView<int>>? LoadDecode()
    {
        try
        {
            return Accelerator.LoadKernel<ArrayView<PackedBlock>, ArrayView<byte>, ArrayView<int>, ArrayView<int>>(DecodeKernel.Run);
        }
        catch (Exception e) when (Accelerator.AcceleratorType == AcceleratorType.OpenCL && GpuException.IsOfDevice(e))
        {
            return null;
        }
    }
}
