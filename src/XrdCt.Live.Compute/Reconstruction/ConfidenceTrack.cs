using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Follows how far the slice of one channel can be trusted while it grows. Costs as much as the slice itself: each projection goes into one
/// of two half-sets. Not thread-safe.
/// </summary>
public sealed class ConfidenceTrack
{
    private readonly ScanPlan _plan;
    private readonly HalfSlices _halves;
    private readonly bool[] _present;
    private readonly float[] _previous;
    private readonly List<ConvergencePoint> _curve = [];
    private int _previousCount;

    /// <summary>Starts before the first projection.</summary>
    /// <param name="plan">Scan plan.</param>
    /// <param name="filter">Apodisation of the slice.</param>
    /// <param name="centre_px">Centre of rotation, see <see cref="ProgressiveSlice.Centre_px"/>.</param>
    /// <param name="rows">What filters projections in place of the ramp alone; null for the ramp.</param>
    public ConfidenceTrack(ScanPlan plan, RampFilter filter, double centre_px = 0, RowFilter? rows = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
        _halves = new HalfSlices(plan, filter, centre_px, rows);
        _present = new bool[plan.RotationCount];
        _previous = new float[plan.TranslationCount * plan.TranslationCount];
    }

    /// <summary>The assessments so far that had more projections than the one before: how the slice converged.</summary>
    public IReadOnlyList<ConvergencePoint> Curve => _curve;

    /// <summary>The slices of the two half-sets.</summary>
    public HalfSlices Halves => _halves;

    /// <summary>Takes a projection that went into the slice.</summary>
    /// <param name="rotation">Index of the rotation.</param>
    /// <param name="projection">Samples by translation, no NaN.</param>
    public void Put(int rotation, ReadOnlySpan<float> projection)
    {
        _halves.Put(rotation, projection);
        _present[rotation] = true;
    }

    /// <summary>Moves the centre of rotation with that of the slice.</summary>
    public void SetCentre(double centre_px) => _halves.SetCentre(centre_px);

    /// <summary>Says how far the slice can be trusted now.</summary>
    /// <param name="slice">The slice of all projections, [y, x]; NaN outside the circle. A copy is kept for the next time.</param>
    /// <param name="sigma">Its noise (see <see cref="NoiseMap"/>), same shape; absent where the variances are not known.</param>
    /// <exception cref="ArgumentException">A length does not belong to the plan.</exception>
    public SliceConfidence Assess(ReadOnlySpan<float> slice, ReadOnlySpan<float> sigma = default)
    {
        if (slice.Length != _previous.Length || (!sigma.IsEmpty && sigma.Length != slice.Length))
        {
            throw new ArgumentException($"slices of {_plan.TranslationCount}² pixels are expected, not {slice.Length} and {sigma.Length}");
        }

        double[] angles_deg = [.. Enumerable.Range(0, _plan.ReconstructedRotationCount).Where(r => _present[r]).Select(_plan.Angle_deg)];
        AngularCoverage coverage = AngularGaps.Measure(angles_deg, _plan.ReconstructedRotationCount);
        double successive = _previousCount > 0 ? SliceCorrelation.Compute(slice, _previous) : double.NaN;
        var confidence = new SliceConfidence(coverage, _halves.Correlation(), successive, NoiseShare(slice, sigma));
        if (coverage.ProjectionCount > _previousCount)
        {
            _curve.Add(new ConvergencePoint(coverage.Fraction, confidence.HalfSetCorrelation, successive));
            _previousCount = coverage.ProjectionCount;
        }

        slice.CopyTo(_previous);
        return confidence;
    }

    /// <summary>
    /// Median noise over median value of the pixels above the mean of the slice: the material, of which the empty rest would make a share of
    /// nothing.
    /// </summary>
    /// <param name="slice">Slice; NaN outside the circle.</param>
    /// <param name="sigma">Its noise, same shape.</param>
    /// <returns>Share, NaN where no pixel has both, or the median is not above 0.</returns>
    public static double NoiseShare(ReadOnlySpan<float> slice, ReadOnlySpan<float> sigma)
    {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < sigma.Length; i++)
        {
            if (float.IsFinite(slice[i]) && float.IsFinite(sigma[i]))
            {
                sum += slice[i];
                count++;
            }
        }

        List<float> values = [];
        List<float> noises = [];
        for (int i = 0; i < sigma.Length; i++)
        {
            if (float.IsFinite(slice[i]) && float.IsFinite(sigma[i]) && slice[i] >= sum / count)
            {
                values.Add(slice[i]);
                noises.Add(sigma[i]);
            }
        }

        values.Sort();
        noises.Sort();
        return values.Count > 0 && values[values.Count / 2] > 0 ? (double)noises[noises.Count / 2] / values[values.Count / 2] : double.NaN;
    }
}
