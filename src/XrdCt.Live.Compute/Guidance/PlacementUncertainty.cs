using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Guidance;

/// <summary>
/// Standard uncertainty of the score: <c>σ² = max(σ_halves², σ_noise²) + σ_coverage²</c>.
/// </summary>
internal static class PlacementUncertainty
{
    /// <summary>
    /// From two scores A and B of two half-sets: half their difference has the variance of the score of all projections, whatever differs
    /// between the halves, noise or streaks. Averaged over the field of view around a place.
    /// </summary>
    /// <param name="first">Score by one half, [y, x].</param>
    /// <param name="second">Score by the other.</param>
    /// <param name="material">Where both count.</param>
    /// <param name="field">Means over the field of view.</param>
    /// <returns>Variance, [y, x].</returns>
    public static double[] OfHalves(double[] first, double[] second, bool[] material, DiscMeans field)
    {
        float[] squares = new float[first.Length];
        float[] counts = new float[first.Length];
        for (int i = 0; i < squares.Length; i++)
        {
            if (material[i])
            {
                squares[i] = (float)Math.Pow((first[i] - second[i]) / 2, 2);
                counts[i] = 1;
            }
        }

        double[] variance = new double[first.Length];
        double[] share = new double[first.Length];
        field.Compute(squares, variance);
        field.Compute(counts, share);
        for (int i = 0; i < variance.Length; i++)
        {
            variance[i] /= share[i];
        }

        return variance;
    }

    /// <summary>
    /// From the noise of the voxels, as if these were independent: of a filtered back projection neighbours are anticorrelated, so it is rather
    /// too much.
    /// </summary>
    /// <param name="noise">σ of the slice, [y, x]; NaN counts as none.</param>
    /// <param name="slope">Change of the score for a change of the mean over the field of view.</param>
    /// <param name="field">Means over the field of view.</param>
    /// <returns>Variance, [y, x].</returns>
    public static double[] OfNoise(float[] noise, double slope, DiscMeans field)
    {
        double[] variance = new double[noise.Length];
        field.Compute([.. noise.Select(s => s * s)], variance);
        double pixels = Math.PI * field.Radius_px * field.Radius_px;
        for (int i = 0; i < variance.Length; i++)
        {
            variance[i] *= slope * slope / pixels;
        }

        return variance;
    }

    /// <summary>
    /// From a missing wedge, of which half-sets and noise know nothing: places could be exchanged for any others, so it is the spread of
    /// all scores times the share of the half circle that is missing; 0 where no wedge is.
    /// </summary>
    /// <param name="score">Score, [y, x].</param>
    /// <param name="isPlace">Where an ROI may be.</param>
    /// <param name="coverage">Coverage; null for nothing known.</param>
    public static double OfCoverage(double[] score, bool[] isPlace, AngularCoverage? coverage)
    {
        if (coverage is not { IsLimitedAngle: true })
        {
            return 0;
        }

        double sum = 0, squares = 0;
        int count = 0;
        for (int i = 0; i < score.Length; i++)
        {
            if (isPlace[i])
            {
                sum += score[i];
                squares += score[i] * score[i];
                count++;
            }
        }

        double variance = count > 0 ? (squares / count) - Math.Pow(sum / count, 2) : 0;
        return Math.Sqrt(Math.Max(0, variance)) * coverage.WidestGap_deg / 180;
    }
}
