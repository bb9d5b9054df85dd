using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Phantoms;

namespace XrdCt.Live.Tests.Roi;

/// <summary>A coarse scan and an ROI scan of the same sample, and how well a slice agrees with it.</summary>
internal sealed class RoiExperiment
{
    public int CoarseCount { get; init; } = 251;

    public int CoarseRotations { get; init; } = 250;

    public double CoarseRange_deg { get; init; } = 180;

    public double CoarseStep_um { get; init; } = 10;

    public double CoarseCentre_px { get; init; }

    public bool IsSmeared { get; init; } = true;

    public int RoiCount { get; init; } = 251;

    public int RoiRotations { get; init; } = 250;

    public double RoiCentre_px { get; init; }

    public double X_um { get; init; }

    public double Y_um { get; init; }

    public double Angle_deg { get; init; }

    public double Scale { get; init; } = 0.9;

    /// <summary>Mean counts of a ray of the ROI scan; 0 for no noise.</summary>
    public double Counts { get; init; }

    public required DiscPhantom Phantom { get; init; }

    public double[] RoiAngles_rad => [.. Enumerable.Range(0, RoiRotations).Select(r => r * Math.PI / RoiRotations)];

    public ScanRays CoarseRays => new(
        [.. Enumerable.Range(0, CoarseRotations).Select(r => r * CoarseRange_deg / CoarseRotations * Math.PI / 180)],
        CoarseCount,
        CoarseStep_um,
        CoarseCentre_px);

    public ScanRays RoiRays(double centre_px) => new(RoiAngles_rad, RoiCount, 1, centre_px);

    public RoiAlignment True => new() { X_um = X_um, Y_um = Y_um, Centre_px = RoiCentre_px, Angle_rad = Angle_deg * Math.PI / 180, Scale = Scale };

    /// <summary>Both sinograms, in µm of path (times the scale for the ROI scan), with the noise of the counts.</summary>
    public (float[] Coarse, float[] Roi) Measure(long seed = 1)
    {
        (float[] coarse, float[] roi) = Exact();
        return Noisy(coarse, roi, seed);
    }

    public (float[] Coarse, float[] Roi) Exact()
    {
        float[] coarse = Phantom.Project(CoarseRays.Angles_rad.ToArray(), CoarseCount, CoarseStep_um, CoarseCentre_px, IsSmeared ? CoarseStep_um : 1);
        double[] angles = [.. RoiAngles_rad.Select(a => a + (Angle_deg * Math.PI / 180))];
        float[] roi = Phantom.Project(angles, RoiCount, 1, RoiCentre_px, 1, X_um, Y_um);
        return (coarse, [.. roi.Select(v => (float)(Scale * v))]);
    }

    /// <summary>Adds noise: a count per ray, the same exposure in both scans.</summary>
    public (float[] Coarse, float[] Roi) Noisy(float[] coarse, float[] roi, long seed)
    {
        if (Counts == 0)
        {
            return (coarse, roi);
        }

        double perUnit = Counts / roi.Average();
        var random = new SeededRandom(seed);
        float[] Drawn(float[] values)
        {
            float[] drawn = new float[values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                drawn[i] = (float)(random.NextPoisson(Math.Max(0, values[i]) * perUnit) / perUnit);
            }

            return drawn;
        }

        return (Drawn(coarse), Drawn(roi));
    }

    /// <summary>Filtered back projection of the ROI scan; null for the plain filter.</summary>
    public float[] Slice(float[] roi, IRoiFilter? filter, double centre_px, RampFilter ramp = RampFilter.SheppLogan)
    {
        var plain = new ProjectionFilter(RoiCount, ramp);
        var projector = new BackProjector(RoiCount, centre_px);
        double[] slice = new double[RoiCount * RoiCount];
        float[] filtered = new float[plain.FilteredLength];
        double[] angles = RoiAngles_rad;
        for (int r = 0; r < RoiRotations; r++)
        {
            ReadOnlySpan<float> row = roi.AsSpan(r * RoiCount, RoiCount);
            if (filter is null)
            {
                plain.Apply(row, filtered);
            }
            else
            {
                filter.Apply(angles[r], row, filtered);
            }

            projector.Add(filtered, angles[r], 0.5 * Math.PI / RoiRotations, slice);
        }

        return [.. slice.Select(v => (float)v)];
    }

