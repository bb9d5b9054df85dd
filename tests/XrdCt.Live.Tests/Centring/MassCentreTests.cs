using XrdCt.Live.Compute.Centring;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Tests.Centring;

public sealed class MassCentreTests
{
    // Noise of one percent of the brightest cell; what the estimate claims must hold within four standard uncertainties.
    private const double Noise = 0.01;
    private const double Sigmas = 4;

    [Theory]
    [InlineData(-3.7, 101)]
    [InlineData(-0.5, 101)]
    [InlineData(0, 100)]
    [InlineData(2.3, 100)]
    [InlineData(3.7, 101)]
    public void Find_KnownOffset_IsFoundWithinItsUncertainty(double truth, int translations)
    {
        ScanPlan plan = new(translations, 80, 10, ScanOrder.Interlaced);
        float[] sinogram = GrainPhantom.Sinogram(plan, truth, Noise);
        foreach (double share in new[] { 0.3, 0.6, 1 })
        {
            Holds(truth, MassCentre.Find(plan, GrainPhantom.Until(plan, sinogram, share)), largest: 0.06);
        }
    }

    [Fact]
    public void Find_NoNoise_IsExactToAHundredth()
    {
        ScanPlan plan = new(101, 80, 10);
        Assert.Equal(1.3, MassCentre.Find(plan, GrainPhantom.Sinogram(plan, 1.3)).Offset_px, 0.01);
    }

    [Fact]
    public void Find_UncertaintyOverManyScans_IsTheScatter()
    {
        ScanPlan plan = new(101, 40, 10);
        double[] pulls = [.. Enumerable.Range(0, 40).Select(seed =>
        {
            CentreEstimate estimate = MassCentre.Find(plan, GrainPhantom.Sinogram(plan, 0.7, Noise, seed));
            return (estimate.Offset_px - 0.7) / estimate.Uncertainty_px;
        })];
        Assert.InRange(Math.Sqrt(pulls.Average(p => p * p)), 0.6, 1.5);
    }

    [Fact]
    public void Find_FirstThirdOfTheAnglesInOrder_IsLessCertain()
    {
        ScanPlan plan = new(101, 90, 10);
        float[] sinogram = GrainPhantom.Sinogram(plan, -1.4, Noise);
        CentreEstimate early = MassCentre.Find(plan, GrainPhantom.Until(plan, sinogram, 0.35));
        CentreEstimate late = MassCentre.Find(plan, sinogram);
        Holds(-1.4, early, largest: 1);
        Holds(-1.4, late, largest: 0.06);
        Assert.InRange(early.Uncertainty_px / late.Uncertainty_px, 5, 100);
    }

