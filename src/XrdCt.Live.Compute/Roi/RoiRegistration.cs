using System.Globalization;
using XrdCt.Live.Model.Roi;

namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// Finds where the rays of an ROI scan lie in the coarse scan before it, and the ratio of the intensities, from the rays that both measured:
/// offset (x, y), the ROI scan's axis c, the angle δ between the scans (or held), and the scale s, such that
/// <c>r = ROI averaged to the coarse footprint (φ − δ, t − x·cos φ + y·sin φ) − s·coarse(φ, t)</c> is noise.
/// </summary>
/// <remarks>
/// A coarse search about the nominal values on smoothed rays, then Gauss–Newton steps that solve <c>Σ z·ψ(r/√level) = 0</c>, first smoothed,
/// then as measured. z are the changes of the coarse sinogram with each parameter, taken from the neighbours of a ray without the ray
/// itself: their noise is not that of r, so neither noise nor interpolation pulls the result (instrumental variables: least squares would
/// be pulled half-way between samples, where interpolation averages most noise away, and to too small a scale). ψ is Huber's: a spot
/// counts like 1.345 standard deviations. Uncertainties are those of the estimating equation, <c>M⁻¹·B·M⁻ᵀ</c> with <c>M = Σ ψ′·z·Jᵀ</c>
/// and B the covariance of the sums over a projection, with those of up to five neighbouring projections (Newey and West, Econometrica 55
/// (1987) 703, doi:10.2307/1913610), so residuals that go together do not count as independent.
/// The data cannot tell where the two scans show no common structure, or the uncertainty is above half a coarse step: then the nominal
/// geometry stays, and only the scale is fitted.
/// </remarks>
public static class RoiRegistration
{
    private const int X = 0, Y = 1, Axis = 2, Angle = 3, Scale = 4, ParameterCount = 5;

    private const int SmoothCells = 3;
    private const int LeastRays = 50;
    private const int MostSteps = 40;
    private const int WholeSteps = 10;
    private const int Halvings = 6;
    private const double SizeTolerance = 0.002;

    // Slopes that have nothing to do with each other correlate by 1/√n: common structure by ten times that is no chance.
    private const double LeastAgreement_sigma = 10;

    // Of the way that the rim of the sample goes from one angle to the next: measured on the electrode phantom of the tests without noise, about
    // 1 % for x, y and axis and 1.5 % for δ where the coarse scan is smeared, twice as much where it is not.
    private const double SystematicShare = 0.01;

    // Of the usual gap between angles; interlaced subsets leave one of twice the others, the golden angle of 2.6.
    private const double LargestGaps = 3;

    // Every how many-th projection the search looks at, about this many in all.
    private const int SearchedProjections = 60;

