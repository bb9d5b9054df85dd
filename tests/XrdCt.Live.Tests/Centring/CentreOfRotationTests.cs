using PureHDF;
using PureHDF.VOL.Native;
using XrdCt.Live.Compute.Centring;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Phantoms.Samples;
using XrdCt.Live.Tests.Simulators;

namespace XrdCt.Live.Tests.Centring;

public sealed class CentreOfRotationTests
{
    private static readonly ScanPlan Fine = new(101, 80, 2);

    [Fact]
    public void Find_ReferenceSinogram_IsHalfAStepFromTheMiddle()
    {
        // Its axis is at sample 354.000 of 708, which is N/2; the "+0.500" that it is known for counts from the middle, 353.5.
        using NativeFile file = H5File.OpenRead(ReferenceData.Require("image1_sinogram.hdf5"));
        float[] stored = file.Dataset("/data/sinogram_00000").Read<float[]>();
        ScanPlan plan = new(708, 180, 1);
        float[] sinogram = new float[stored.Length];
        for (int i = 0; i < stored.Length; i++)
        {
            sinogram[(i % 180 * 708) + (i / 180)] = stored[i];
        }

        const double FromMiddle_px = 0.5;
        CentreEstimate mass = MassCentre.Find(plan, sinogram);
        CentreEstimate sweep = SweepCentre.Find(plan, sinogram);
        CentreEstimate pair = PairCentre.Find(plan, sinogram);
        Assert.Equal(FromMiddle_px, mass.FromMiddle_px(plan), 0.02);
        Assert.Equal(FromMiddle_px, sweep.FromMiddle_px(plan), 0.02);
        Assert.Contains("ends before 180°", pair.Status, StringComparison.Ordinal);
        CentreOfRotation centre = CentreOfRotation.Combine(plan, pair, mass, sweep);
        Assert.Equal(0, centre.Offset_px, 0.02);
        Assert.False(centre.Disagrees);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void Combine_DemoScanFromHalfCoverageOn_IsWithinATenthOfAStep(double axis_um)
    {
        ScanPlan plan = new(101, 80, 10, ScanOrder.Interlaced);
        float[] whole = Demo(plan, axis_um);
        foreach (double share in new[] { 0.5, 0.55, 0.75, 0.9, 1 })
        {
            float[] sinogram = GrainPhantom.Until(plan, whole, share);
            CentreOfRotation centre = CentreOfRotation.Combine(
                plan, PairCentre.Find(plan, sinogram), MassCentre.Find(plan, sinogram), SweepCentre.Find(plan, sinogram));
            Assert.True(centre.IsDetermined, centre.Status);
            Assert.False(centre.Disagrees, centre.Status);
            Assert.Equal(axis_um / plan.Step_um, centre.Offset_px, 0.1);
            Assert.InRange(centre.Uncertainty_px, 0, 0.1);
        }
    }

    [Fact]
    public void Combine_Agreeing_IsTheWeightedMean()
    {
        CentreOfRotation centre = CentreOfRotation.Combine(
            Fine, Estimate(CentreMethod.Pair, 1.00, 0.01), Estimate(CentreMethod.Mass, 1.04, 0.02), Nothing(CentreMethod.Sweep));
        Assert.Equal(1.008, centre.Offset_px, 1e-9);

        // χ² = (0.008/0.01)² + (0.032/0.02)² = 3.2 of one degree of freedom widens 1/√(1/0.01² + 1/0.02²).
        Assert.Equal(Math.Sqrt(3.2) * 0.02 / Math.Sqrt(5), centre.Uncertainty_px, 1e-9);
        Assert.False(centre.Disagrees);
        Assert.Equal("the opposite projections and the centre of mass agree", centre.Status);
        Assert.Equal(3, centre.Estimates.Count);
    }

    [Theory]
    [InlineData(0.30, 0.02, true)]
    [InlineData(0.24, 0.02, false)]
    [InlineData(0.30, 0.09, false)]
    public void Combine_FarApart_IsSaid(double apart, double uncertainty, bool disagrees)
    {
        CentreOfRotation centre = CentreOfRotation.Combine(
            Fine, Nothing(CentreMethod.Pair), Estimate(CentreMethod.Mass, 0.1, uncertainty), Estimate(CentreMethod.Sweep, 0.1 + apart, uncertainty));
        Assert.Equal(disagrees, centre.Disagrees);
        Assert.Equal(disagrees, centre.Status.Contains("differ by 0.30 px", StringComparison.Ordinal));
    }

    [Fact]
    public void Combine_Truncated_TakesTheCoarseScans()
    {
        CentreOfRotation centre = CentreOfRotation.Combine(
            Fine, Nothing(CentreMethod.Pair), Nothing(CentreMethod.Mass), Nothing(CentreMethod.Sweep), new AxisPosition(4.2, 0.3));
        Assert.Equal(2.1, centre.Offset_px, 1e-12);
        Assert.Equal(0.15, centre.Uncertainty_px, 1e-12);
        Assert.Contains("taken from the coarse scan, since no reason", centre.Status, StringComparison.Ordinal);
        Assert.Equal(CentreMethod.CoarseScan, centre.Estimates[^1].Method);
    }

    [Fact]
    public void Combine_NotTruncated_LeavesTheCoarseScansAside()
    {
        CentreOfRotation centre = CentreOfRotation.Combine(
            Fine, Nothing(CentreMethod.Pair), Estimate(CentreMethod.Mass, 0.5, 0.1), Nothing(CentreMethod.Sweep), new AxisPosition(9, 0.01));
        Assert.Equal(0.5, centre.Offset_px);
        Assert.False(centre.Disagrees);
    }

    [Fact]
    public void Combine_CoarseScanOfFiveTimesTheStep_IsConverted()
    {
        ScanPlan coarse = new(101, 80, 10);
        AxisPosition? axis = CentreOfRotation.Combine(
            coarse, Nothing(CentreMethod.Pair), Estimate(CentreMethod.Mass, 0.25, 0.02), Nothing(CentreMethod.Sweep)).Position(coarse);
        CentreOfRotation fine = CentreOfRotation.Combine(
            Fine, Nothing(CentreMethod.Pair), Nothing(CentreMethod.Mass), Nothing(CentreMethod.Sweep), axis);
        Assert.Equal(1.25, fine.Offset_px, 1e-12);
        Assert.Equal(0.1, fine.Uncertainty_px, 1e-12);
    }

    [Fact]
    public void Combine_NobodyKnows_IsZeroAndUndetermined()
    {
        CentreOfRotation centre = CentreOfRotation.Combine(
            Fine, Nothing(CentreMethod.Pair), Nothing(CentreMethod.Mass), Nothing(CentreMethod.Sweep));
        Assert.Equal(0, centre.Offset_px);
        Assert.True(double.IsNaN(centre.Uncertainty_px));
        Assert.False(centre.IsDetermined);
        Assert.Null(centre.Position(Fine));
        Assert.Equal("undetermined: no reason", centre.Status);
        Assert.Throws<ArgumentException>(() => CentreOfRotation.Combine(
            Fine, Nothing(CentreMethod.Pair), Nothing(CentreMethod.Mass), Nothing(CentreMethod.Sweep), new AxisPosition(1, 0)));
    }

    /// <summary>
    /// What the demo measures: the simulator's electrode in air, with noise of half a percent and spots in one cell of a hundred. It fills the
    /// scan but for a step on either side, so an axis farther off than that truncates it.
    /// </summary>
    private static float[] Demo(ScanPlan plan, double axis_um)
    {
        var experiment = new VirtualExperiment(plan, SimulatedScan.Detector, SimulatedScan.Disc, SimulatedScan.Seed) { AxisOffset_um = axis_um };
        var random = new Random(11);
        float[] sinogram = new float[plan.CellCount];
        for (int i = 0; i < sinogram.Length; i++)
        {
            ScanCell cell = plan.CellOf(i);
            double total = 200 + experiment.Path_um(cell, SampleComponent.NmcCore) + experiment.Path_um(cell, SampleComponent.NmcRim)
                + (0.1 * experiment.Path_um(cell, SampleComponent.Matrix)) + (0.2 * experiment.Path_um(cell, SampleComponent.Aluminium));
            total *= 1 + (0.005 * (random.NextDouble() - random.NextDouble()) * Math.Sqrt(6)) + (random.Next(100) == 0 ? 0.3 : 0);
            sinogram[(cell.Rotation * plan.TranslationCount) + cell.Translation] = (float)total;
        }

        return sinogram;
    }

    private static CentreEstimate Estimate(CentreMethod method, double offset_px, double uncertainty_px) => new(method, offset_px, uncertainty_px, "found");

    private static CentreEstimate Nothing(CentreMethod method) => CentreEstimate.Undetermined(method, "no reason");
}
