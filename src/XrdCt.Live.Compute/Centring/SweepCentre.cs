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
/// The slices are coarse on purpose (32 pixels across to begin with, projections smoothed by a Gaussian of one and a half of them): the
/// centre is found to a few hundredths of a step still, and neither noise nor the gaps between the angles drown the measure as they do at
/// full resolution. Then finer ones are tried, as long as they are surer. The offsets tried are from −range to +range; none of them is
/// 0 or any other number that somebody may have put in, so that no prior can confirm itself. The minimum is that of a parabola, and the
/// uncertainty the scatter of the minima of four slices that lack every fourth projection (jackknife), together with the parabola's. Of a
/// scan over 360° the half turn that is covered better is used. Measure: Donath, Beckmann and Schreyer 2006,
/// doi:10.1364/JOSAA.23.001048 (Q_IN); of their others, Q_IA missed the centre of sparse noisy phantoms by up to a step, and so did the
/// variance.
/// </remarks>
public static class SweepCentre
{
    /// <summary>Angle between neighbouring projections above which slices say nothing about the centre.</summary>
    public const double LargestGap_deg = 15;

    /// <summary>Offsets that are tried, ± steps, where nothing else is said.</summary>
    public const double UsualRange_px = 5;

    private const int LeastProjections = 12;
    private const double Blur_pixels = 1.5;
    private const double Step_px = 0.5;

    // Of a step, by how much the grid of offsets misses round numbers.
    private const double OffGrid = 0.37;
    private const int FinePoints = 9;

    // What interpolation leaves in noiseless phantoms.
    private const double LeastUncertainty_px = 0.02;
    private const double LargestUncertainty_px = 1;

    private static readonly int[] PixelsAcross = [32, 64, 128, 256];

