using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Roi;

/// <summary>
/// σ of slices of a region of interest, against the spread of 400 slices of both scans with counts of Poisson. The coarse scan has steps of 5 µm and few angles, so its
/// noise is a large part.
/// </summary>
public sealed class RoiNoiseTests
{
    private const int Draws = 400;
    private const double Counts = 400;
    private const RampFilter Ramp = RampFilter.SheppLogan;

    private static readonly DiscPhantom Sample = DiscPhantom.Of((0, 0, 130, 1), (-80, 40, 20, 4), (45, -20, 12, 3), (60, 70, 18, 3));

    public enum Part
    {
        Both,
        Coarse,
    }

    [Theory]
    [InlineData(Part.Both, 60, 180, 60, 0.0, 0.0)]
    [InlineData(Part.Coarse, 60, 180, 60, 0.0, 0.0)]
    [InlineData(Part.Coarse, 30, 180, 60, 1.3, 0.4)]
    [InlineData(Part.Coarse, 20, 180, 60, 1.3, 0.4)]
    [InlineData(Part.Coarse, 121, 360, 60, 1.3, 0.4)]
    [InlineData(Part.Both, 40, 180, 60, 1.3, 0.4)]
    public void Completion_CountsOfPoisson_IsTheSpreadOfManySlices(
        Part part, int coarseRotations, double coarseRange_deg, int roiRotations, double centre_px, double angle_deg)
    {
        RoiExperiment experiment = Experiment(coarseRotations, coarseRange_deg, roiRotations, centre_px, angle_deg);
        (float[] coarse, float[] roi) = experiment.Exact();
        RoiCompletion completion = new(experiment.RoiCount, 1, experiment.True, new CoarseSinogram(experiment.CoarseRays, coarse), Ramp);
        NoiseMap map = completion.Noise(experiment.CoarseRays, Variance(experiment, coarse, roi));
        AssertSpread(
            experiment,
            Sigma(map, experiment, part == Part.Coarse ? new float[roi.Length] : Variance(experiment, roi, roi)),
            draw =>
            {
                (float[] noisyCoarse, float[] noisyRoi) = experiment.Noisy(coarse, roi, draw);
                return experiment.Slice(
                    part == Part.Coarse ? roi : noisyRoi, completion.For(new CoarseSinogram(experiment.CoarseRays, noisyCoarse)), centre_px, Ramp);
            },
            tolerance: 0.06);
    }

    // The rim of the disc cuts coarse pixels, whose noise is more than that of the rays that completion takes.
    [Theory]
    [InlineData(400)]
    [InlineData(25)]
    public void Subtraction_CountsOfPoisson_IsNearTheSpreadOfManySlices(double coarseCounts)
    {
        RoiExperiment experiment = Experiment(60, 180, 60, 0, 0);
        RoiExperiment fainter = Experiment(60, 180, 60, 0, 0, coarseCounts);
        (float[] coarse, float[] roi) = experiment.Exact();
        CoarsePatterns patterns = new(experiment.CoarseRays, coarse, 1, []) { SumVariance = Variance(fainter, coarse, roi) };
        NoiseMap map = patterns.Noise(experiment.True, experiment.RoiCount, 1, Ramp)!;
        AssertSpread(
            experiment,
            Sigma(map, experiment, Variance(experiment, roi, roi)),
            draw =>
            {
                float[] noisyCoarse = fainter.Noisy(coarse, roi, draw).Coarse;
                RoiSubtraction subtraction = new(
                    experiment.RoiCount, 1, experiment.True, experiment.CoarseSlice(noisyCoarse), experiment.CoarseCount, experiment.CoarseStep_um, Ramp);
                return experiment.Slice(experiment.Noisy(coarse, roi, draw).Roi, subtraction, 0, Ramp);
            },
            tolerance: 0.1);
    }

    [Fact]
    public void Extension_CountsOfPoisson_IsTheSpreadOfManySlices()
    {
        RoiExperiment experiment = Experiment(60, 180, 60, 1.3, 0);
        (float[] coarse, float[] roi) = experiment.Exact();
        RoiExtension extension = new(experiment.RoiCount, Ramp, fade_px: 3 * experiment.RoiCount);
        AssertSpread(
            experiment,
            Sigma(extension.Noise(1.3), experiment, Variance(experiment, roi, roi)),
            draw => experiment.Slice(experiment.Noisy(coarse, roi, draw).Roi, extension, 1.3, Ramp),
            tolerance: 0.03);
    }

    private static RoiExperiment Experiment(int coarseRotations, double coarseRange_deg, int roiRotations, double centre_px, double angle_deg, double counts = Counts) => new()
    {
        Phantom = Sample,
        CoarseCount = 61,
        CoarseStep_um = 5,
        CoarseRotations = coarseRotations,
        CoarseRange_deg = coarseRange_deg,
        RoiCount = 41,
        RoiRotations = roiRotations,
        RoiCentre_px = centre_px,
        X_um = 30,
        Y_um = -22,
        Angle_deg = angle_deg,
        Counts = counts,
    };

    // Of counts n / perUnit each.
    private static float[] Variance(RoiExperiment experiment, float[] values, float[] roi)
    {
        double perUnit = experiment.Counts / roi.Average();
        return [.. values.Select(v => (float)(Math.Max(0, v) / perUnit))];
    }

    private static float[] Sigma(NoiseMap map, RoiExperiment experiment, float[] variance)
    {
        float[] sigma = new float[experiment.RoiCount * experiment.RoiCount];
        map.Compute(experiment.RoiAngles_rad, variance, sigma);
        return sigma;
    }

    private static void AssertSpread(RoiExperiment experiment, float[] sigma, Func<long, float[]> slice, double tolerance)
    {
        double[] sums = new double[sigma.Length], squares = new double[sigma.Length];
        for (int draw = 0; draw < Draws; draw++)
        {
            float[] drawn = slice(draw + 1);
            for (int i = 0; i < drawn.Length; i++)
            {
                sums[i] += drawn[i];
                squares[i] += drawn[i] * (double)drawn[i];
            }
        }

        double[] ratios =
        [
            .. Enumerable.Range(0, sigma.Length).Where(i => float.IsFinite(sigma[i])).Select(i =>
                Math.Sqrt((squares[i] - (sums[i] * sums[i] / Draws)) / (Draws - 1)) / sigma[i]),
        ];
        double worst = ratios.Average(r => Math.Abs(r - 1));
        TestContext.Current.SendDiagnosticMessage(
            $"spread / σ: mean {ratios.Average():F3}, least {ratios.Min():F3}, largest {ratios.Max():F3}, mean distance from 1 {worst:F3}; σ {sigma.Where(float.IsFinite).Average():G3}");
        double radius = (experiment.RoiCount / 2) - Math.Abs(experiment.RoiCentre_px);
        Assert.InRange(ratios.Length, 0.9 * Math.PI * radius * radius, 1.1 * Math.PI * radius * radius);
        Assert.InRange(ratios.Average(), 1 - tolerance, 1 + tolerance);

        // A standard deviation of 400 draws has a spread of 3.5 %; five of those either way besides.
        Assert.All(ratios, r => Assert.InRange(r, 1 - tolerance - 0.18, 1 + tolerance + 0.18));
    }
}
