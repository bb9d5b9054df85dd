using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Compute.Integration;

/// <summary>Integrates frames on one core with SIMD.</summary>
public sealed class SimdIntegrator : IFrameIntegrator
{
    private readonly IPixelReader _reader;
    private readonly int[] _pixels;
    private readonly MeanIntegrator? _mean;
    private readonly TrimmedIntegrator? _trimmed;

    /// <summary>Makes an integrator with scratch of its own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="createReader">Makes a reader for one frame in work.</param>
    public SimdIntegrator(IntegrationPlan plan, Func<IPixelReader> createReader)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(createReader);
        Plan = plan;
        _reader = createReader();
        _pixels = GC.AllocateUninitializedArray<int>(plan.Geometry.Shape.PixelCount, pinned: true);
        _mean = plan.Options.Filter == IntegrationFilter.Mean ? new MeanIntegrator(plan) : null;
        _trimmed = plan.Options.Filter == IntegrationFilter.Trimmed ? new TrimmedIntegrator(plan) : null;
    }

    /// <inheritdoc/>
    public IntegrationPlan Plan { get; }

    /// <inheritdoc/>
    public int BatchSize => 1;

    /// <inheritdoc/>
    public void Integrate(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        BatchShapes.Check(this, frames, patterns);
        DiffractionPattern pattern = patterns[0];
        pattern.Header = frames[0].Header;
        pattern.Outcome = _reader.Begin(frames[0]);
        pattern.Outcome = pattern.Outcome == FrameOutcome.Accepted ? _reader.Read(_pixels) : pattern.Outcome;
        if (pattern.Outcome == FrameOutcome.Accepted)
        {
            _mean?.Integrate(_pixels, pattern);
            _trimmed?.Integrate(_pixels, pattern);
            Plan.PoissonBias?.Remove(pattern);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
