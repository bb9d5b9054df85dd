using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>
/// Scales every projection to the same total intensity: all of the sample is in the beam once per projection, whatever the angle. What the
/// beam monitor missed is corrected so; a projection that does not hold the whole sample has no constant total.
/// </summary>
public static class ConstantTotal
{
    /// <summary>Why a scan that does not reach beyond the sample is not scaled so.</summary>
    internal const string Truncated = "the total intensity is constant only where every projection holds the whole sample, and this scan does not reach beyond it "
        + "(a region of interest): scaling to it would paint the outside into the slice. Normalise to the monitor instead";

    /// <summary>Why a scan cannot be scaled so, as a sentence; null where it can.</summary>
    /// <param name="plan">Scan plan.</param>
    /// <param name="air">The cells outside the sample, found in the scan's total intensity.</param>
    public static string? RefusalFor(ScanPlan plan, AirScatter air)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(air);
        if (air.Refusal is not null)
        {
            return Truncated;
        }

        return plan.Path.LinesRunOverRotations
            ? "the total intensity of a projection says nothing of the beam where lines run over rotations, for it was measured over the whole "
                + "scan: normalise to the monitor instead"
            : null;
    }

    /// <summary>Factors that bring each projection to the mean total, <c>mean(T) / T(r)</c>.</summary>
    /// <param name="plan">Scan plan.</param>
    /// <param name="total">Total intensity, with or without air, [rotation, translation]; NaN where unmeasured.</param>
    /// <param name="air">The cells outside the sample, found in the same sinogram.</param>
    /// <returns>One factor per rotation; NaN for projections with unmeasured cells.</returns>
    /// <exception cref="InvalidOperationException">The projections do not hold the whole sample.</exception>
    public static double[] Factors(ScanPlan plan, ReadOnlySpan<float> total, AirScatter air)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(air);
        if (RefusalFor(plan, air) is { } refusal)
        {
            throw new InvalidOperationException(refusal);
        }

        double[] totals = new double[plan.RotationCount];
        for (int rotation = 0; rotation < totals.Length; rotation++)
        {
            foreach (float value in total.Slice(rotation * plan.TranslationCount, plan.TranslationCount))
            {
                totals[rotation] += value;
            }
        }

        double mean = totals.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
        return [.. totals.Select(t => t > 0 ? mean / t : double.NaN)];
    }
}
