using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Phantoms;

namespace XrdCt.Live.Tests.Roi;

public sealed class RoiRegistrationTests
{
    private static readonly DiscPhantom Electrode = DiscPhantom.Electrode(1);

    private static readonly RoiExperiment Paper = new()
    {
        Phantom = Electrode,
        X_um = 121,
        Y_um = -80,
        RoiCentre_px = 1.3,
        CoarseCentre_px = 0.37,
        Angle_deg = 0.13,
        Counts = 2000,
    };

    private static void AssertWithin(RoiExperiment experiment, RoiAlignment found, double sigmas)
    {
        Assert.True(found.IsFitted, found.Status);
        Assert.InRange(Math.Abs(found.X_um - experiment.X_um), 0, sigmas * found.XUncertainty_um);
        Assert.InRange(Math.Abs(found.Y_um - experiment.Y_um), 0, sigmas * found.YUncertainty_um);
        Assert.InRange(Math.Abs(found.Centre_px - experiment.RoiCentre_px), 0, sigmas * found.CentreUncertainty_px);
        Assert.InRange(Math.Abs(found.Angle_rad - (experiment.Angle_deg * Math.PI / 180)), 0, sigmas * found.AngleUncertainty_rad);
        Assert.InRange(Math.Abs(found.Scale - experiment.Scale), 0, sigmas * found.ScaleUncertainty);

        // Half a micrometre and a twentieth of a degree: an uncertainty that covers anything would not be one.
        Assert.InRange(Math.Max(found.XUncertainty_um, Math.Max(found.YUncertainty_um, found.CentreUncertainty_px)), 0, 0.5);
        Assert.InRange(found.AngleUncertainty_rad, 0, 0.05 * Math.PI / 180);
        Assert.InRange(found.ScaleUncertainty / found.Scale, 0, 0.002);
    }

    [Theory]
    [InlineData(true, 250, 180)]
    [InlineData(false, 250, 180)]
    [InlineData(true, 180, 180)]
    [InlineData(true, 361, 360)]
    [InlineData(true, 360, 360)]
    public void Fit_ThreeMicrometresAndTenPercentOff_IsFound(bool isSmeared, int coarseRotations, double coarseRange_deg)
    {
        var experiment = new RoiExperiment
        {
            Phantom = Electrode,
            X_um = 121,
            Y_um = -80,
            RoiCentre_px = 1.3,
            CoarseCentre_px = 0.37,
            Angle_deg = 0.13,
            Counts = 2000,
            IsSmeared = isSmeared,
            CoarseRotations = coarseRotations,
            CoarseRange_deg = coarseRange_deg,
        };
        (float[] coarse, float[] roi) = experiment.Measure();
        RoiAlignment found = RoiRegistration.Fit(
            experiment.CoarseRays, coarse, experiment.RoiRays(0), roi, new RoiRegistrationOptions { X_um = 124, Y_um = -77, IsCoarseSmeared = isSmeared });
        AssertWithin(experiment, found, 3);
        Assert.InRange(found.OverlapResidual, 0.01, 0.06);
        Assert.InRange(found.RayCount, 3000, experiment.CoarseRotations * 25);
        Assert.InRange(found.EffectiveRayCount, 0.5 * found.RayCount, found.RayCount);
    }

    [Theory]
    [InlineData(30, 0, 0)]
    [InlineData(-21, 21, 8)]
    [InlineData(0, -30, -10)]
    public void Fit_FarFromNominal_Converges(double dx_um, double dy_um, double axis_px)
    {
        var experiment = new RoiExperiment
        {
            Phantom = Electrode,
            X_um = 121,
            Y_um = -80,
            RoiCentre_px = 1.3,
            Angle_deg = 0.5,
            Scale = 0.8,
            Counts = 2000,
        };
        (float[] coarse, float[] roi) = experiment.Measure();
        RoiAlignment found = RoiRegistration.Fit(
            experiment.CoarseRays,
            coarse,
            experiment.RoiRays(1.3 + axis_px),
            roi,
            new RoiRegistrationOptions { X_um = 121 + dx_um, Y_um = -80 + dy_um });
        AssertWithin(experiment, found, 3);
    }