    /// <summary>Fits the alignment.</summary>
    /// <param name="coarse">Rays of the coarse scan.</param>
    /// <param name="coarseValues">Its sinogram, [rotation, translation, channel], channels fastest; NaN where unmeasured. Corrected for
    /// air and beam, one summed channel with as little noise as possible or several.</param>
    /// <param name="roi">Rays of the ROI scan with the nominal axis.</param>
    /// <param name="roiValues">Its sinogram in the same channels.</param>
    /// <param name="options">Nominal values, and what is fitted; null for all defaults.</param>
    /// <param name="width">Channels.</param>
    /// <returns>The alignment; <see cref="RoiAlignment.IsFitted"/> is false where the nominal geometry stayed.</returns>
    /// <exception cref="ArgumentException">The sinograms are not those of the rays, or the coarse step is below that of the ROI scan.</exception>
    public static RoiAlignment Fit(
        ScanRays coarse,
        ReadOnlySpan<float> coarseValues,
        ScanRays roi,
        ReadOnlySpan<float> roiValues,
        RoiRegistrationOptions? options = null,
        int width = 1)
    {
        ArgumentNullException.ThrowIfNull(coarse);
        ArgumentNullException.ThrowIfNull(roi);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        Check(coarse, coarseValues, width, nameof(coarseValues));
        Check(roi, roiValues, width, nameof(roiValues));
        if (coarse.Step_um < roi.Step_um)
        {
            throw new ArgumentException($"the coarse scan's step of {coarse.Step_um} µm is below the ROI scan's of {roi.Step_um} µm", nameof(coarse));
        }

        // Between two angles of an unfinished scan there may be others that nobody measured yet.
        (coarse, coarseValues) = Measured(coarse, coarseValues, width);
        (roi, roiValues) = Measured(roi, roiValues, width);
        options ??= new RoiRegistrationOptions();
        var means = new FootprintMeans(roi, roiValues, width, options.IsCoarseSmeared ? coarse.Step_um : roi.Step_um);
        var exact = new RoiOverlap(new CoarseSlopes(coarse, coarseValues, width, 1), roi, means, 1);
        double[] nominal = [options.X_um, options.Y_um, roi.Centre_px, options.Angle_rad, 1];
        nominal[Scale] = exact.Ratio(nominal, 1);
        if (!(nominal[Scale] > 0) || !double.IsFinite(nominal[Scale]))
        {
            return new RoiAlignment
            {
                X_um = options.X_um,
                Y_um = options.Y_um,
                Centre_px = roi.Centre_px,
                Angle_rad = options.Angle_rad,
                Status = "the two scans have no ray in common at the nominal offset; nothing is fitted, and the scale is 1",
            };
        }

        var smooth = new RoiOverlap(new CoarseSlopes(coarse, coarseValues, width, SmoothCells), roi, means, SmoothCells);
        int[] all = options.HoldsAngle ? [X, Y, Axis, Scale] : [X, Y, Axis, Angle, Scale];
        double[] found = Search(smooth, nominal, options, coarse, roi);
        _ = Solve(smooth, found, all, coarse, roi);
        Solution solution = Solve(exact, found, all, coarse, roi);
        string? refusal = Refusal(solution, found, nominal, options, coarse, roi);
        if (refusal is null)
        {
            // What interpolation between the angles may do to all rays alike, which no scatter of residuals shows.
            double share = options.IsCoarseSmeared ? SystematicShare : 2 * SystematicShare;
            double moved_um = share * roi.TypicalGap_rad * exact.Reach_um;
            double[] systematic = [moved_um, moved_um, moved_um / roi.Step_um, 1.5 * share * roi.TypicalGap_rad, 0];
            return Describe(exact, found, solution with { Systematic = systematic }, isFitted: true, string.Create(
                CultureInfo.InvariantCulture,
                $"fitted on {solution.Rays} rays, as good as {solution.EffectiveRays:0} independent ones, in {solution.Steps} steps"));
        }

        found = [.. nominal];
        solution = Solve(exact, found, [Scale], coarse, roi);
        return Describe(exact, found, solution, isFitted: false, $"{refusal}; offset, axis and angle stay nominal, and only the scale is fitted");
    }

    private static void Check(ScanRays rays, ReadOnlySpan<float> values, int width, string name)
    {
        if (values.Length != (long)rays.RotationCount * rays.TranslationCount * width)
        {
            throw new ArgumentException(
                $"{rays.RotationCount} × {rays.TranslationCount} rays of {width} channels are not {values.Length} values", name);
        }
    }

