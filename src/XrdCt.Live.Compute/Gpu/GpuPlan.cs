using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>An integration plan in the memory of a device: uploaded once, shared by all integrators, given back by whoever made it.</summary>
public sealed class GpuPlan : IDisposable
{
    private const int EntriesPerThread = 4;

    // Every round of clipping ends in sums over the group: fewer threads spend less on them.
    private const int EntriesPerClippingThread = 16;

    private readonly List<MemoryBuffer> _buffers = [];

    /// <summary>Uploads a plan: 12 bytes per entry, 27 MB for a 2-Mpixel detector without pixel splitting.</summary>
    /// <param name="device">The device, which must outlive the plan.</param>
    /// <param name="plan">The plan.</param>
    /// <exception cref="GpuException">The plan does not fit the device.</exception>
    public GpuPlan(GpuDevice device, IntegrationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(plan);
        Device = device;
        Plan = plan;
        device.Accelerator.Bind();
        try
        {
            Views = new PlanViews
            {
                BinStart = Upload(plan.BinStart),
                PixelOfEntry = Upload(plan.PixelOfEntry),
                InverseNormalisation = Upload(plan.InverseNormalisation),
                WeightOfEntry = Upload(plan.WeightOfEntry),
                ShareOfEntry = Upload(plan.ShareOfEntry),
                DarkOfEntry = Upload(plan.DarkOfEntry),
                BinNormalisation = Upload(plan.BinNormalisation),
                BinNormalisationSquared = Upload(plan.BinNormalisationSquared),
                FirstDummy = plan.DummyLower,
                LastDummy = plan.DummyUpper,
                IsAzimuthal = plan.Options.ErrorModel == ErrorModel.Azimuthal ? 1 : 0,
                PixelCount = plan.Geometry.Shape.PixelCount,
            };
        }
        catch (Exception e) when (GpuException.IsOfDevice(e))
        {
            Dispose();
            throw new GpuException($"the plan does not fit {device.Name}: {GpuException.Sentence(e)}", e);
        }

        bool isMedian = plan.Options.Filter == IntegrationFilter.Median;
        if (plan.Options.Filter == IntegrationFilter.SigmaClip)
        {
            Clip = new ClipRule
            {
                Threshold_sigma = plan.Options.ClipThreshold_sigma,
                Rounds = plan.Options.ClipIterations,
                ClipsByScatter = plan.Options.ErrorModel != ErrorModel.Poisson ? 1 : 0,
                CacheLength = Math.Min(device.CacheWords / ClipKernel.CacheWords, plan.LargestBin),
            };
        }
        else if (plan.Options.Filter != IntegrationFilter.Mean && !plan.IsCake)
        {
            Trim = new TrimLimits
            {
                Low = isMedian ? 0.5 : plan.Options.TrimLower,
                High = isMedian ? 0.5 : 1 - plan.Options.TrimUpper,
                IsExact = !isMedian && plan.Options.TrimDefinition == TrimDefinition.Exact ? 1 : 0,
                CacheLength = Math.Min(device.CacheWords / TrimKernel.CacheWords, plan.LargestBin),
            };
        }
    }

    /// <summary>The device.</summary>
    public GpuDevice Device { get; }

    /// <summary>The plan.</summary>
    public IntegrationPlan Plan { get; }

    internal PlanViews Views { get; }

    /// <summary>How the cells are trimmed; null where they are not. A cake's sectors are summed, and trimmed on the host.</summary>
    internal TrimLimits? Trim { get; }

    /// <summary>How the cells are clipped; null where they are not.</summary>
    internal ClipRule? Clip { get; }

    /// <summary>Threads that share a cell: each has a few entries or more where the cells are large enough for a full group.</summary>
    internal int GroupSize
    {
        get
        {
            int entries = Plan.PixelOfEntry.Length / Plan.CellCount;
            int threads = (int)Math.Min(BitOperations.RoundUpToPowerOf2((uint)(entries / (Clip is null ? EntriesPerThread : EntriesPerClippingThread))), (uint)Device.GroupSize);
            return Math.Max(threads, Device.Accelerator.WarpSize);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (MemoryBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }

        _buffers.Clear();
    }

    private ArrayView<T> Upload<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (values.IsEmpty)
        {
            return ArrayView<T>.Empty;
        }

        MemoryBuffer1D<T, Stride1D.Dense> buffer = Device.Accelerator.Allocate1D<T>(values.Length);
        _buffers.Add(buffer);
        buffer.View.BaseView.CopyFromCPU(Device.Accelerator.DefaultStream, values);
        Device.Accelerator.DefaultStream.Synchronize();
        return buffer.View.BaseView;
    }
}
