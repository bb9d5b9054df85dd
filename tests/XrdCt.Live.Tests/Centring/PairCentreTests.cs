using XrdCt.Live.Compute.Centring;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Tests.Centring;

public sealed class PairCentreTests
{
    private const double Noise = 0.01;
    private const double Sigmas = 4;

    [Theory]
    [InlineData(180, 81, true, 101)]
    [InlineData(360, 80, false, 101)]
    [InlineData(360, 81, false, 100)]
    [InlineData(360, 81, true, 100)]
    public void Find_KnownOffset_IsFoundWithinItsUncertainty(double range_deg, int rotations, bool includesEnd, int translations)
    {
        ScanPlan plan = new(translations, rotations, 10, ScanOrder.Interlaced, range_deg) { IncludesEnd = includesEnd };
        foreach (double truth in new[] { -3.7, -0.5, 0, 0.25, 2.3, 3.7 })
        {
            CentreEstimate estimate = PairCentre.Find(plan, GrainPhantom.Sinogram(plan, truth, Noise));
            Assert.True(estimate.IsDetermined, estimate.Status);
            Assert.InRange(estimate.Uncertainty_px, 1e-4, 0.06);
            Assert.InRange(estimate.Offset_px - truth, -Sigmas * estimate.Uncertainty_px, Sigmas * estimate.Uncertainty_px);
        }
    }

    [Fact]
    public void Find_UncertaintyOverManyScans_IsTheScatter()
    {
        ScanPlan plan = new(101, 5, 10) { IncludesEnd = true };
        double[] pulls = [.. Enumerable.Range(0, 60).Select(seed =>
        {
            CentreEstimate estimate = PairCentre.Find(plan, GrainPhantom.Sinogram(plan, 0.25, 0.02, seed));
            return (estimate.Offset_px - 0.25) / estimate.Uncertainty_px;
        })];
        Assert.InRange(Math.Sqrt(pulls.Average(p => p * p)), 0.6, 1.6);
    }

    [Fact]
    public void Find_OddNumberOfAnglesOverAWholeTurn_TakesTheOppositeFromBothSides()
    {
        // A few pairs of one side only: the opposite half an angle off would move the centre by A/2·sin(2.2°) of the swing A.
        ScanPlan plan = new(101, 81, 10, default, 360);
        float[] sinogram = GrainPhantom.Until(plan, GrainPhantom.Sinogram(plan, 1.2, x_px: 5), 0.57);
        CentreEstimate estimate = PairCentre.Find(plan, sinogram);
        Assert.Equal("5 pairs", estimate.Status);
        Assert.Equal(1.2, estimate.Offset_px, 0.01);
    }

    [Fact]
    public void Find_HeavyNoise_IsNotDrawnToHalfSteps()
    {
        // Interpolation smooths noise most half-way between samples: without smoothing before, the minimum locks there.
        ScanPlan plan = new(101, 60, 10, default, 360);
        double mean = Enumerable.Range(0, 20).Average(seed => PairCentre.Find(plan, GrainPhantom.Sinogram(plan, 0.12, 0.1, seed)).Offset_px);
        Assert.Equal(0.12, mean, 0.03);
    }

    [Fact]
    public void Find_InsideTheSample_IsFoundAllTheSame()
    {
        ScanPlan whole = new(151, 81, 10) { IncludesEnd = true };
        ScanPlan inside = new(91, 81, 10) { IncludesEnd = true };
        float[] sinogram = MassCentreTests.Cut(whole, GrainPhantom.Sinogram(whole, 0.8, Noise), 30, 91);
        CentreEstimate estimate = PairCentre.Find(inside, sinogram);
        Assert.Equal(0.8, estimate.Offset_px, 0.1);
        Assert.InRange(estimate.Uncertainty_px, 0.001, 0.1);
    }

    [Fact]
    public void Find_NoPair_SaysWhy()
    {
        ScanPlan half = new(101, 80, 10);
        Assert.Contains("ends before 180°", PairCentre.Find(half, GrainPhantom.Sinogram(half, 1)).Status, StringComparison.Ordinal);
        ScanPlan turn = new(101, 81, 10) { IncludesEnd = true };
        float[] sinogram = GrainPhantom.Sinogram(turn, 1, Noise);
        Assert.Contains("yet", PairCentre.Find(turn, GrainPhantom.Until(turn, sinogram, 0.9)).Status, StringComparison.Ordinal);
        sinogram.AsSpan(80 * 101, 101).Clear();
        Assert.Contains("mirror image", PairCentre.Find(turn, sinogram).Status, StringComparison.Ordinal);
        sinogram.AsSpan().Clear();
        Assert.False(PairCentre.Find(turn, sinogram).IsDetermined);
        sinogram.AsSpan().Fill(float.NaN);
        Assert.False(PairCentre.Find(turn, sinogram).IsDetermined);
        ScanPlan one = new(101, 1, 10) { IncludesEnd = true };
        Assert.False(PairCentre.Find(one, GrainPhantom.Sinogram(one, 0)).IsDetermined);
        Assert.Throws<ArgumentException>(() => PairCentre.Find(turn, sinogram.AsSpan(1)));
    }

    [Fact]
    public void Find_OtherSampleFromTheOtherSide_IsNoMirrorImage()
    {
        ScanPlan plan = new(101, 81, 10) { IncludesEnd = true };
        float[] sinogram = GrainPhantom.Sinogram(plan, 0, Noise);
        var random = new Random(3);
        for (int j = 0; j < 101; j++)
        {
            sinogram[(80 * 101) + j] = 100 * random.NextSingle();
        }

        Assert.False(PairCentre.Find(plan, sinogram).IsDetermined);
    }
}
