using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// Where frames are integrated: opens the device that was asked for, makes the workers' integrators, and goes on with the CPU when the
/// device fails. One per process; thread-safe.
/// </summary>
public sealed class IntegratorSource : IDisposable
{
    // Three workers keep the bus and the device busy, one more fills the gaps: while one copies, others unpack, integrate and read.
    private const int DeviceWorkers = 4;

    private readonly GpuDevice? _device;
    private readonly Action<string> _say;
    private readonly Lock _lock = new();
    private readonly List<SharedPlan> _plans = [];

    internal IntegratorSource(GpuDevice? device, string sentence, Action<string> say)
    {
        _device = device;
        Sentence = sentence;
        _say = say;
    }

    /// <summary>Where, as a line for people: <c>integrating on NVIDIA H100 (CUDA)</c>.</summary>
    public string Sentence { get; }

    /// <summary>Workers that it takes to keep the chosen device busy, where nobody asks for another number.</summary>
    public int UsualWorkers => IsOnDevice ? DeviceWorkers : Environment.ProcessorCount;

    /// <summary>Whether integrators made from now on use a device.</summary>
    public bool IsOnDevice => _device is not null && Failure is null;

    /// <summary>The device, for whatever else can be done there; null where there is none, or it failed.</summary>
    public GpuDevice? Device => IsOnDevice ? _device : null;

    /// <summary>Where frames are integrated from now on: the device's name, or <c>CPU</c>.</summary>
    public string Backend => IsOnDevice ? _device!.Name : "CPU";

    /// <summary>What the device died of, as a sentence; null while it lives.</summary>
    public string? Failure { get; private set; }

    /// <summary>Chooses what integrates.</summary>
    /// <param name="backend">
    /// What was asked for. <see cref="ComputeBackend.Auto"/> takes the CPU where there is no CUDA device; a device that is there but does
    /// not run the kernels gives way to the CPU whatever was asked for, and <see cref="Sentence"/> says why.
    /// </param>
    /// <param name="index">Which device of that kind, from 0.</param>
    /// <param name="say">Is told, on any thread, what changes later: that the device failed.</param>
    /// <exception cref="GpuException">The device that was asked for is not there.</exception>
    public static IntegratorSource Open(ComputeBackend backend, int index, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(say);
        if (backend == ComputeBackend.Cpu)
        {
            return new IntegratorSource(null, $"integrating on {Cpu()}", say);
        }

        bool isAuto = backend == ComputeBackend.Auto;
        try
        {
            GpuDevice device = GpuDevice.Open(isAuto ? ComputeBackend.Cuda : backend, index);
            string unpacking = device.Unpacks ? "" : ", which does not compile the unpacking: frames are unpacked on the CPU";
            return new IntegratorSource(device, $"integrating on {device.Name}{unpacking}", say);
        }
        catch (GpuException e) when (isAuto || !e.IsMissing)
        {
            string reason = isAuto && e.IsMissing ? "no CUDA device" : e.Message;
            return new IntegratorSource(null, $"{reason}: integrating on {Cpu()}", say);
        }
    }

    /// <summary>Makes an integrator for one worker. The plan goes to the device once, however many workers share it.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="createReader">Makes a reader of packed frames.</param>
    public IFrameIntegrator Create(IntegrationPlan plan, Func<IPixelReader> createReader)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(createReader);
        if (!IsOnDevice)
        {
            return OnCpu(plan, createReader);
        }

        IPixelReader reader = createReader();
        SharedPlan? shared = null;
        try
        {
            shared = Share(plan);
            var integrator = new GpuIntegrator(shared.OnDevice, reader);
            return new FallbackIntegrator(integrator, () => OnCpu(plan, createReader), this, () => Release(shared));
        }
        catch (Exception e) when (GpuException.IsOfDevice(e))
        {
            Fail(e);
            if (shared is not null)
            {
                Release(shared);
            }

            return OnCpu(plan, createReader);
        }
    }

    /// <summary>Gives the device back; its integrators must be disposed before.</summary>
    public void Dispose()
    {
        try
        {
            _device?.Dispose();
        }
        catch (Exception e) when (Failure is not null && GpuException.IsOfDevice(e))
        {
            // A device that failed may refuse to be tidied up; the driver does it when the process ends.
        }
    }

    /// <summary>The device is not to be used any more. Said once, by whoever notices first.</summary>
    internal void Fail(Exception cause)
    {
        lock (_lock)
        {
            if (Failure is not null)
            {
                return;
            }

            Failure = $"{_device?.Name} failed ({GpuException.Sentence(cause)}): integrating on {Cpu()} from here on";
        }

        _say(Failure);
    }

    private static SimdIntegrator OnCpu(IntegrationPlan plan, Func<IPixelReader> createReader) => new(plan, createReader);

    private static string Cpu()
    {
        string simd = Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : Vector128.IsHardwareAccelerated ? "128-bit SIMD" : "no SIMD";
        string cores = Environment.ProcessorCount == 1 ? "1 CPU core" : $"{Environment.ProcessorCount} CPU cores";
        return $"{cores} with {simd}";
    }

    private SharedPlan Share(IntegrationPlan plan)
    {
        lock (_lock)
        {
            SharedPlan? shared = _plans.Find(p => p.OnDevice.Plan == plan);
            if (shared is null)
            {
                shared = new SharedPlan(new GpuPlan(_device!, plan));
                _plans.Add(shared);
            }

            shared.Users++;
            return shared;
        }
    }

    private void Release(SharedPlan shared)
    {
        lock (_lock)
        {
            shared.Users--;
            if (shared.Users > 0)
            {
                return;
            }

            _plans.Remove(shared);
            try
            {
                shared.OnDevice.Dispose();
            }
            catch (Exception e) when (Failure is not null && GpuException.IsOfDevice(e))
            {
                // As when the device itself is given back.
            }
        }
    }

    private sealed class SharedPlan(GpuPlan onDevice)
    {
        public GpuPlan OnDevice { get; } = onDevice;

        public int Users { get; set; }
    }
}
