using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Centring;

/// <summary>
/// The centre of rotation from projections of opposite sides: <c>p(θ, c + t) = p(θ + 180°, c − t)</c>, so one is the other mirrored about
/// the axis. Least squares over all pairs together; it holds inside the sample too, so a truncated scan will do.
/// </summary>
/// <remarks>
/// A scan over 360° has pairs (for an odd number of rotations the opposite lies between two, whose mean stands for it); one over 180° has
/// the one of its ends where <see cref="ScanPlan.IncludesEnd"/>. Both projections are smoothed by (1 4 6 4 1)/16 first: interpolation
/// between noisy samples smooths most half-way, which would pull the minimum there. The uncertainty is from the scatter left, with
/// correlations over up to four samples (Newey and West 1987, doi:10.2307/1913610).
/// </remarks>
public static class PairCentre
{
    private const double LeastMeasured = 0.9;

    // Correlation of the pairs at the best centre below which they are not the same thing from two sides.
    private const double LeastCorrelation = 0.5;
    private const int Lags = 4;

    // Of the projection, the middle fourth is searched for the axis; one farther off is no scan to reconstruct.
    private const int SearchedPart = 4;

    // What interpolation leaves in noiseless phantoms is 0.002 steps.
    private const double LeastUncertainty_px = 0.004;

    /// <summary>Finds the centre.</summary>
    /// <param name="plan">Scan plan; says which projections are pairs.</param>
    /// <param name="total">Total intensity or any channel, normalised to the monitor, [rotation, translation]; NaN where unmeasured.</param>
    /// <returns>
    /// An axis in the middle fourth of the projection. Undetermined where there is no pair (yet), where nothing varies along it, or where
    /// its projections are not alike.
    /// </returns>
    /// <exception cref="ArgumentException">The sinogram is not the plan's.</exception>
    public static CentreEstimate Find(ScanPlan plan, ReadOnlySpan<float> total)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (total.Length != plan.CellCount)
        {
            throw new ArgumentException($"expected {plan.CellCount} cells, not {total.Length}", nameof(total));
        }

        List<(float[] Row, float[] Opposite)> pairs = Pairs(plan, total);
        if (pairs.Count == 0)
        {
            return CentreEstimate.Undetermined(CentreMethod.Pair, plan.Range_deg == 360 || plan.IncludesEnd
                ? "no projection and its opposite are measured yet"
                : "the plan has no projection opposite another: it ends before 180°");
        }

        int width = plan.TranslationCount;
        (double axis, double correlation) = BestOfGrid(pairs, width);
        if (!(correlation >= LeastCorrelation))
        {
            return CentreEstimate.Undetermined(CentreMethod.Pair, "opposite projections are not each other's mirror image");
        }

        double start = axis;
        double uncertainty = double.NaN;
        for (int iteration = 0; iteration < 30; iteration++)
        {
            (double step, uncertainty) = Newton(pairs, axis);
            axis += step;
            if (!(Math.Abs(axis - start) <= 1))
            {
                return CentreEstimate.Undetermined(CentreMethod.Pair, "opposite projections match at no one place");
            }

            if (Math.Abs(step) < 1e-6)
            {
                break;
            }
        }

