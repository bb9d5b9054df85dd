using XrdCt.Live.Phantoms;
using XrdCt.Live.Phantoms.Powder;

namespace XrdCt.Live.Tests.Simulators;

public class LayeredOxideTests
{
    // The published table uses the wavelength of 50 keV rounded to four decimals, and so are its angles.
    private const double RoundedWavelength_A = 0.2480;
    private const double AngleTolerance_deg = 1e-4;

    [Theory]
    [InlineData(0, 0, 3, 2, 2.9979)]
    [InlineData(1, 0, 1, 6, 5.8337)]
    [InlineData(0, 0, 6, 2, 5.9978)]
    [InlineData(0, 1, 2, 6, 6.0854)]
    [InlineData(1, 0, 4, 6, 7.0028)]
    [InlineData(0, 1, 8, 6, 9.8559)]
    [InlineData(1, 1, 0, 6, 9.9631)]
    [InlineData(1, 1, 3, 12, 10.4065)]
    public void Reflections_PristineNmc_HavePublishedAnglesAndMultiplicities(
        int h, int k, int l, int multiplicity, double angle_deg)
    {
        Reflection ring = Assert.Single(Rings(), r => (r.H, r.K, r.L) == (h, k, l));
        Assert.Equal(multiplicity, ring.Multiplicity);
        Assert.Equal(angle_deg, ring.TwoTheta_deg, AngleTolerance_deg);
    }

    [Fact]
    public void Reflections_All_ObeyRhombohedralCentring()
    {
        IReadOnlyList<Reflection> rings = Rings();
        Assert.All(rings, r => Assert.Equal(0, (-r.H + r.K + r.L) % 3));
        Assert.DoesNotContain(rings, r => (r.H, r.K, r.L) == (0, 0, 1) || (r.H, r.K, r.L) == (1, 0, 0));
        Assert.Equal(0, LayeredOxide.StructureFactor(1, 0, 0, 2.47));
    }

    [Fact]
    public void Reflections_OrderedLayers_Give003StrongerThan104()
    {
        // 1.2 is the usual threshold below which nickel is on lithium sites.
        double basal = Rings().Single(r => r is { H: 0, K: 0, L: 3 }).Intensity;
        double ratio = basal / Rings().Single(r => r is { H: 1, K: 0, L: 4 }).Intensity;
        Assert.InRange(ratio, 1.2, 2.0);
    }

    [Fact]
    public void FormFactor_ForwardDirection_IsTheNumberOfElectrons()
    {
        Assert.Equal(26.7, AtomicFormFactor.At(26.7, 0), 1e-9);

        // Iron at sin θ/λ = 0.25 Å⁻¹: 17.6 to 18 in the tables.
        Assert.InRange(AtomicFormFactor.At(26, 4 * Math.PI * 0.25), 16, 19);
    }

    [Fact]
    public void PowderModel_StrongestRing_PeaksAtItsAngle()
    {
        RadialGrid grid = new(4096, 21.5);
        PowderModel model = new(grid, XRay.Wavelength_A(50));
        double[] expected = new double[grid.BinCount];
        model.Mix([100, 0, 0, 0], 1, expected);
        int from = grid.BinOf(2.9);
        int to = grid.BinOf(3.1);
        int peak = Enumerable.Range(from, to - from).MaxBy(b => expected[b]);
        Assert.Equal(2.9979, grid.Centre_deg(peak), grid.Width_deg);
        Assert.True(expected[peak] > 5 * expected[grid.BinOf(3.4)]);
    }

    private static IReadOnlyList<Reflection> Rings() =>
        LayeredOxide.Reflections(HexagonalCell.PristineNmc, RoundedWavelength_A, 15);
}
