using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Roi;

public sealed class RadialRebinningTests
{
    private static float[] Rebinned(RadialRebinning rebinning, RadialAxis to, params float[] pattern)
    {
        float[] result = new float[to.BinCount];
        rebinning.Apply(pattern, result);
        return result;
    }

    [Fact]
    public void Apply_OtherBins_IsTheMeanByOverlap()
    {
        var from = new RadialAxis(RadialUnit.Q_invA, 0, 4, 4);
        var to = new RadialAxis(RadialUnit.Q_invA, 0.5, 3.5, 2);
        float[] result = Rebinned(new RadialRebinning(from, to), to, 1, 2, 4, 8);
        Assert.Equal(((0.5f * 1) + 2) / 1.5f, result[0], 1e-6f);
        Assert.Equal((4 + (0.5f * 8)) / 1.5f, result[1], 1e-6f);
    }

    [Fact]
    public void Apply_SameAxis_ChangesNothing()
    {
        var axis = new RadialAxis(RadialUnit.R_mm, 0, 7, 5);
        Assert.Equal([1, 2, float.NaN, 4, 5], Rebinned(new RadialRebinning(axis, axis), axis, 1, 2, float.NaN, 4, 5));
    }

    [Fact]
    public void Apply_BeyondTheAxis_IsNaN()
    {
        var from = new RadialAxis(RadialUnit.Q_invA, 1, 3, 2);
        var to = new RadialAxis(RadialUnit.Q_invA, 0, 5, 5);
        float[] result = Rebinned(new RadialRebinning(from, to), to, 3, 4);
        Assert.Equal([float.NaN, 3, 4, float.NaN, float.NaN], result);
    }

    [Fact]
    public void Apply_MissingBins_CountByWhatIsCovered()
    {
        var from = new RadialAxis(RadialUnit.Q_invA, 0, 8, 8);
        var to = new RadialAxis(RadialUnit.Q_invA, 0, 8, 2);
        float n = float.NaN;
        Assert.Equal([1.5f, n], Rebinned(new RadialRebinning(from, to), to, 1, n, 2, n, 5, n, n, n));
    }

    [Theory]
    [InlineData(RadialUnit.TwoTheta_deg, RadialUnit.Q_invA)]
    [InlineData(RadialUnit.Q_invA, RadialUnit.TwoTheta_deg)]
    [InlineData(RadialUnit.Q_invnm, RadialUnit.D_A)]
    [InlineData(RadialUnit.D_A, RadialUnit.TwoTheta_rad)]
    [InlineData(RadialUnit.TwoTheta_rad, RadialUnit.Q_invnm)]
    public void Apply_OtherUnit_IsTheSamePhysicalFunction(RadialUnit fromUnit, RadialUnit toUnit)
    {
        // I(q) = 1 + q: compared at the bins' centres, where a smooth function's mean is.
        const double Lambda_A = 0.2480;
        static double Q(double x, RadialUnit unit) => unit switch
        {
            RadialUnit.TwoTheta_deg => 4 * Math.PI / Lambda_A * Math.Sin(x * Math.PI / 360),
            RadialUnit.TwoTheta_rad => 4 * Math.PI / Lambda_A * Math.Sin(x / 2),
            RadialUnit.Q_invnm => x / 10,
            RadialUnit.D_A => 2 * Math.PI / x,
            _ => x,
        };
        static (double Lower, double Upper) Range(RadialUnit unit) => unit switch
        {
            RadialUnit.TwoTheta_deg => (2, 12),
            RadialUnit.TwoTheta_rad => (0.035, 0.21),
            RadialUnit.Q_invnm => (9, 52),
            RadialUnit.D_A => (1.2, 7),
            _ => (0.9, 5.2),
        };
        (double lower, double upper) = Range(fromUnit);
        var from = new RadialAxis(fromUnit, lower, upper, 4000);
        (lower, upper) = Range(toUnit);
        var to = new RadialAxis(toUnit, lower + (0.2 * (upper - lower)), upper - (0.2 * (upper - lower)), 300);
        float[] pattern = [.. from.Centres.ToArray().Select(x => (float)(1 + Q(x, fromUnit)))];
        float[] result = Rebinned(new RadialRebinning(from, to, Lambda_A), to, pattern);
        Assert.All(result.Zip(to.Centres.ToArray()), p => Assert.Equal(1 + Q(p.Second, toUnit), p.First, 3e-3));
    }

    [Fact]
    public void Apply_OtherWavelength_KeepsTheMomentumTransfer()
    {
        var from = new RadialAxis(RadialUnit.TwoTheta_deg, 0, 20, 4000);
        var to = new RadialAxis(RadialUnit.TwoTheta_deg, 0, 9.9, 99);
        float[] pattern = [.. from.Centres.ToArray().Select(x => (float)Math.Sin(x * Math.PI / 360))];
        float[] result = Rebinned(new RadialRebinning(from, to, 0.4, 0.2), to, pattern);
        Assert.All(result.Zip(to.Centres.ToArray()), p => Assert.Equal(2 * Math.Sin(p.Second * Math.PI / 360), p.First, 1e-4));
    }

    [Fact]
    public void Rebinning_WithoutWhatItNeeds_SaysWhat()
    {
        var angle = new RadialAxis(RadialUnit.TwoTheta_deg, 0, 10, 5);
        var q = new RadialAxis(RadialUnit.Q_invA, 0, 5, 5);
        var distance = new RadialAxis(RadialUnit.R_mm, 0, 100, 5);
        Assert.Contains("wavelength", Assert.Throws<ArgumentException>(() => new RadialRebinning(angle, q)).Message, StringComparison.Ordinal);
        Assert.Contains("r_mm", Assert.Throws<ArgumentException>(() => new RadialRebinning(distance, q, 0.2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new RadialRebinning(angle, q, 0.2).Apply(new float[4], new float[5]));
    }
}
