using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Centring;

/// <summary>
/// The projections of a sinogram that hold the sample and nothing else: air taken off, short gaps bridged, and those left out that were
/// not measured, are cut off at an end, or whose mass is not that of the others.
/// </summary>
internal sealed class SampleProjections
{
    // Of a projection's samples that must be measured: the bridge across more is a guess.
    private const double LeastMeasured = 0.9;

    // Above this share of the contrast the outermost sample holds sample. The sliver beyond it, of a disc a twentieth of whose radius
    // is one step, is then below a quarter of a step deep and moves the centre of mass by 0.01 steps.
    private const double LargestEnd = 0.1;

    // Of the projections; if more are cut, the scan is one inside the sample.
    private const double LargestCutShare = 1.0 / 3;

    // A twentieth of them are the brightest: enough for a quantile, at a tenth of the time of sorting all.
    private const int ContrastSamples = 6007;

    // Of a median over that of a mean, of a normal distribution, the standard uncertainty: √(π/2).
    private const double MedianOverMean = 1.2533;

    private const double Outlier_sigma = 5;
    private const double LeastOutlier = 0.01;

    private SampleProjections(string refusal) => Refusal = refusal;

    private SampleProjections(int measuredCount, List<int> rotations, List<double[]> rows, double[] masses, double airUncertainty)
    {
        MeasuredCount = measuredCount;
        Rotations = rotations;
        Rows = rows;
        Masses = masses;
        AirUncertainty = airUncertainty;
    }

    /// <summary>Why there is nothing to work with, as a sentence; null where there is.</summary>
    public string? Refusal { get; }

    /// <summary>Projections that were measured, those left out included.</summary>
    public int MeasuredCount { get; }

    /// <summary>Indices of the rotations, ascending, without a last one that repeats the first.</summary>
    public IReadOnlyList<int> Rotations { get; } = [];

    /// <summary>Their samples without air.</summary>
    public IReadOnlyList<double[]> Rows { get; } = [];

    /// <summary>Their sums.</summary>
    public IReadOnlyList<double> Masses { get; } = [];

    /// <summary>Standard uncertainty of the air that was taken off each sample.</summary>
    public double AirUncertainty { get; }

    /// <summary>Takes the sample out of a sinogram.</summary>
    /// <param name="plan">Scan plan.</param>
    /// <param name="sinogram">[rotation, translation], NaN where unmeasured.</param>
    /// <exception cref="ArgumentException">The sinogram is not the plan's.</exception>
    public static SampleProjections Of(ScanPlan plan, ReadOnlySpan<float> sinogram)
    {
        AirScatter air = AirScatter.Find(plan, sinogram);
        int width = plan.TranslationCount;
        var rotations = new List<int>();
        var bridged = new List<float[]>();
        for (int rotation = 0; rotation < plan.ReconstructedRotationCount; rotation++)
        {
            float[] row = new float[width];
            if (ProjectionGaps.Bridge(sinogram.Slice(rotation * width, width), row) >= LeastMeasured * width
                && Array.TrueForAll(row, float.IsFinite))
            {
                rotations.Add(rotation);
                bridged.Add(row);
            }
        }

        if (rotations.Count == 0)
        {
            return new SampleProjections("no projection is measured yet");
        }

        // The median of the ends, not the mean of the cells that count as air: those are the ones that noise did not lift above a limit.
        (double level, double spread) = Quantiles.MedianAndSigma([.. bridged.SelectMany(r => new[] { r[0], r[^1] })]);
        int stride = Math.Max(1, bridged.Count * width / ContrastSamples);
        double contrast = Quantiles.Of(bridged.SelectMany(r => r).Where((_, i) => i % stride == 0), 0.95) - level;
        if (!(contrast > 0))
        {
            return new SampleProjections("nothing stands above the ends of the projections");
        }

        if (air.Refusal is not null)
        {
            return new SampleProjections(
                "the ends of the projections are not alike, or too noisy to tell, as in a scan that does not reach beyond the sample");
        }

        double limit = level + (LargestEnd * contrast);
        int measured = rotations.Count;
        int[] whole = [.. Enumerable.Range(0, measured).Where(i => bridged[i][0] <= limit && bridged[i][^1] <= limit)];
        if (measured - whole.Length > LargestCutShare * measured)
        {
            return new SampleProjections($"{measured - whole.Length} of {measured} projections end inside the sample");
        }

        double[][] rows = [.. whole.Select(i => Array.ConvertAll(bridged[i], v => v - level))];
        double[] masses = [.. rows.Select(r => r.Sum())];
        (double mass, double sigma) = Quantiles.MedianAndSigma([.. masses.Select(m => (float)m)]);
        if (!(mass > 0))
        {
            return new SampleProjections("no signal stands above the air");
        }

        double allowed = Math.Max(Outlier_sigma * sigma, LeastOutlier * mass);
        int[] kept = [.. Enumerable.Range(0, rows.Length).Where(i => Math.Abs(masses[i] - mass) <= allowed)];
        return new SampleProjections(
            measured,
            [.. kept.Select(i => rotations[whole[i]])],
            [.. kept.Select(i => rows[i])],
            [.. kept.Select(i => masses[i])],
            spread * MedianOverMean / Math.Sqrt(2.0 * measured));
    }
}
