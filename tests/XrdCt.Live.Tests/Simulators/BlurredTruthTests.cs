using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Projection;
using XrdCt.Live.Phantoms.Samples;

namespace XrdCt.Live.Tests.Simulators;

public class BlurredTruthTests
{
    // Float32 sums of a million values.
    private const double MassTolerance = 1e-4;

    [Theory]
    [InlineData(101, 10)]
    [InlineData(120, 8.5)]
    [InlineData(501, 2)]
    public void Of_Disc_KeepsMass(int translations, double step_um)
    {
        DensityMap nmc = SimulatedScan.Disc.NmcDensity;
        float[] truth = BlurredTruth.Of(nmc, new ScanPlan(translations, 10, step_um));
        double expected = nmc.Values.Sum(v => (double)v);
        double got = truth.Sum(v => (double)v) * step_um * step_um;
        Assert.Equal(1, got / expected, MassTolerance);
    }

    [Fact]
    public void Of_OnePixel_LandsAtItsCoordinates()
    {
        DensityMap map = new(1101, 1);
        map.Values[((550 + 200) * map.Size) + 550 - 130] = 1;
        ScanPlan plan = new(101, 10, 10);
        float[] truth = BlurredTruth.Of(map, plan);

        // x = −130 µm, y = +200 µm; the pixel covers 1 % of a coarse one.
        Assert.Equal(0.01f, truth[((50 + 20) * 101) + 50 - 13], 1e-6f);
        Assert.Single(truth, v => v != 0);
    }
}