    [Theory]
    [InlineData(90, 60)]
    [InlineData(-90, 60)]
    [InlineData(90, -60)]
    [InlineData(-90, -60)]
    public void Fit_FourQuadrants_HaveTheirSigns(double x_um, double y_um)
    {
        // Smaller, without noise: what matters is that no sign is wrong twice.
        var experiment = new RoiExperiment
        {
            Phantom = DiscPhantom.Of((0, 0, 200, 1), (x_um + 11, y_um - 7, 12, 4), (x_um - 17, y_um - 5, 8, 5), (x_um + 3, y_um + 15, 6, 6), (40, 150, 20, 2), (-130, -20, 30, 1)),
            X_um = x_um,
            Y_um = y_um,
            RoiCount = 61,
            RoiRotations = 90,
            RoiCentre_px = -1.4,
            CoarseCount = 111,
            CoarseStep_um = 4,
            CoarseRotations = 90,
            Angle_deg = 1,
            Scale = 1.2,
        };
        (float[] coarse, float[] roi) = experiment.Measure();
        RoiAlignment found = RoiRegistration.Fit(
            experiment.CoarseRays, coarse, experiment.RoiRays(0), roi, new RoiRegistrationOptions { X_um = x_um + 4, Y_um = y_um + 3, SearchRadius_um = 12, SearchAxis_um = 4 });
        Assert.True(found.IsFitted, found.Status);
        Assert.Equal(x_um, found.X_um, 0.2);
        Assert.Equal(y_um, found.Y_um, 0.2);
        Assert.Equal(-1.4, found.Centre_px, 0.2);
        Assert.Equal(1, found.Angle_rad * 180 / Math.PI, 0.1);
        Assert.Equal(1.2, found.Scale, 0.005);
    }

    [Fact]
    public void Fit_ManyNoiseDraws_UncertaintiesAreHonest()
    {
        const int Draws = 60;
        RoiExperiment experiment = Honest;
        (float[] coarseExact, float[] roiExact) = experiment.Exact();
        double[] squares = new double[5];
        for (int draw = 0; draw < Draws; draw++)
        {
            (float[] coarse, float[] roi) = experiment.Noisy(coarseExact, roiExact, 1000 + draw);
            RoiAlignment found = RoiRegistration.Fit(
                experiment.CoarseRays,
                coarse,
                experiment.RoiRays(0),
                roi,
                new RoiRegistrationOptions { X_um = 122, Y_um = -79, SearchRadius_um = 0, SearchAxis_um = 0 });
            Assert.True(found.IsFitted, found.Status);
            squares[0] += Math.Pow((found.X_um - experiment.X_um) / found.XUncertainty_um, 2);
            squares[1] += Math.Pow((found.Y_um - experiment.Y_um) / found.YUncertainty_um, 2);
            squares[2] += Math.Pow((found.Centre_px - experiment.RoiCentre_px) / found.CentreUncertainty_px, 2);
            squares[3] += Math.Pow((found.Angle_rad - (experiment.Angle_deg * Math.PI / 180)) / found.AngleUncertainty_rad, 2);
            squares[4] += Math.Pow((found.Scale - experiment.Scale) / found.ScaleUncertainty, 2);
        }

        Assert.All(squares, s => Assert.InRange(Math.Sqrt(s / Draws), 0.7, 1.4));
    }

    private static RoiExperiment Honest => new()
    {
        Phantom = Electrode,
        X_um = 121,
        Y_um = -80,
        RoiCentre_px = 1.3,
        CoarseCentre_px = 0.37,
        Angle_deg = 0.13,
        Counts = 200,
        CoarseCount = 111,
    };

    [Fact]
    public void Fit_SpotsAndGaps_HardlyMatter()
    {
        (float[] coarse, float[] roi) = Paper.Measure();
        var random = new SeededRandom(5);
        for (int k = 0; k < coarse.Length / 100; k++)
        {
            coarse[random.NextIndex(coarse.Length)] *= 10;
            coarse[random.NextIndex(coarse.Length)] = float.NaN;
            roi[random.NextIndex(roi.Length)] *= 30;
            roi[random.NextIndex(roi.Length)] = float.NaN;
        }

        RoiAlignment found = RoiRegistration.Fit(Paper.CoarseRays, coarse, Paper.RoiRays(0), roi, new RoiRegistrationOptions { X_um = 124, Y_um = -77 });

        // A tenth of the averaged rays holds a spot: they pull the scale up as far as Huber lets them.
        Assert.True(found.IsFitted, found.Status);
        Assert.Equal(Paper.X_um, found.X_um, 0.5);
        Assert.Equal(Paper.Y_um, found.Y_um, 1.0);
        Assert.Equal(Paper.Scale, found.Scale, 0.02);
    }

