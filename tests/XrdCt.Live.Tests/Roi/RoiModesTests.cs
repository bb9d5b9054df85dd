using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Roi;

/// <summary>
/// The paper's geometry: 1 mm electrode disc, coarse scan of 10 µm steps, field of view of 251 µm at 1 µm, 250 angles, 10 % less beam, 3 µm
/// beside the nominal place. Errors are shares of the mean inside 0.95 of the circle; the slowly varying error is that of the slice smoothed by
/// a Gaussian of σ = 20 µm. docs/roi-correction.md has the numbers.
/// </summary>
public sealed class RoiModesTests
{
    private const double Smoothing_um = 20;
    private static readonly DiscPhantom Electrode = DiscPhantom.Electrode(1);

    [Theory]
    [InlineData(0, 0, true, 250, 180)]
    [InlineData(0, 0, false, 250, 180)]
    [InlineData(120, -80, true, 250, 180)]
    [InlineData(120, -80, false, 250, 180)]
    [InlineData(120, -80, true, 180, 180)]
    [InlineData(120, -80, true, 361, 360)]
    public void Slice_AfterRegistration_IsFreedFromTheOutside(double x_um, double y_um, bool isSmeared, int coarseRotations, double coarseRange_deg)
    {
        var experiment = new RoiExperiment
        {
            Phantom = Electrode,
            X_um = x_um,
            Y_um = y_um,
            RoiCentre_px = 1.3,
            IsSmeared = isSmeared,
            CoarseRotations = coarseRotations,
            CoarseRange_deg = coarseRange_deg,
            Counts = 20_000,
        };
        (float[] coarse, float[] roi) = experiment.Measure();
        RoiAlignment found = RoiRegistration.Fit(
            experiment.CoarseRays,
            coarse,
            experiment.RoiRays(0),
            roi,
            new RoiRegistrationOptions { X_um = x_um + 3, Y_um = y_um - 3, IsCoarseSmeared = isSmeared, SearchRadius_um = 10, SearchAxis_um = 10 });
        Assert.True(found.IsFitted, found.Status);
        Assert.Equal(x_um, found.X_um, 3 * found.XUncertainty_um);
        Assert.Equal(y_um, found.Y_um, 3 * found.YUncertainty_um);
        Assert.Equal(0.9, found.Scale, 3 * found.ScaleUncertainty);

        const RampFilter Ramp = RampFilter.SheppLogan;
        (double naive, _, _) = Errors(experiment, roi, null, found);
        Assert.InRange(naive, 1, 10);

        var completion = new RoiCompletion(251, 1, found, new CoarseSinogram(experiment.CoarseRays, coarse), Ramp);
        (double completed, double bias, double correlation) = Errors(experiment, roi, completion, found);
        Assert.InRange(completed, 0, 0.01);
        Assert.InRange(bias, -0.005, 0.005);
        Assert.InRange(correlation, 0.8, 1);

        var subtraction = new RoiSubtraction(251, 1, found, experiment.CoarseSlice(coarse), 251, 10, Ramp);
        (double subtracted, bias, _) = Errors(experiment, roi, subtraction, found);
        Assert.InRange(subtracted, completed, 0.04);
        Assert.InRange(bias, -0.02, 0.02);

        (double extended, _, correlation) = Errors(experiment, roi, new RoiExtension(251, Ramp, 750), found);
        Assert.InRange(extended, subtracted, 0.5);
        Assert.InRange(correlation, 0.8, 1);
    }

    [Fact]
    public void Completion_ScaleOrPlaceWrong_ShowsInSliceAndOverlap()
    {
        var experiment = new RoiExperiment { Phantom = Electrode };
        (float[] coarse, float[] roi) = experiment.Measure();
        var sinogram = new CoarseSinogram(experiment.CoarseRays, coarse);
        double At(RoiAlignment alignment) =>
            Errors(experiment, roi, new RoiCompletion(251, 1, alignment, sinogram, RampFilter.SheppLogan), alignment).LowFrequency;
        double right = At(experiment.True);
        Assert.InRange(At(experiment.True with { Scale = 1 }), 0.3, 1);
        Assert.InRange(At(experiment.True with { X_um = 10, Y_um = -10 }), 2 * right, 0.1);
    }

    private static (double LowFrequency, double Bias, double Correlation) Errors(
        RoiExperiment experiment, float[] roi, IRoiFilter? filter, RoiAlignment alignment) =>
        experiment.Errors(experiment.Slice(roi, filter, alignment.Centre_px), alignment.Centre_px, Smoothing_um);
}
