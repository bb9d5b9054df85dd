using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Compute.Simd;

/// <summary>
/// Integrates up to eight frames at once on one core: a lane of a vector register is a frame. Pixels are unpacked, used and forgotten in the
/// cache; a frame is never written as an image.
/// </summary>
/// <remarks>Not thread-safe: one instance per worker. Holds about 24 bytes per pixel of the detector, and 32 more once frames come in an encoding that is not read block by block.</remarks>
public sealed class SimdIntegrator : IFrameIntegrator
{
    private readonly MeanLanes? _mean;
    private readonly FrameLanes? _lanes;
    private readonly BinLanes? _bin;
    private readonly LaneSums _sums = new();
    private readonly LaneTrim? _trim;
    private readonly LaneClip? _clip;
    private readonly DiffractionPattern[] _cakes;
    private readonly ulong[] _ranking;

    /// <summary>Makes an integrator with memory of its own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="createReader">Makes a reader for one frame in work; called <see cref="BatchSize"/> times.</param>
    public SimdIntegrator(IntegrationPlan plan, Func<IPixelReader> createReader)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(createReader);
        Plan = plan;
        bool averages = plan.Options.Filter == IntegrationFilter.Mean || plan.IsCake;
        bool scatters = plan.Options.ErrorModel == ErrorModel.Azimuthal;
        if (averages && !scatters && MeanLanes.Fits(plan))
        {
            _mean = new MeanLanes(plan, createReader);
        }
        else
        {
            _lanes = new FrameLanes(plan, createReader);
            _bin = new BinLanes(plan, _lanes);
            _trim = !averages && plan.Options.Filter != IntegrationFilter.SigmaClip ? new LaneTrim(plan, _bin, _sums) : null;
            _clip = _trim is null && (scatters || !averages) ? new LaneClip(plan, _bin, _sums) : null;
        }

        int cakes = !plan.IsCake ? 0 : _mean is null ? BatchSize : 1;
        _cakes = [.. Enumerable.Range(0, cakes).Select(_ => new DiffractionPattern(plan.CellCount))];
        _ranking = new ulong[plan.IsCake ? plan.CellCount / plan.PatternSize : 0];
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
            _mean.Take(frames, patterns);
        }
        else
        {
            IntegrateBins(frames, patterns);
        }

        for (int lane = 0; lane < patterns.Length; lane++)
        {
            DiffractionPattern pattern = patterns[lane];
            if (pattern.Outcome != FrameOutcome.Accepted)
            {
                continue;
            }

            DiffractionPattern cells = Plan.IsCake ? _cakes[_mean is null ? lane : 0] : pattern;
            _mean?.Write(lane, cells);
            if (Plan.IsCake)
            {
                CakeTrim.Average(Plan.Options, cells, pattern, _ranking);
            }

            Plan.PoissonBias?.Remove(pattern);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void IntegrateBins(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        _lanes!.Take(frames, patterns);
        uint lanes = 0;
        for (int lane = 0; lane < patterns.Length; lane++)
        {
            lanes |= patterns[lane].Outcome == FrameOutcome.Accepted ? 1u << lane : 0;
        }

        for (int cell = 0; lanes != 0 && cell < Plan.CellCount; cell++)
        {
            _bin!.Fetch(cell);
            _trim?.Run(Plan.WeightScaleOfBin[cell], lanes);
            _clip?.Run(lanes);
            if (_trim is null && _clip is null)
            {
                _bin.AddUp(_sums.Variance);
            }

            for (int lane = 0; lane < patterns.Length; lane++)
            {
                Write(cell, lane, Plan.IsCake ? _cakes[lane] : patterns[lane]);
            }
        }
    }

    private void Write(int cell, int lane, DiffractionPattern pattern)
    {
        int valid = _bin!.ValidCount[lane];
        pattern.Mean[cell] = valid > 0 ? (float)(_bin.Signal[lane] / _bin.Normalisation[lane]) : float.NaN;
        if (_trim is null && _clip is null)
        {
            pattern.Signal[cell] = _bin.Signal[lane];
            pattern.Variance[cell] = _sums.Variance[lane];
            pattern.Normalisation[cell] = valid > 0 ? _bin.Normalisation[lane] : 0;
            pattern.NormalisationSquared[cell] = valid > 0 ? _bin.NormalisationSquared[lane] : 0;
            pattern.Count[cell] = valid;
            return;
        }

        pattern.Signal[cell] = _sums.Signal[lane];
        pattern.Variance[cell] = _sums.Variance[lane];
        pattern.Normalisation[cell] = _sums.Normalisation[lane];
        pattern.NormalisationSquared[cell] = _sums.NormalisationSquared[lane];
        pattern.Count[cell] = _sums.Count[lane];
    }
}