    [Fact]
    public void Fit_TwoChannels_KnowMoreThanOne()
    {
        (float[] coarse, float[] roi) = Paper.Measure(1);
        (float[] coarse2, float[] roi2) = Paper.Measure(2);
        var options = new RoiRegistrationOptions { X_um = 122, Y_um = -79, SearchRadius_um = 10, SearchAxis_um = 0 };
        RoiAlignment one = RoiRegistration.Fit(Paper.CoarseRays, coarse, Paper.RoiRays(0), roi, options);
        float[] both = [.. coarse.Zip(coarse2).SelectMany(p => new[] { p.First, 50 * p.Second })];
        float[] roiBoth = [.. roi.Zip(roi2).SelectMany(p => new[] { p.First, 50 * p.Second })];
        RoiAlignment two = RoiRegistration.Fit(Paper.CoarseRays, both, Paper.RoiRays(0), roiBoth, options, 2);
        AssertWithin(Paper, two, 3);
        Assert.Equal(2 * one.RayCount, two.RayCount, 0.02 * two.RayCount);
        Assert.InRange(two.ScaleUncertainty / one.ScaleUncertainty, 0.5, 0.9);
    }

    [Fact]
    public void Fit_AngleHeld_StaysAsGiven()
    {
        (float[] coarse, float[] roi) = Paper.Measure();
        double held = Paper.Angle_deg * Math.PI / 180;
        RoiAlignment found = RoiRegistration.Fit(
            Paper.CoarseRays,
            coarse,
            Paper.RoiRays(0),
            roi,
            new RoiRegistrationOptions { X_um = 122, Y_um = -79, Angle_rad = held, HoldsAngle = true, SearchRadius_um = 10, SearchAxis_um = 0 });
        Assert.True(found.IsFitted, found.Status);
        Assert.Equal(held, found.Angle_rad);
        Assert.True(double.IsNaN(found.AngleUncertainty_rad));
        Assert.Equal(Paper.X_um, found.X_um, 0.3);
    }

    [Fact]
    public void Fit_UniformSample_KeepsTheNominalGeometryAndSaysSo()
    {
        RoiExperiment paper = Paper;
        var random = new SeededRandom(9);
        float[] coarse = new float[paper.CoarseCount * paper.CoarseRotations], roi = new float[paper.RoiCount * paper.RoiRotations];
        for (int i = 0; i < coarse.Length; i++)
        {
            coarse[i] = random.NextPoisson(2000);
        }

        for (int i = 0; i < roi.Length; i++)
        {
            roi[i] = random.NextPoisson(1800);
        }

        RoiAlignment found = RoiRegistration.Fit(paper.CoarseRays, coarse, paper.RoiRays(2), roi, new RoiRegistrationOptions { X_um = 15, Y_um = 5, Angle_rad = 0.01 });
        Assert.False(found.IsFitted);
        Assert.Equal((15, 5, 2, 0.01), (found.X_um, found.Y_um, found.Centre_px, found.Angle_rad));
        Assert.InRange(Math.Abs(found.Scale - 0.9), 0, 4 * found.ScaleUncertainty);
        Assert.InRange(found.ScaleUncertainty, 1e-5, 2e-3);
        Assert.Contains("nominal", found.Status, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_AnotherSample_IsRefused()
    {
        (float[] coarse, _) = new RoiExperiment { Phantom = DiscPhantom.Electrode(1, isHeterogeneous: false), CoarseCentre_px = 0.37, Counts = 2000 }.Measure();
        (_, float[] other) = new RoiExperiment { Phantom = DiscPhantom.Electrode(77, isHeterogeneous: false), X_um = 121, Y_um = -80, Counts = 2000 }.Measure();
        RoiAlignment found = RoiRegistration.Fit(Paper.CoarseRays, coarse, Paper.RoiRays(0), other, new RoiRegistrationOptions { X_um = 121, Y_um = -80 });
        Assert.False(found.IsFitted);
        Assert.Equal(121, found.X_um);
        Assert.InRange(found.OverlapResidual, 0.04, 1);
    }

    [Fact]
    public void Fit_NothingInCommon_SaysSo()
    {
        (float[] coarse, float[] roi) = Paper.Measure();
        RoiAlignment away = RoiRegistration.Fit(Paper.CoarseRays, coarse, Paper.RoiRays(0), roi, new RoiRegistrationOptions { X_um = 9000, Y_um = 9000 });
        Assert.False(away.IsFitted);
        Assert.Equal(9000, away.X_um);
        Array.Fill(roi, float.NaN);
        RoiAlignment blind = RoiRegistration.Fit(Paper.CoarseRays, coarse, Paper.RoiRays(0), roi);
        Assert.False(blind.IsFitted);
        Assert.Equal(1, blind.Scale);
        Assert.Contains("no ray in common", blind.Status, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RoiRegistration.Fit(Paper.CoarseRays, coarse.AsSpan(1), Paper.RoiRays(0), roi));
    }
}
