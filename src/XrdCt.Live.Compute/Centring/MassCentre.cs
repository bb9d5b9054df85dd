using System.Globalization;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Centring;

/// <summary>
/// The centre of rotation from the centre of mass of the projections: that of the sample is one point, so over the angles it goes
/// <c>m(θ) = c + x·cos θ − y·sin θ</c>, and c is the offset of the rotation axis.
/// </summary>
/// <remarks>
/// Weighted linear least squares over whatever angles are measured; the weight is the square of the mass, since the noise of m goes with
/// its inverse. Projections whose mass is off (a dead line, a bright spot), that end inside the sample, or whose m lies by more than
/// four robust standard deviations from the curve are left out. The uncertainty is from the scatter about the curve, widened where
/// neighbouring angles scatter alike, and from the level of the air. Source of the condition: Helgason and Ludwig, moment of order one;
/// Natterer, The Mathematics of Computerized Tomography (1986), theorem II.4.1.
/// </remarks>
public static class MassCentre
{
    // Three unknowns, and as many again to tell how well they are known.
    private const int LeastProjections = 6;
    private const double Outlier_sigma = 4;
    private const double LeastOutlier_px = 1e-3;
    private const double LargestUncertainty_px = 1;

    /// <summary>Finds the centre.</summary>
    /// <param name="plan">Scan plan; gives the angles.</param>
    /// <param name="total">
    /// Total intensity (or a channel with as little noise: below a twentieth of its contrast), normalised to the monitor,
    /// [rotation, translation]; NaN where unmeasured.
    /// </param>
    /// <returns>
    /// Undetermined where the scan does not reach beyond the sample, before the sixth projection, and while the angles are so few or so
    /// close together that the uncertainty is above one step.
    /// </returns>
    /// <exception cref="ArgumentException">The sinogram is not the plan's.</exception>
    public static CentreEstimate Find(ScanPlan plan, ReadOnlySpan<float> total)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Find(plan, SampleProjections.Of(plan, total));
    }

    internal static CentreEstimate Find(ScanPlan plan, SampleProjections projections)
    {
        if (projections.Refusal is string refusal)
        {
            return CentreEstimate.Undetermined(CentreMethod.Mass, refusal);
        }

        int n = projections.Rows.Count;
        double[] angles_rad = [.. projections.Rotations.Select(r => plan.Angle_deg(r) * (Math.PI / 180))];
        double[] means_px = [.. Enumerable.Range(0, n).Select(i => CentreOfMass(projections.Rows[i]) / projections.Masses[i])];
        double[] weights = [.. projections.Masses.Select(m => m * m / (projections.Masses[0] * projections.Masses[0]))];
        bool[] kept = new bool[n];
        Array.Fill(kept, true);
        Sinusoid? fit = null;
        for (int iteration = 0; iteration < 10 && kept.Count(k => k) >= LeastProjections; iteration++)
        {
            fit = Sinusoid.Fit(angles_rad, means_px, weights, kept);
            if (fit is null || !Reject(fit, angles_rad, means_px, kept))
            {
                break;
            }
        }

        int count = kept.Count(k => k);
        if (fit is null || count < LeastProjections)
        {
            return CentreEstimate.Undetermined(
                CentreMethod.Mass, $"{count} projections can be used, and it takes {LeastProjections} at different angles");
        }

        // The air pulls the centre of mass towards the middle of the projection, by its share of the mass.
        double width = plan.TranslationCount;
        double fromAir_px = projections.AirUncertainty * width * Math.Abs(fit.Offset_px) / projections.Masses[0];
        double uncertainty_px = Math.Sqrt((fit.Uncertainty_px * fit.Uncertainty_px) + (fromAir_px * fromAir_px));
        return uncertainty_px <= LargestUncertainty_px
            ? new CentreEstimate(CentreMethod.Mass, fit.Offset_px, uncertainty_px, string.Create(
                CultureInfo.InvariantCulture, $"{count} of {projections.MeasuredCount} projections, scatter {fit.Scatter_px:0.000} px"))
            : CentreEstimate.Undetermined(CentreMethod.Mass, "the angles measured so far are too close together");
    }

    private static double CentreOfMass(double[] row)
    {
        double moment = 0;
        for (int j = 0; j < row.Length; j++)
        {
            moment += row[j] * (j - (row.Length / 2));
        }

        return moment;
    }

    private static bool Reject(Sinusoid fit, double[] angles_rad, double[] means_px, bool[] kept)
    {
        double[] off = [.. angles_rad.Select((a, i) => means_px[i] - fit.At(a))];
        (double median, double sigma) = Quantiles.MedianAndSigma([.. off.Select(o => (float)o)]);
        double limit = Math.Max(Outlier_sigma * sigma, LeastOutlier_px);
        bool changed = false;
        for (int i = 0; i < kept.Length; i++)
        {
            bool keep = Math.Abs(off[i] - median) <= limit;
            changed |= keep != kept[i];
            kept[i] = keep;
        }

        return changed;
    }
}
