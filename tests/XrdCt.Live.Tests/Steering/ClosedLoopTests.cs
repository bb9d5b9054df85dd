using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Stages;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Phantoms.Samples;
using XrdCt.Live.Tests.Simulators;

namespace XrdCt.Live.Tests.Steering;

/// <summary>A place of a coarse scan, the moves that bring it onto the axis, the simulated sample moved by them, and where the ROI scan's own data then say that its axis is.</summary>
public sealed class ClosedLoopTests
{
    private static readonly VirtualExperiment Coarse = SimulatedScan.Of(new ScanPlan(111, 60, 10));

    private static readonly Lazy<float[]> CoarseSinogram = new(() => Total(Coarse));

    [Theory]
    [InlineData(150, 120)]
    [InlineData(-150, 120)]
    [InlineData(-150, -120)]
    [InlineData(150, -120)]
    public void RoiScan_AfterTheMoves_LiesWhereItWasWanted(double x_um, double y_um)
    {
        // Motors that run neither along x nor y, nor at right angles, found when the rotation stood elsewhere.
        SampleStages stages = new(new StageMotor("px") { Direction_deg = 200 }, new StageMotor("py") { Direction_deg = 95 }) { CalibratedAt_deg = 25, RotationZero_deg = -10 };
        (MotorMove first, MotorMove second) = stages.Bring(x_um, y_um);
        var plan = new ScanPlan(121, 60, 2);
        var roi = new VirtualExperiment(plan, Coarse.Detector, Coarse.Disc, 1) { SampleShift = stages.Shift(first.By_mm, second.By_mm) };

        // The search begins 6 µm aside: what it finds is in the data.
        RoiAlignment found = RoiRegistration.Fit(
            ScanRays.Of(Coarse.Plan, 0), CoarseSinogram.Value, ScanRays.Of(plan, 0), Total(roi), new RoiRegistrationOptions { X_um = x_um + 5, Y_um = y_um - 3 });

        Assert.True(found.IsFitted, found.Status);
        Assert.InRange(Math.Sqrt(Math.Pow(found.X_um - x_um, 2) + Math.Pow(found.Y_um - y_um, 2)), 0, 2);
        Assert.Equal(1, found.Scale, 0.02);
    }

    private static float[] Total(VirtualExperiment experiment)
    {
        ScanPlan plan = experiment.Plan;
        float[] sinogram = new float[plan.CellCount];
        for (int i = 0; i < sinogram.Length; i++)
        {
            var cell = new ScanCell(i / plan.TranslationCount, i % plan.TranslationCount);
            sinogram[i] = (float)(experiment.Path_um(cell, SampleComponent.NmcCore) + experiment.Path_um(cell, SampleComponent.NmcRim));
        }

        return sinogram;
    }
}
