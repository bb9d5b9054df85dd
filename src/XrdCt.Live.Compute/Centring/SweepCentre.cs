using System.Globalization;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Centring;

/// <summary>
/// The centre of rotation from slices: with a wrong one every feature becomes an arc with shadows, and the slice of something that can
/// only scatter becomes negative. Of a range of offsets that one is taken whose slice has the least negative part,
/// <c>Q(c) = −Σ min(f, 0) / Σ |p|</c>.
/// </summary>
/// <remarks>
/// The slices are coarse on purpose (about 64 pixels across, projections smoothed by a Gaussian of one and a half of them): the centre is
/// then found to a hundredth of a pixel still, and neither noise nor the gaps between the angles drown the measure, as they do at full
/// resolution. The offsets tried are from −range to +range; none of them is 0 or any other number that somebody may have put in, so that no
/// prior can confirm itself. The minimum is that of a parabola, and the uncertainty half the difference of what the even and the odd
/// projections alone say, together with that of the parabola. Measure: Donath, Beckmann and Schreyer 2006, doi:10.1364/JOSAA.23.001048
/// (Q_IN); of their others, Q_IA agrees in quiet data and fails before it in noise, and entropy asks for a histogram.
/// </remarks>
public static class SweepCentre
{
    /// <summary>Angle between neighbouring projections above which slices say nothing about the centre.</summary>
    public const double LargestGap_deg = 15;

    /// <summary>Offsets that are tried, ± steps, where nothing else is said.</summary>
    public const double UsualRange_px = 5;

    private const int LeastProjections = 12;
    private const int PixelsAcross = 64;
    private const double Blur_pixels = 1.5;
    private const double Step_px = 0.5;
    private const double OffGrid = 0.37;
    private const int FinePoints = 9;

    // What interpolation leaves in noiseless phantoms.
    private const double LeastUncertainty_px = 0.02;

    /// <summary>Finds the centre.</summary>
    /// <param name="plan">Scan plan; gives the angles.</param>
    /// <param name="channel">
    /// Total intensity or one channel, normalised to the monitor, not negative but for noise, [rotation, translation]; NaN where unmeasured.
    /// </param>
    /// <param name="range_px">Largest offset either way, steps; positive.</param>
    /// <returns>
    /// Undetermined where the scan does not reach beyond the sample, with fewer than twelve projections or a gap of more than 15° between
    /// them, and where the slices have no best one within the range.
    /// </returns>
    /// <exception cref="ArgumentException">The sinogram is not the plan's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not positive, or wider than half the scan.</exception>
    public static CentreEstimate Find(ScanPlan plan, ReadOnlySpan<float> channel, double range_px = UsualRange_px)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (!(range_px > 0) || range_px > 0.5 * plan.TranslationCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(range_px), range_px, $"the range must be above 0 and at most half of {plan.TranslationCount} translations");
        }

        SampleProjections projections = SampleProjections.Of(plan, channel);
        if (projections.Refusal is string refusal)
        {
            return CentreEstimate.Undetermined(CentreMethod.Sweep, refusal);
        }

        double[] angles_rad = [.. projections.Rotations.Select(r => plan.Angle_deg(r) * (Math.PI / 180))];
        double gap_deg = AngularWeights.Compute(angles_rad, new double[angles_rad.Length]) * (180 / Math.PI);
        if (angles_rad.Length < LeastProjections || gap_deg > LargestGap_deg)
        {
            return CentreEstimate.Undetermined(CentreMethod.Sweep, string.Create(
                CultureInfo.InvariantCulture,
                $"{angles_rad.Length} projections with a gap of {gap_deg:0.#}°, and it takes {LeastProjections} and {LargestGap_deg}° at most"));
        }

        var slices = new CoarseSlices(projections.Rows, angles_rad, range_px, PixelsAcross, Blur_pixels);
        int steps = (int)Math.Ceiling(2 * range_px / Step_px);
        double[] grid = [.. Enumerable.Range(0, steps).Select(k => -range_px + ((k + OffGrid) * Step_px))];
        double[] coarse = [.. grid.Select(c => slices.Negativity(c).All)];
        int best = Array.IndexOf(coarse, coarse.Min());
        if (best == 0 || best == steps - 1)
        {
            return CentreEstimate.Undetermined(CentreMethod.Sweep, string.Create(
                CultureInfo.InvariantCulture, $"the best slice is at the end of the range of ±{range_px:0.#} px"));
        }

        double reach_px = Math.Max(Step_px, 0.5 * slices.Pixel_px);
        double[] aside = [.. Enumerable.Range(0, FinePoints).Select(k => reach_px * ((2.0 * k / (FinePoints - 1)) - 1))];
        (double All, double Even, double Odd)[] fine = [.. aside.Select(a => slices.Negativity(grid[best] + a))];
        (double all, double uncertainty) = Parabola.Minimum(aside, [.. fine.Select(f => f.All)]);
        (double even, _) = Parabola.Minimum(aside, [.. fine.Select(f => f.Even)]);
        (double odd, _) = Parabola.Minimum(aside, [.. fine.Select(f => f.Odd)]);
        double halves = 0.5 * Math.Abs(even - odd);
        if (!(Math.Abs(all) <= 2 * reach_px) || !(halves <= reach_px))
        {
            return CentreEstimate.Undetermined(CentreMethod.Sweep, "the slices of the even and of the odd projections have no best centre in common");
        }

        return new CentreEstimate(
            CentreMethod.Sweep,
            grid[best] + all,
            Math.Sqrt((LeastUncertainty_px * LeastUncertainty_px) + (uncertainty * uncertainty) + (halves * halves)),
            string.Create(CultureInfo.InvariantCulture, $"{angles_rad.Length} projections, even {grid[best] + even:+0.00;-0.00} and odd {grid[best] + odd:+0.00;-0.00} px"));
    }
}
