using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Tests.Integration;

namespace XrdCt.Live.Tests.Gpu;

/// <summary>An integrator on ILGPU's stand-in for a device that owns the device and the plan on it.</summary>
internal sealed class ContractDevice : IFrameIntegrator
{
    // ILGPU's stand-in integrates a hundred times slower than the CPU's own backend.
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("XRDCT_GPU_CONTRACT") == "full";

    private readonly GpuDevice _device;
    private readonly GpuPlan _plan;
    private readonly GpuIntegrator _integrator;

    private ContractDevice(IntegrationPlan plan)
    {
        _device = GpuDevice.OnCpu(2, 1);
        _plan = new GpuPlan(_device, plan);
        _integrator = new GpuIntegrator(_plan, SmallDetector.Reader(), 2);
    }

    /// <summary>The contract's cases: every splitting with every error model, or all of them where XRDCT_GPU_CONTRACT is "full".</summary>
    public static TheoryData<PixelSplitting, string, string, ErrorModel> Cases { get; } = MakeCases();

    /// <summary>Frames of a case, in batches of two.</summary>
    public static int FrameCount => IsFull ? 5 : 3;

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

    private static TheoryData<PixelSplitting, string, string, ErrorModel> MakeCases()
    {
        var cases = new TheoryData<PixelSplitting, string, string, ErrorModel>();
        foreach ((PixelSplitting splitting, string layout, string corrections, ErrorModel model) in FilterContract.Cases.Select(c => c.Data))
        {
            if (IsFull || (layout, corrections, model) is ("1D", "none", ErrorModel.Poisson)
                or ("one bin", "dark and flat", ErrorModel.Poisson)
                or ("1D", "dark and flat", ErrorModel.Azimuthal)
                or ("cake", "dark and flat", ErrorModel.Hybrid))
            {
                cases.Add(splitting, layout, corrections, model);
            }
        }

        return cases;
    }
}
