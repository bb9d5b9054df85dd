using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Tests.Integration;

namespace XrdCt.Live.Tests.Gpu;

/// <summary>An integrator on ILGPU's stand-in for a device that owns the device and the plan on it.</summary>
internal sealed class ContractDevice : IFrameIntegrator
{
    private readonly GpuDevice _device;
    private readonly GpuPlan _plan;
    private readonly GpuIntegrator _integrator;

    private ContractDevice(IntegrationPlan plan)
    {
        _device = GpuDevice.OnCpu(2, 1);
        _plan = new GpuPlan(_device, plan);
        _integrator = new GpuIntegrator(_plan, SmallDetector.Reader(), 2);
    }

    public IntegrationPlan Plan => _integrator.Plan;

    public int BatchSize => _integrator.BatchSize;

    public static IFrameIntegrator Create(IntegrationPlan plan) => new ContractDevice(plan);

    public void Integrate(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns) => _integrator.Integrate(frames, patterns);

    public void Dispose()
    {
        _integrator.Dispose();
        _plan.Dispose();
        _device.Dispose();
    }
}
