using XrdCt.Live.Compute.Centring;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Tests.Centring;

public sealed class SweepCentreTests
{
    private const double Noise = 0.01;
    private const double Sigmas = 4;

    [Theory]
    [InlineData(180, -3.7, 1, 0.15)]
    [InlineData(180, 0.5, 1, 0.15)]
    [InlineData(180, 3.7, 1, 0.15)]
    [InlineData(180, 2.3, 0.6, 0.5)]
    [InlineData(360, -2.3, 1, 0.15)]
    [InlineData(360, 1.1, 0.6, 0.5)]
    public void Find_KnownOffset_IsFoundWithinItsUncertainty(double range_deg, double truth, double share, double largest)
    {
        ScanPlan plan = new(101, range_deg == 180 ? 100 : 200, 10, ScanOrder.Interlaced, range_deg);
        float[] sinogram = GrainPhantom.Until(plan, GrainPhantom.Sinogram(plan, truth, Noise), share);
        CentreEstimate estimate = SweepCentre.Find(plan, sinogram);
        Assert.True(estimate.IsDetermined, estimate.Status);
        Assert.InRange(estimate.Uncertainty_px, 0.01, largest);
        Assert.InRange(estimate.Offset_px - truth, -Math.Min(0.15, Sigmas * estimate.Uncertainty_px), Math.Min(0.15, Sigmas * estimate.Uncertainty_px));
    }

    [Fact]
    public void Find_NoisyScans_AreNotSurerThanTheyScatter()
    {
        ScanPlan plan = new(101, 60, 10);
        double[] pulls = [.. Enumerable.Range(0, 10).Select(seed =>
        {
            CentreEstimate estimate = SweepCentre.Find(plan, GrainPhantom.Sinogram(plan, 0.7, 0.03, seed));
            return estimate.IsDetermined ? (estimate.Offset_px - 0.7) / estimate.Uncertainty_px : 0;
        })];
        Assert.InRange(Math.Sqrt(pulls.Average(p => p * p)), 0.05, 1.5);
    }

    [Fact]
    public void Find_WiderRange_ReachesFarther()
    {
        ScanPlan plan = new(101, 100, 10);
        float[] sinogram = GrainPhantom.Sinogram(plan, 7.4, Noise);
        Assert.Contains("end of the range", SweepCentre.Find(plan, sinogram).Status, StringComparison.Ordinal);
        Assert.Equal(7.4, SweepCentre.Find(plan, sinogram, 10).Offset_px, 0.15);
        Assert.Throws<ArgumentOutOfRangeException>(() => SweepCentre.Find(plan, sinogram, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => SweepCentre.Find(plan, sinogram, 51));
        Assert.Throws<ArgumentOutOfRangeException>(() => SweepCentre.Find(plan, sinogram, double.NaN));
    }

    [Fact]
    public void Find_FirstHalfOfTheAnglesInOrder_IsUndetermined()
    {
        ScanPlan plan = new(101, 100, 10);
        CentreEstimate estimate = SweepCentre.Find(plan, GrainPhantom.Until(plan, GrainPhantom.Sinogram(plan, 1, Noise), 0.5));
        Assert.False(estimate.IsDetermined);
        Assert.Contains("50 projections with a gap of 91.8°", estimate.Status, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_NothingToGoBy_SaysSo()
    {
        ScanPlan plan = new(91, 100, 10);
        ScanPlan whole = new(151, 100, 10);
        float[] truncated = MassCentreTests.Cut(whole, GrainPhantom.Sinogram(whole, 0.8, Noise), 30, 91);
        Assert.Contains("beyond the sample", SweepCentre.Find(plan, truncated).Status, StringComparison.Ordinal);
        float[] empty = new float[plan.CellCount];
        Assert.False(SweepCentre.Find(plan, empty).IsDetermined);
        empty.AsSpan().Fill(float.NaN);
        Assert.False(SweepCentre.Find(plan, empty).IsDetermined);
        Assert.Contains("1 projections", SweepCentre.Find(plan, GrainPhantom.Until(plan, GrainPhantom.Sinogram(plan, 0), 0.01)).Status, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SweepCentre.Find(plan, empty.AsSpan(1)));
    }

    [Fact]
    public void Find_DeadAndFaintLines_AreLeftOut()
    {
        ScanPlan plan = new(101, 100, 10);
        float[] sinogram = GrainPhantom.Sinogram(plan, 1.6, Noise);
        sinogram.AsSpan(20 * 101, 101).Clear();
        sinogram.AsSpan(60 * 101, 101).Clear();
        foreach (ref float value in sinogram.AsSpan(80 * 101, 101))
        {
            value *= 0.5f;
        }

        CentreEstimate estimate = SweepCentre.Find(plan, sinogram);
        Assert.Equal(1.6, estimate.Offset_px, 0.15);
        Assert.StartsWith("97 projections", estimate.Status, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_SymmetricDisc_IsFound()
    {
        ScanPlan plan = new(101, 100, 10);
        Assert.Equal(-1.3, SweepCentre.Find(plan, GrainPhantom.Symmetric(plan, -1.3, Noise)).Offset_px, 0.15);
    }
}
