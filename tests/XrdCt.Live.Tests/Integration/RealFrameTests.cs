using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>A measured frame: CeO2 on a Pilatus CdTe 2M at 71.0 keV (reference data; skipped without).</summary>
public sealed class RealFrameTests
{
    private const double LatticeParameter_A = 5.4115;

    /// <summary>h² + k² + l² of the first nine rings of a face-centred cubic lattice.</summary>
    private static readonly int[] Rings = [3, 4, 8, 11, 12, 16, 19, 20, 24];

    [Theory]
    [InlineData(IntegrationFilter.Mean, PixelSplitting.None)]
    [InlineData(IntegrationFilter.Mean, PixelSplitting.Full)]
    [InlineData(IntegrationFilter.Trimmed, PixelSplitting.None)]
    [InlineData(IntegrationFilter.Trimmed, PixelSplitting.Full)]
    public void Integrate_CeriumOxide_HasItsRings(IntegrationFilter filter, PixelSplitting splitting)
    {
        (DiffractionPattern pattern, IntegrationPlan plan) = Integrate(Pixels(), filter, splitting);
        double wavelength_A = plan.Geometry.Wavelength_m!.Value * 1e10;
        foreach (int ring in Rings)
        {
            double expected = 2 * Math.Asin(wavelength_A * Math.Sqrt(ring) / (2 * LatticeParameter_A)) * (180 / Math.PI);
            Assert.InRange(PeakAt(pattern, plan.Axis, expected) - expected, -0.006, 0.006);
        }
    }

    [Theory]
    [InlineData(PixelSplitting.None)]
    [InlineData(PixelSplitting.Full)]
    public void Trimmed_SpotsPlanted_ChangesAFifthOfTheMeanAtMost(PixelSplitting splitting)
    {
        int[] pixels = Pixels();
        int[] spotted = [.. pixels];
        var random = new Random(20);
        for (int i = 0; i < 2000; i++)
        {
            spotted[random.Next(pixels.Length)] += 200_000;
        }

        DiffractionPattern clean = Integrate(pixels, IntegrationFilter.Trimmed, splitting).Pattern;
        DiffractionPattern spots = Integrate(spotted, IntegrationFilter.Trimmed, splitting).Pattern;
        int[] bins = [.. Enumerable.Range(0, clean.BinCount).Where(b => clean.Count[b] > 100)];
        double trimmed = bins.Sum(b => Math.Abs(spots.Intensity(b) - clean.Intensity(b)));
        double mean = bins.Sum(b => Math.Abs((double)spots.Mean[b] - clean.Mean[b]));
        Assert.True(bins.Length > 1500);
        Assert.InRange(trimmed, 0, mean / 5);
    }

    /// <summary>Centre of gravity of what stands above the background within 0.05° of a ring.</summary>
    private static double PeakAt(DiffractionPattern pattern, RadialAxis axis, double expected)
    {
        int[] bins = [.. Enumerable.Range(0, axis.BinCount).Where(b => Math.Abs(axis.Centres[b] - expected) < 0.05)];
        double background = bins.Min(pattern.Intensity);
        double height = bins.Max(pattern.Intensity) - background;
        int[] peak = [.. bins.Where(b => pattern.Intensity(b) - background > height / 2)];
        return peak.Sum(b => (pattern.Intensity(b) - background) * axis.Centres[b]) / peak.Sum(b => pattern.Intensity(b) - background);
    }

    private static int[] Pixels() => CbfFile.Read(ReferenceData.Require("CeO2.cbf")).ReadPixels();

    private static (DiffractionPattern Pattern, IntegrationPlan Plan) Integrate(
        int[] pixels, IntegrationFilter filter, PixelSplitting splitting)
    {
        DetectorGeometry geometry = PoniFile.Read(ReferenceData.Require("CeO2.poni")) with { Shape = ImageShape.Pilatus2M };
        PixelMask mask = MaskFile.Read(ReferenceData.Require("mask.edf"), geometry.Shape);
        var plan = new IntegrationPlan(geometry, mask, new IntegrationOptions { Filter = filter, Splitting = splitting });
        var pattern = new DiffractionPattern(plan.PatternSize);
        new ReferenceIntegrator(plan, new PixelReader(geometry.Shape)).Integrate([SmallDetector.Frame(pixels, geometry.Shape)], [pattern]);
        return (pattern, plan);
    }
}
