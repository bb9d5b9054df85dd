using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Tests.Integration;

namespace XrdCt.Live.Tests.Gpu;

/// <summary>The kernels of the GPU backend, run on the CPU with warps of two threads: what every integrator must do.</summary>
public abstract class GpuContract : IntegratorContract, IDisposable
{
    private readonly GpuDevice _device = GpuDevice.OnCpu(2, 1);
    private readonly List<IDisposable> _made = [];

    // ILGPU's stand-in for a device makes an object per launch; its CUDA launches and copies make none that its source shows.
    protected override long LargestAllocation_bytes => 600;

    protected override IFrameIntegrator Create(IntegrationPlan plan)
    {
        var onDevice = new GpuPlan(_device, plan);
        var integrator = new GpuIntegrator(onDevice, SmallDetector.Reader(), 2);
        _made.AddRange([integrator, onDevice]);
        return integrator;
    }

    public void Dispose()
    {
        _made.ForEach(m => m.Dispose());
        _device.Dispose();
        GC.SuppressFinalize(this);
    }
}

[Collection(GpuCollection.Name)]
public sealed class GpuMeanTests : GpuContract
{
    protected override IntegrationFilter Filter => IntegrationFilter.Mean;
}

[Collection(GpuCollection.Name)]
public sealed class GpuSigmaClipTests : GpuContract
{
    protected override IntegrationFilter Filter => IntegrationFilter.SigmaClip;
}

[Collection(GpuCollection.Name)]
public sealed class GpuTrimmedTests : GpuContract
{
    protected override IntegrationFilter Filter => IntegrationFilter.Trimmed;
}