        return new CentreEstimate(
            CentreMethod.Pair, axis - (width / 2), double.Hypot(uncertainty, LeastUncertainty_px), pairs.Count == 1 ? "one pair" : $"{pairs.Count} pairs");
    }

    private static List<(float[] Row, float[] Opposite)> Pairs(ScanPlan plan, ReadOnlySpan<float> total)
    {
        var pairs = new List<(float[], float[])>();
        int count = plan.ReconstructedRotationCount;
        if (plan.Range_deg == 180)
        {
            if (plan.IncludesEnd && plan.RotationCount > 1 && Smoothed(plan, total, 0) is { } first && Smoothed(plan, total, count) is { } last)
            {
                pairs.Add((first, last));
            }

            return pairs;
        }

        for (int rotation = 0; 2 * rotation < count; rotation++)
        {
            int after = rotation + ((count + 1) / 2);
            if (Smoothed(plan, total, rotation) is { } row
                && Smoothed(plan, total, rotation + (count / 2)) is { } before && Smoothed(plan, total, after % count) is { } behind)
            {
                pairs.Add((row, [.. before.Zip(behind, (a, b) => 0.5f * (a + b))]));
            }
        }

        return pairs;
    }

    private static float[]? Smoothed(ScanPlan plan, ReadOnlySpan<float> total, int rotation)
    {
        int width = plan.TranslationCount;
        float[] row = new float[width];
        if (ProjectionGaps.Bridge(total.Slice(rotation * width, width), row) < LeastMeasured * width
            || !Array.TrueForAll(row, float.IsFinite))
        {
            return null;
        }

        float[] smooth = new float[width];
        for (int j = 0; j < width; j++)
        {
            smooth[j] = ((6 * row[j]) + (4 * (At(j - 1) + At(j + 1))) + At(j - 2) + At(j + 2)) / 16;
        }

        return smooth;

        float At(int j) => row[Math.Clamp(j, 0, width - 1)];
    }

    // Half-steps of the axis are whole steps of the mirror. Correlation, not least squares: it does not fall for a place where both are flat.
    private static (double Axis, double Correlation) BestOfGrid(List<(float[] Row, float[] Opposite)> pairs, int width)
    {
        (double Axis, double Correlation) best = (double.NaN, double.NegativeInfinity);
        int middle = 2 * (width / 2);
        for (int twice = middle - (width / SearchedPart); twice <= middle + (width / SearchedPart); twice++)
        {
            double product = 0;
            double power = 0;
            double oppositePower = 0;
            int first = Math.Max(0, twice - width + 1);
            int last = Math.Min(width - 1, twice);
            foreach ((float[] row, float[] opposite) in pairs)
            {
                double mean = 0;
                double oppositeMean = 0;
                for (int j = first; j <= last; j++)
                {
                    mean += row[j];
                    oppositeMean += opposite[twice - j];
                }

                mean /= last - first + 1;
                oppositeMean /= last - first + 1;
                for (int j = first; j <= last; j++)
                {
                    double a = row[j] - mean;
                    double b = opposite[twice - j] - oppositeMean;
                    product += a * b;
                    power += a * a;
                    oppositePower += b * b;
                }
            }

            double correlation = product / Math.Sqrt(power * oppositePower);
            if (correlation > best.Correlation)
            {
                best = (0.5 * twice, correlation);
            }
        }

        return best;
    }

    /// <summary>One step of Gauss and Newton, and the uncertainty from the scatter that is left.</summary>
    private static (double Step, double Uncertainty) Newton(List<(float[] Row, float[] Opposite)> pairs, double axis)
    {
        const double Aside_px = 0.5;
        double gradient = 0;
        double curvature = 0;
        double variance = 0;
        Span<double> earlier = stackalloc double[Lags];
        foreach ((float[] row, float[] opposite) in pairs)
        {
            earlier.Clear();
            for (int j = 1; j < row.Length - 1; j++)
            {
                double mirrored = (2 * axis) - j;
                double difference = row[j] - LineResampling.At(opposite, mirrored);

                // Of the row's slope and of the mirrored one's, the mean: neither is the truth.
                double slope = 0.5 * (LineResampling.At(row, j + Aside_px) - LineResampling.At(row, j - Aside_px)
                    + LineResampling.At(opposite, mirrored - Aside_px) - LineResampling.At(opposite, mirrored + Aside_px));
                double pull = slope * difference;
                if (double.IsNaN(pull))
                {
                    earlier.Clear();
                    continue;
                }

                gradient += pull;
                curvature += slope * slope;
                variance += pull * pull;
                for (int lag = 1; lag <= Lags; lag++)
                {
                    variance += 2 * (1 - (lag / (Lags + 1.0))) * pull * earlier[lag - 1];
                }

                earlier[..^1].CopyTo(earlier[1..]);
                earlier[0] = pull;
            }
        }

        return (-0.5 * gradient / curvature, 0.5 * Math.Sqrt(Math.Max(variance, 0)) / curvature);
    }
}
