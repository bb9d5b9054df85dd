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

    private readonly List<MemoryBuffer> _buffers = [];

    /// <summary>Uploads a plan: 12 bytes per entry, 27 MB for a 2-Mpixel detector without pixel splitting.</summary>
    /// <param name="device">The device, which must outlive the plan.</param>
    /// <param name="plan">The plan.</param>
    /// <exception cref="GpuException">The plan asks for something that only the CPU does, or does not fit the device.</exception>
    public GpuPlan(GpuDevice device, IntegrationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(plan);
        if (Refusal(plan.Options) is string refusal)
        {
            throw new GpuException(refusal);
        }

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
                WeightScaleOfBin = Upload(plan.WeightScaleOfBin),
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
        Trims = plan.Options.Filter != IntegrationFilter.Mean && !plan.IsCake;
        Limits = new TrimLimits
        {
            Low = isMedian ? 0.5 : plan.Options.TrimLower,
            High = isMedian ? 0.5 : 1 - plan.Options.TrimUpper,
            IsExact = !isMedian && plan.Options.TrimDefinition == TrimDefinition.Exact ? 1 : 0,
            CacheLength = Math.Min(device.CacheLength, plan.LargestBin),
        };
    }

    /// <summary>The device.</summary>
    public GpuDevice Device { get; }

    /// <summary>The plan.</summary>
    public IntegrationPlan Plan { get; }

    internal PlanViews Views { get; }

    /// <summary>Whether the cells are trimmed; else they are summed, and a cake's sectors trimmed on the host.</summary>
    internal bool Trims { get; }

    internal TrimLimits Limits { get; init; }

    /// <summary>Threads that share a cell: each has four entries or more where the cells are large enough for a full group.</summary>
    internal int GroupSize
    {
        get
        {
            int entries = Plan.PixelOfEntry.Length / Plan.CellCount;
            int threads = (int)Math.Min(BitOperations.RoundUpToPowerOf2((uint)(entries / EntriesPerThread)), (uint)Device.GroupSize);
            return Math.Max(threads, Device.Accelerator.WarpSize);
        }
    }

    /// <summary>Why a device cannot do what the options ask for, as a sentence; null where it can.</summary>
    public static string? Refusal(IntegrationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options switch
        {
            { Filter: IntegrationFilter.SigmaClip } => "sigma-clip is integrated on the CPU only",
            { CorrectPoissonBias: true } => "the Poisson bias of a trimmed mean is taken out on the CPU only",
            _ => null,
        };
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
