using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Phantoms.Samples;

namespace XrdCt.Live.Tests.Simulators;

/// <summary>The simulated stage that is not where the plan has it, and whether the processor finds that out.</summary>
public sealed class StageTests
{
    [Fact]
    public void At_AnotherSlice_IsTheSameExperiment()
    {
        VirtualExperiment first = new(new ScanPlan(5, 4, 200), Phantoms.Detector.PilatusCdTe2M.DefaultGeometry, 1)
        {
            Backlash_um = 1,
            AxisOffset_um = 2,
            SampleShift = (3, 4),
            PositionJitter_um = 5,
            Attenuation_perMm = 0.6,
        };
        VirtualExperiment second = first.At(1, 20);
        Assert.Equal((1, 2, (3, 4), 5, 0.6), (second.Backlash_um, second.AxisOffset_um, second.SampleShift, second.PositionJitter_um, second.Attenuation_perMm));
        Assert.NotEqual(first.Seed, second.Seed);
    }

    [Fact]
    public void SampleShift_APlaceThatStagesBroughtToTheAxis_IsMetThereAtEveryAngle()
    {
        VirtualExperiment coarse = SimulatedScan.Of(new ScanPlan(31, 24, 40));
        var moved = new VirtualExperiment(coarse.Plan, coarse.Detector, coarse.Disc, 1) { SampleShift = (-120, 80) };
        for (int rotation = 0; rotation < 24; rotation++)
        {
            // The beam through the axis meets the place (120, −80) of the sample.
            double angle_rad = coarse.Plan.Angle_deg(rotation) * Math.PI / 180;
            Assert.Equal((120 * Math.Cos(angle_rad)) + (80 * Math.Sin(angle_rad)), moved.Beam_um(new ScanCell(rotation, 15)), 1e-9);
        }

        Assert.Equal((-120, 80), moved.At(1, 10).SampleShift);
    }

    [Fact]
    public void Beam_ForwardLines_AreWhereThePlanHasThemLessTheAxis()
    {
        VirtualExperiment experiment = SimulatedScan.Of(new ScanPlan(31, 8, 40, new ScanPath(ScanOrder.TranslationFast, IsZigzag: true)));
        var off = new VirtualExperiment(experiment.Plan, experiment.Detector, experiment.Disc, 1) { Backlash_um = 7, AxisOffset_um = 30 };
        Assert.Equal((-600 - 30.0, -560 - 30.0), (off.Beam_um(new ScanCell(0, 0)), off.Beam_um(new ScanCell(2, 1))));
        Assert.Equal((-600 - 23.0, -560 - 23.0), (off.Beam_um(new ScanCell(1, 0)), off.Beam_um(new ScanCell(3, 1))));
        Assert.Equal(0, experiment.Beam_um(new ScanCell(3, 15)));
    }

    [Theory]
    [InlineData("translation-fast-zigzag", 12.0)]
    [InlineData("interlaced-zigzag", -5.0)]
    public void FindShift_SimulatedBacklash_IsFound(string path, double backlash_um)
    {
        const double Step_um = 10;
        var plan = new ScanPlan(121, 40, Step_um, ScanPath.ByName[path]);
        VirtualExperiment whole = SimulatedScan.Of(plan);
        var experiment = new VirtualExperiment(plan, whole.Detector, whole.Disc, 1) { Backlash_um = backlash_um };
        float[] sinogram = new float[plan.CellCount];
        for (int i = 0; i < sinogram.Length; i++)
        {
            var cell = new ScanCell(i / 121, i % 121);
            sinogram[i] = (float)(experiment.Path_um(cell, SampleComponent.NmcCore) + experiment.Path_um(cell, SampleComponent.NmcRim));
        }

        LineShift shift = LineAlignment.FindShift(plan, sinogram);
        Assert.InRange((shift.Shift_px * Step_um) - backlash_um, -1, 1);
        Assert.True(shift.IsSignificant);
        Assert.True(LineAlignment.Judge(plan, sinogram).IsZigzag);
    }
}