    // Interpolation bridges what a scan of interlaced angles has not come to, but no wedge that was left out: there the unmeasured stay.
    private static (ScanRays Rays, float[] Values) Measured(ScanRays rays, ReadOnlySpan<float> values, int width)
    {
        int length = rays.TranslationCount * width;
        bool[] isMeasured = new bool[rays.RotationCount];
        for (int rotation = 0; rotation < isMeasured.Length; rotation++)
        {
            isMeasured[rotation] = values.Slice(rotation * length, length).ContainsAnyExcept(float.NaN);
        }

        double[] turned = [.. rays.Angles_rad.ToArray().Select(a => a - (Math.PI * Math.Floor(a / Math.PI)))];
        double[] there = [.. turned.Where((_, r) => isMeasured[r]).Order()];
        if (there.Length == 0 || there.Length == isMeasured.Length)
        {
            return (rays, values.ToArray());
        }

        double[] gaps = [.. there.Select((a, i) => i + 1 < there.Length ? there[i + 1] - a : there[0] + Math.PI - a)];
        double largest = LargestGaps * gaps.Order().ElementAt(gaps.Length / 2);
        List<double> angles_rad = [];
        List<float> kept = [];
        for (int rotation = 0; rotation < isMeasured.Length; rotation++)
        {
            int after = Array.FindIndex(there, a => a > turned[rotation]);
            double gap = gaps[after <= 0 ? ^1 : after - 1];
            if (isMeasured[rotation] || gap > largest)
            {
                angles_rad.Add(rays.Angles_rad[rotation]);
                kept.AddRange(values.Slice(rotation * length, length));
            }
        }

        return (new ScanRays(angles_rad, rays.TranslationCount, rays.Step_um, rays.Centre_px), [.. kept]);
    }

    private static string? Refusal(
        Solution solution, double[] found, double[] nominal, RoiRegistrationOptions options, ScanRays coarse, ScanRays roi)
    {
        double largest_um = coarse.Step_um / 2;
        return solution switch
        {
            { Rays: < LeastRays } => $"only {solution.Rays} rays were measured by both scans, and it takes {LeastRays}",
            { Covariance: null } => "the data cannot tell offset, axis and angle apart: the sample looks the same along all rays",
            { Agreement_sigma: < LeastAgreement_sigma } => string.Create(
                CultureInfo.InvariantCulture,
                $"the two scans show no common structure (agreement {solution.Agreement_sigma:0.0} σ, and it takes {LeastAgreement_sigma:0})"),
            _ when solution.Sigma(X) > largest_um || solution.Sigma(Y) > largest_um || solution.Sigma(Axis) * roi.Step_um > largest_um => string.Create(
                CultureInfo.InvariantCulture,
                $"the data cannot tell the offset to half a coarse step (x ± {solution.Sigma(X):0.#} µm, y ± {solution.Sigma(Y):0.#} µm, axis ± "
                + $"{solution.Sigma(Axis) * roi.Step_um:0.#} µm)"),
            { HasConverged: false } => $"the fit did not settle in {MostSteps} steps",
            _ when Math.Abs(found[X] - nominal[X]) > options.SearchRadius_um + coarse.Step_um
                || Math.Abs(found[Y] - nominal[Y]) > options.SearchRadius_um + coarse.Step_um
                || Math.Abs(found[Axis] - nominal[Axis]) * roi.Step_um > options.SearchAxis_um + coarse.Step_um
                || Math.Abs(found[Angle] - nominal[Angle]) > options.SearchAngle_rad => string.Create(
                CultureInfo.InvariantCulture,
                $"the fit ran away to x = {found[X]:0.#} µm, y = {found[Y]:0.#} µm, axis {found[Axis]:0.#} px, angle {found[Angle] * (180 / Math.PI):0.##}°"),
            _ => null,
        };
    }

    private static RoiAlignment Describe(RoiOverlap overlap, double[] at, Solution solution, bool isFitted, string status) => new()
    {
        X_um = at[X],
        Y_um = at[Y],
        Centre_px = at[Axis],
        Angle_rad = at[Angle],
        Scale = at[Scale],
        XUncertainty_um = solution.Sigma(X),
        YUncertainty_um = solution.Sigma(Y),
        CentreUncertainty_px = solution.Sigma(Axis),
        AngleUncertainty_rad = solution.Sigma(Angle),
        ScaleUncertainty = solution.Sigma(Scale),
        OverlapResidual = overlap.Residual(at),
        RayCount = solution.Rays,
        EffectiveRayCount = solution.EffectiveRays,
        IsFitted = isFitted,
        Status = status,
    };