    /// <summary>Finds the centre.</summary>
    /// <param name="plan">Scan plan; gives the angles.</param>
    /// <param name="channel">
    /// Total intensity or one channel, normalised to the monitor, not negative but for noise, [rotation, translation]; NaN where unmeasured.
    /// </param>
    /// <param name="range_px">Largest offset either way, steps; above 1, at most half the scan.</param>
    /// <returns>
    /// Undetermined where the scan does not reach beyond the sample, with fewer than twelve projections or a gap of more than 15° between
    /// them, where the best slice is at the end of the range, and where the uncertainty is above one step.
    /// </returns>
    /// <exception cref="ArgumentException">The sinogram is not the plan's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is too small or too large.</exception>
    public static CentreEstimate Find(ScanPlan plan, ReadOnlySpan<float> channel, double range_px = UsualRange_px)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (!(range_px > 1) || range_px > 0.5 * plan.TranslationCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(range_px), range_px, $"the range must be above 1 and at most half of {plan.TranslationCount} translations");
        }

        SampleProjections projections = SampleProjections.Of(plan, channel);
        if (projections.Refusal is string refusal)
        {
            return CentreEstimate.Undetermined(CentreMethod.Sweep, refusal);
        }

        (int[] turn, double gap_deg) = HalfTurn(plan, projections);
        if (turn.Length < LeastProjections || gap_deg > LargestGap_deg)
        {
            return CentreEstimate.Undetermined(CentreMethod.Sweep, string.Create(
                CultureInfo.InvariantCulture,
                $"{turn.Length} projections with a gap of {gap_deg:0.#}°, and it takes {LeastProjections} with {LargestGap_deg}° at most"));
        }

        double[][] rows = [.. turn.Select(i => projections.Rows[i])];
        double[] angles_rad = [.. turn.Select(i => Angle_rad(plan, projections.Rotations[i]))];
        int[] pixels_px = [.. PixelsAcross.Select(across => Math.Max(1, plan.TranslationCount / across)).Distinct()];
        CoarseSlices[] levels = [.. pixels_px.Select(pixel_px => new CoarseSlices(rows, angles_rad, range_px, pixel_px, Blur_pixels))];
        if (Coarsely(levels[0], range_px) is not double start)
        {
            return CentreEstimate.Undetermined(CentreMethod.Sweep, string.Create(
                CultureInfo.InvariantCulture, $"the best slice is at the end of the range of ±{range_px:0.#} px"));
        }

        CentreEstimate? best = null;
        foreach (CoarseSlices slices in levels)
        {
            (double centre, double uncertainty) = Finely(slices, best?.Offset_px ?? start);
            if (Math.Abs(centre) <= range_px && uncertainty < (best?.Uncertainty_px ?? LargestUncertainty_px))
            {
                best = new CentreEstimate(
                    CentreMethod.Sweep, centre, uncertainty, $"{turn.Length} projections, slices of pixels of {slices.Pixel_px} step{(slices.Pixel_px == 1 ? "" : "s")}");
            }
        }

        return best ?? CentreEstimate.Undetermined(CentreMethod.Sweep, "slices that lack every fourth projection have no best centre in common");
    }

    private static double Angle_rad(ScanPlan plan, int rotation) => plan.Angle_deg(rotation) * (Math.PI / 180);

    // A wrong centre over a whole turn blurs the slice alike from both sides, and nothing becomes negative.
    private static (int[] Indices, double Gap_deg) HalfTurn(ScanPlan plan, SampleProjections projections)
    {
        (int[] Indices, double Gap_deg) best = ([], 180);
        for (double from_deg = 0; from_deg < plan.Range_deg; from_deg += 180)
        {
            int[] indices = [.. Enumerable.Range(0, projections.Rows.Count)
                .Where(i => plan.Angle_deg(projections.Rotations[i]) - from_deg is >= 0 and < 180)];
            double[] angles_rad = [.. indices.Select(i => Angle_rad(plan, projections.Rotations[i]))];
            double gap_deg = AngularWeights.Compute(angles_rad, new double[angles_rad.Length]) * (180 / Math.PI);
            if (from_deg == 0 || gap_deg < best.Gap_deg)
            {
                best = (indices, gap_deg);
            }
        }

        return best;
    }

    /// <summary>The best offset of the grid; null where it is at an end.</summary>
    private static double? Coarsely(CoarseSlices slices, double range_px)
    {
        double[] negativity = new double[CoarseSlices.Parts + 1];
        int steps = (int)Math.Ceiling(2 * range_px / Step_px);
        int best = 0;
        double least = double.PositiveInfinity;
        for (int k = 0; k < steps; k++)
        {
            slices.Negativity(Offset(k), negativity);
            if (negativity[0] < least)
            {
                (best, least) = (k, negativity[0]);
            }
        }

        return best > 0 && best < steps - 1 ? Offset(best) : null;

        double Offset(int k) => -range_px + ((k + OffGrid) * Step_px);
    }

    /// <summary>The minimum of a parabola about an offset, and its uncertainty; NaN where there is none nearby.</summary>
    private static (double Centre, double Uncertainty) Finely(CoarseSlices slices, double about_px)
    {
        double reach_px = Math.Max(Step_px, 0.5 * slices.Pixel_px);
        double[] aside = [.. Enumerable.Range(0, FinePoints).Select(k => reach_px * ((2.0 * k / (FinePoints - 1)) - 1))];
        double[][] values = [.. Enumerable.Range(0, CoarseSlices.Parts + 1).Select(_ => new double[FinePoints])];
        double[] negativity = new double[CoarseSlices.Parts + 1];
        for (int k = 0; k < FinePoints; k++)
        {
            slices.Negativity(about_px + aside[k], negativity);
            for (int part = 0; part < negativity.Length; part++)
            {
                values[part][k] = negativity[part];
            }
        }

        (double all, double uncertainty) = Parabola.Minimum(aside, values[0]);
        double[] without = [.. values.Skip(1).Select(v => Parabola.Minimum(aside, v).Minimum)];
        double mean = without.Average();
        double jackknife = without.Sum(w => (w - mean) * (w - mean)) * (CoarseSlices.Parts - 1) / CoarseSlices.Parts;
        return Math.Abs(all) <= 2 * reach_px
            ? (about_px + all, Math.Sqrt((LeastUncertainty_px * LeastUncertainty_px) + (uncertainty * uncertainty) + jackknife))
            : (double.NaN, double.NaN);
    }
}
