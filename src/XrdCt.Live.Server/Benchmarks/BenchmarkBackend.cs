using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Ingest.Decoding;

namespace XrdCt.Live.Server.Benchmarks;

/// <summary>Something that integrates and can be timed.</summary>
internal sealed class BenchmarkBackend : IDisposable
{
    private const string Reference = "reference";

    private static readonly Dictionary<string, ComputeBackend> Devices = new() { ["cuda"] = ComputeBackend.Cuda, ["opencl"] = ComputeBackend.OpenCl };

    private readonly IntegratorSource? _device;

    private BenchmarkBackend(string name, IntegratorSource? device) => (Name, _device) = (name, device);

    /// <summary>What can be timed; devices only where there is one.</summary>
    public static IReadOnlyList<string> Names { get; } = ["cpu", Reference, .. Devices.Keys];

    /// <summary>One of <see cref="Names"/>.</summary>
    public string Name { get; }

    /// <summary>What it is, for people.</summary>
    public string Sentence => _device?.Sentence ?? $"integrating with the {Name} backend";

    /// <summary>Threads that keep all of it busy.</summary>
    public int Threads => _device?.UsualWorkers ?? Environment.ProcessorCount;

    /// <summary>What it died of; null while it lives.</summary>
    public string? Failure => _device?.Failure;

    /// <summary>Opens a backend.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="GpuException">The device is not there, or does not run the kernels.</exception>
    public static BenchmarkBackend Open(string name)
    {
        if (!Devices.TryGetValue(name, out ComputeBackend kind))
        {
            return new BenchmarkBackend(name, null);
        }

        // What it would say later is in its failure.
        IntegratorSource device = IntegratorSource.Open(kind, 0, _ => { });
        return device.IsOnDevice ? new BenchmarkBackend(name, device) : throw new GpuException(device.Sentence);
    }

    /// <summary>Makes an integrator for one thread.</summary>
    public IFrameIntegrator Create(IntegrationPlan plan)
    {
        if (_device is null)
        {
            return Name == Reference
                ? new ReferenceIntegrator(plan, new PixelReader(plan.Geometry.Shape))
                : new SimdIntegrator(plan, () => new PixelReader(plan.Geometry.Shape));
        }

        return _device.Create(plan, () => new PixelReader(plan.Geometry.Shape));
    }

    /// <inheritdoc/>
    public void Dispose() => _device?.Dispose();
}