    /// <summary>
    /// The best of a grid of offsets and axes by the mean size of the residual: one coarse step apart, but no more than eight steps to either side; of a
    /// finer scan the best of those, and then of those half as far apart about it.
    /// </summary>
    private static double[] Search(RoiOverlap overlap, double[] nominal, RoiRegistrationOptions options, ScanRays coarse, ScanRays roi)
    {
        const int MostSteps = 8;
        int every = Math.Max(1, coarse.RotationCount / SearchedProjections);
        double step_um = Math.Max(coarse.Step_um, options.SearchRadius_um / MostSteps);
        (int reach, int axisReach) = ((int)Math.Ceiling(options.SearchRadius_um / step_um), (int)Math.Ceiling(options.SearchAxis_um / step_um));
        double[] best = nominal;
        double least = double.PositiveInfinity;
        while (true)
        {
            double[] centre = best;
            for (int i = -reach; i <= reach; i++)
            {
                for (int k = -reach; k <= reach; k++)
                {
                    for (int a = -axisReach; a <= axisReach; a++)
                    {
                        double[] trial = [.. centre];
                        trial[X] += i * step_um;
                        trial[Y] += k * step_um;
                        trial[Axis] += a * step_um / roi.Step_um;
                        trial[Scale] = overlap.Ratio(trial, every);
                        double size = overlap.MeanSize(trial, every);
                        if (size < least)
                        {
                            (best, least) = (trial, size);
                        }
                    }
                }
            }

            if (step_um <= coarse.Step_um)
            {
                return [.. best];
            }

            (step_um, reach, axisReach) = (step_um / 2, 1, 1);
        }
    }

    private static Solution Solve(RoiOverlap overlap, double[] at, int[] active, ScanRays coarse, ScanRays roi)
    {
        double[] limits = [coarse.Step_um, coarse.Step_um, coarse.Step_um / roi.Step_um, 0.5 * Math.PI / 180, 0.3 * at[Scale]];
        double[] least = [1e-3 * roi.Step_um, 1e-3 * roi.Step_um, 1e-3, 1e-6, 1e-6 * at[Scale]];
        for (int step = 1; ; step++)
        {
            (int rays, double agreement) = overlap.Evaluate(at);
            Equation? equation = rays < LeastRays ? null : Equation.Of(overlap, active);
            if (equation is null)
            {
                return new Solution(rays, 0, agreement, step, false, null, active);
            }

            // All parameters by the same share, so that the direction stays; half-way where rays come and go with each step.
            double share = step <= WholeSteps ? 1 : 0.5;
            bool hasConverged = true;
            for (int i = 0; i < active.Length; i++)
            {
                share = Math.Min(share, limits[active[i]] / Math.Abs(equation.Change[i]));
                hasConverged &= Math.Abs(equation.Change[i]) <= Math.Max(0.1 * Math.Sqrt(equation.Covariance[i, i]), least[active[i]]);
            }

            // Far off, the sample is no longer linear in the parameters: half a step, and half of that, until it is no worse. Near by, the
            // least size is not where the equation holds, by less than the tolerance.
            double size = overlap.MeanSize(at, 1);
            double[] from = [.. at];
            for (int halving = 0; halving <= Halvings; halving++)
            {
                for (int i = 0; i < active.Length; i++)
                {
                    at[active[i]] = from[active[i]] + (share * equation.Change[i]);
                }

                if (overlap.MeanSize(at, 1) <= (1 + SizeTolerance) * size)
                {
                    break;
                }

                share /= 2;
            }

            if (hasConverged || step == MostSteps)
            {
                int scale = Array.IndexOf(active, Scale);
                double effective = rays * Math.Min(1, equation.Naive[scale, scale] / equation.Covariance[scale, scale]);
                return new Solution(rays, effective, agreement, step, hasConverged, equation.Covariance, active);
            }
        }
    }

    private sealed record Solution(
        int Rays, double EffectiveRays, double Agreement_sigma, int Steps, bool HasConverged, double[,]? Covariance, int[] Active)
    {
        public double[] Systematic { get; init; } = new double[ParameterCount];

        public double Sigma(int parameter)
        {
            int i = Array.IndexOf(Active, parameter);
            return i >= 0 && Covariance is not null
                ? Math.Sqrt(Covariance[i, i] + (Systematic[parameter] * Systematic[parameter]))
                : double.NaN;
        }
    }
}