    /// <summary>Coarse slice by filtered back projection, [y, x].</summary>
    public float[] CoarseSlice(float[] coarse, RampFilter ramp = RampFilter.SheppLogan)
    {
        var plain = new ProjectionFilter(CoarseCount, ramp);
        var projector = new BackProjector(CoarseCount, CoarseCentre_px);
        double[] slice = new double[CoarseCount * CoarseCount];
        float[] filtered = new float[plain.FilteredLength];
        for (int r = 0; r < CoarseRotations; r++)
        {
            plain.Apply(coarse.AsSpan(r * CoarseCount, CoarseCount), filtered);
            projector.Add(filtered, CoarseRays.Angles_rad[r], 0.5 * Math.PI / CoarseRotations, slice);
        }

        return [.. slice.Select(v => (float)v)];
    }

    /// <summary>
    /// Errors inside 0.95 of the circle, as shares of the mean truth: of the slice smoothed by a Gaussian (RMS), and of its mean; and how it
    /// correlates with the truth.
    /// </summary>
    public (double LowFrequency, double Bias, double Correlation) Errors(float[] slice, double centre_px, double smoothing_um)
    {
        float[] truth = Phantom.Truth(RoiCount, 1, X_um, Y_um, Angle_deg * Math.PI / 180);
        double radius = (RoiCount / 2) - Math.Abs(centre_px);
        double[] error = new double[truth.Length], inside = new double[truth.Length];
        for (int i = 0; i < truth.Length; i++)
        {
            inside[i] = Distance(i) <= radius - 1 ? 1 : 0;
            error[i] = inside[i] * ((slice[i] / Scale) - truth[i]);
        }

        double[] smooth = Smoothed(error, smoothing_um), weight = Smoothed(inside, smoothing_um);
        int[] pixels = [.. Enumerable.Range(0, truth.Length).Where(i => Distance(i) <= 0.95 * radius)];
        double mean = pixels.Average(i => truth[i]);
        double meanSlice = pixels.Average(i => slice[i]);
        double ab = pixels.Sum(i => (truth[i] - mean) * (slice[i] - meanSlice));
        double correlation = ab / Math.Sqrt(pixels.Sum(i => Math.Pow(truth[i] - mean, 2)) * pixels.Sum(i => Math.Pow(slice[i] - meanSlice, 2)));
        return (Math.Sqrt(pixels.Average(i => Math.Pow(smooth[i] / weight[i], 2))) / mean, pixels.Average(i => error[i]) / mean, correlation);
    }

    private double Distance(int pixel) =>
        Math.Sqrt(Math.Pow((pixel / RoiCount) - (RoiCount / 2), 2) + Math.Pow((pixel % RoiCount) - (RoiCount / 2), 2));

    private double[] Smoothed(double[] image, double sigma)
    {
        int reach = (int)Math.Ceiling(4 * sigma);
        double[] kernel = [.. Enumerable.Range(-reach, (2 * reach) + 1).Select(k => Math.Exp(-0.5 * k * k / (sigma * sigma)))];
        double[] rows = new double[image.Length], both = new double[image.Length];
        for (int pass = 0; pass < 2; pass++)
        {
            double[] from = pass == 0 ? image : rows, to = pass == 0 ? rows : both;
            int stride = pass == 0 ? 1 : RoiCount;
            for (int i = 0; i < image.Length; i++)
            {
                int at = i / stride % RoiCount;
                for (int k = Math.Max(-reach, -at); k <= Math.Min(reach, RoiCount - 1 - at); k++)
                {
                    to[i] += kernel[k + reach] * from[i + (k * stride)];
                }
            }
        }

        return both;
    }
}