    [Theory]
    [InlineData(180)]
    [InlineData(360)]
    public void Find_DeadAndBrightLinesAndGaps_AreLeftOutOrBridged(double range_deg)
    {
        ScanPlan plan = new(101, 80, 10, default, range_deg);
        float[] sinogram = GrainPhantom.Sinogram(plan, 2.1, Noise);
        foreach (int dead in new[] { 3, 31, 32, 77 })
        {
            sinogram.AsSpan(dead * 101, 101).Clear();
        }

        sinogram[(50 * 101) + 80] += 3000;
        sinogram[(51 * 101) + 20] += 400;
        sinogram.AsSpan((11 * 101) + 40, 5).Fill(float.NaN);
        sinogram.AsSpan((12 * 101) + 20, 60).Fill(float.NaN);
        CentreEstimate estimate = MassCentre.Find(plan, sinogram);
        Holds(2.1, estimate, largest: 0.06);
        Assert.StartsWith("7", estimate.Status, StringComparison.Ordinal);
        Assert.Contains("of 79", estimate.Status, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_FaintSpotsOnOneSide_DoNotPull()
    {
        // Each is half a percent of the mass, and moves its projection's centre by 0.2 steps.
        ScanPlan plan = new(101, 80, 10);
        float[] sinogram = GrainPhantom.Sinogram(plan, 0.3, 0.001);
        float spot = (float)(0.005 * sinogram.AsSpan(0, 101).ToArray().Sum(v => v - GrainPhantom.Air));
        for (int rotation = 3; rotation < 80; rotation += 8)
        {
            sinogram[(rotation * 101) + 90] += spot;
        }

        CentreEstimate estimate = MassCentre.Find(plan, sinogram);
        Holds(0.3, estimate, largest: 0.01);
        Assert.Equal(0.3, estimate.Offset_px, 0.01);
    }

    [Fact]
    public void Find_SymmetricDisc_IsFound()
    {
        ScanPlan plan = new(101, 60, 10);
        Holds(-2.6, MassCentre.Find(plan, GrainPhantom.Symmetric(plan, -2.6, Noise)), largest: 0.06);
    }

    [Fact]
    public void Find_LastRotationRepeatsTheFirst_IsNotCountedTwice()
    {
        ScanPlan plan = new(101, 61, 10) { IncludesEnd = true };
        Assert.Contains("of 60", MassCentre.Find(plan, GrainPhantom.Sinogram(plan, 0.4, Noise)).Status, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_Truncated_IsUndetermined()
    {
        // The same sample in a field of view of six tenths of it.
        ScanPlan whole = new(151, 80, 10);
        ScanPlan inside = new(91, 80, 10);
        CentreEstimate estimate = MassCentre.Find(inside, Cut(whole, GrainPhantom.Sinogram(whole, 0.8, Noise), 30, 91));
        Assert.False(estimate.IsDetermined);
        Assert.Contains("beyond the sample", estimate.Status, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_SampleSwingsOutOnOneSide_IsUndetermined()
    {
        ScanPlan whole = new(151, 80, 10);
        ScanPlan inside = new(123, 80, 10);
        CentreEstimate estimate = MassCentre.Find(inside, Cut(whole, GrainPhantom.Sinogram(whole, 0, x_px: 9), 14, 123));
        Assert.False(estimate.IsDetermined);
        Assert.Contains("end inside the sample", estimate.Status, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_NothingToGoBy_SaysSo()
    {
        ScanPlan plan = new(101, 80, 10);
        float[] sinogram = GrainPhantom.Sinogram(plan, 0.4, Noise);
        float[] empty = new float[plan.CellCount];
        Assert.Contains("nothing stands", MassCentre.Find(plan, empty).Status, StringComparison.Ordinal);
        Assert.Contains("1 projections can be used", MassCentre.Find(plan, GrainPhantom.Until(plan, sinogram, 1.0 / 80)).Status, StringComparison.Ordinal);
        Assert.False(MassCentre.Find(plan, GrainPhantom.Until(plan, sinogram, 7.0 / 80)).IsDetermined);
        empty.AsSpan().Fill(float.NaN);
        CentreEstimate estimate = MassCentre.Find(plan, empty);
        Assert.Equal("no projection is measured yet", estimate.Status);
        Assert.True(double.IsNaN(estimate.Offset_px) && double.IsNaN(estimate.Uncertainty_px));
        empty.AsSpan().Fill(float.PositiveInfinity);
        Assert.False(MassCentre.Find(plan, empty).IsDetermined);
        Assert.Throws<ArgumentException>(() => MassCentre.Find(plan, empty.AsSpan(1)));
    }

    internal static float[] Cut(ScanPlan whole, float[] sinogram, int first, int count) =>
        [.. Enumerable.Range(0, whole.RotationCount).SelectMany(r => sinogram[((r * whole.TranslationCount) + first)..][..count])];

    private static void Holds(double truth, CentreEstimate estimate, double largest)
    {
        Assert.True(estimate.IsDetermined, estimate.Status);
        Assert.InRange(estimate.Uncertainty_px, 1e-4, largest);
        Assert.InRange(estimate.Offset_px - truth, -Sigmas * estimate.Uncertainty_px, Sigmas * estimate.Uncertainty_px);
    }
}
