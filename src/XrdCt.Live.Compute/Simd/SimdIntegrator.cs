using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Compute.Simd;

/// <summary>
/// Integrates up to eight frames at once on one core: a lane of a vector register is a frame. Pixels are unpacked, used and forgotten in the
/// cache; a frame is never written as an image.
/// </summary>
/// <remarks>Not thread-safe: one instance per worker. Holds 16 bytes per pixel of the detector.</remarks>
public sealed class SimdIntegrator : IFrameIntegrator
{
    private readonly MeanLanes? _mean;
    private readonly FrameLanes _lanes = null!;
    private readonly BinLanes _bin = null!;
    private readonly LaneSums _sums = new();
    private readonly LaneTrim? _trim;

    /// <summary>Makes an integrator with memory of its own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="createReader">Makes a reader for one frame in work; called <see cref="BatchSize"/> times.</param>
    public SimdIntegrator(IntegrationPlan plan, Func<IPixelReader> createReader)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(createReader);
        Plan = plan;
        if (plan.Options.Filter == IntegrationFilter.Mean && MeanLanes.Fits(plan))
        {
            _mean = new MeanLanes(plan, createReader);
            return;
        }

        _lanes = new FrameLanes(plan, createReader);
        _bin = new BinLanes(plan, _lanes);
        _trim = plan.Options.Filter is IntegrationFilter.Trimmed or IntegrationFilter.Median ? new LaneTrim(plan, _bin, _sums) : null;
    }

    /// <inheritdoc/>
    public IntegrationPlan Plan { get; }

    /// <inheritdoc/>
    public int BatchSize => LaneReader.Count;

    /// <inheritdoc/>
    public void Integrate(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        BatchShapes.Check(this, frames, patterns);
        if (_mean is not null)
        {
            _mean.Integrate(frames, patterns);
            return;
        }

        _lanes.Take(frames, patterns);
        uint lanes = 0;
        for (int lane = 0; lane < patterns.Length; lane++)
        {
            lanes |= patterns[lane].Outcome == FrameOutcome.Accepted ? 1u << lane : 0;
        }

        if (lanes == 0)
        {
            return;
        }

        for (int cell = 0; cell < Plan.CellCount; cell++)
        {
            _bin.Fetch(cell);
            if (_trim is not null)
            {
                _trim.Run(lanes);
            }
            else
            {
                _bin.AddUp(_sums.Variance);
            }

            for (int lane = 0; lane < patterns.Length; lane++)
            {
                Write(cell, lane, patterns[lane]);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Write(int cell, int lane, DiffractionPattern pattern)
    {
        int valid = _bin.ValidCount[lane];
        pattern.Mean[cell] = valid > 0 ? (float)(_bin.Signal[lane] / _bin.Normalisation[lane]) : float.NaN;
        if (_trim is null)
        {
            pattern.Signal[cell] = _bin.Signal[lane];
            pattern.Variance[cell] = _sums.Variance[lane];
            pattern.Normalisation[cell] = valid > 0 ? _bin.Normalisation[lane] : 0;
            pattern.NormalisationSquared[cell] = valid > 0 ? _bin.NormalisationSquared[lane] : 0;
            pattern.Count[cell] = valid;
            return;
        }

        double scale = Plan.WeightScaleOfBin[cell];
        pattern.Signal[cell] = _sums.Signal[lane];
        pattern.Variance[cell] = _sums.Variance[lane];
        pattern.Normalisation[cell] = _sums.Weight[lane] / scale;
        pattern.NormalisationSquared[cell] = _sums.WeightSquared[lane] / (scale * scale);
        pattern.Count[cell] = _sums.Count[lane];
    }
}
