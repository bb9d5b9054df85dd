using System.Text.Json;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>Full-size frames against pyFAI 0.21.3 and against the same definitions in numpy (reference data; skipped without).</summary>
public sealed class FullSizeGoldenTests
{
    /// <summary>pyFAI starts from float32 pixel coordinates: 168 of 2.26 million pixels fall into another bin.</summary>
    private const double WorstAgainstPyFai = 0.005;
    private const double MostAgainstPyFai = 0.001;

    /// <summary>numpy in float64: the same numbers but for a pixel that sits on a bin's edge.</summary>
    private const double AgainstFloat64 = 1e-9;

    [Fact]
    public void Mean_AgainstFloat64Geometry_IsTheSameNumber()
    {
        (double[] golden, int n) = Golden("f0_no_sapol_float64geometry");
        DiffractionPattern pattern = Integrate(new IntegrationOptions
        {
            Unit = RadialUnit.Q_invA,
            BinCount = n,
            PolarisationFactor = 0.95,
            Filter = IntegrationFilter.Mean,
        });
        int onAnEdge = 0;
        for (int b = 0; b < n; b++)
        {
            if (golden[(4 * n) + b] != pattern.Count[b])
            {
                onAnEdge++;
                continue;
            }

            if (pattern.Count[b] > 0)
            {
                Assert.Equal(golden[n + b], pattern.Intensity(b), AgainstFloat64 * Math.Abs(golden[n + b]));
                Assert.Equal(golden[(2 * n) + b], pattern.Signal[b]);
                Assert.Equal(golden[(3 * n) + b], pattern.Normalisation[b], AgainstFloat64 * golden[(3 * n) + b]);
            }
        }

        Assert.InRange(onAnEdge, 0, 4);
    }

    public static TheoryData<string, RadialUnit, bool, double?, double?, double?, int> PyFaiCases { get; } = new()
    {
        { "f0_no_raw", RadialUnit.Q_invA, false, null, null, null, 0 },
        { "f0_no_sa", RadialUnit.Q_invA, true, null, null, null, 0 },
        { "f0_no_pol", RadialUnit.Q_invA, false, 0.95, null, null, 0 },
        { "f0_no_sapol", RadialUnit.Q_invA, true, 0.95, null, null, 0 },
        { "f0_no_sapol_npt500", RadialUnit.Q_invA, true, 0.95, null, null, 0 },
        { "f0_no_sapol_2thdeg", RadialUnit.TwoTheta_deg, true, 0.95, null, null, 0 },

        // pyFAI doubles the first bin of a given range (truncation towards zero): it is left out.
        { "f0_no_sapol_range", RadialUnit.Q_invA, true, 0.95, 0.3, 8.5, 1 },
    };

    [Theory]
    [MemberData(nameof(PyFaiCases))]
    public void Mean_AgainstPyFai_AgreesToItsPrecision(
        string name, RadialUnit unit, bool solidAngle, double? polarisation, double? lower, double? upper, int firstBin)
    {
        (double[] golden, int n) = Golden(name);
        DiffractionPattern pattern = Integrate(new IntegrationOptions
        {
            Unit = unit,
            BinCount = n,
            SolidAngle = solidAngle,
            PolarisationFactor = polarisation,
            Lower = lower,
            Upper = upper,
            Filter = IntegrationFilter.Mean,
        });
        var deviations = new List<double>();
        for (int b = firstBin; b < n; b++)
        {
            if (golden[(4 * n) + b] > 20)
            {
                deviations.Add(Math.Abs((pattern.Intensity(b) / golden[n + b]) - 1));
            }
        }

        deviations.Sort();
        Assert.InRange(deviations[^1], 0, WorstAgainstPyFai);
        Assert.InRange(deviations[(int)(0.99 * deviations.Count)], 0, MostAgainstPyFai);
    }

    [Fact]
    public void Trimmed_FullFrame_KeepsTheReferencesPixels()
    {
        IntegrationPlan plan = Plan(new IntegrationOptions { Unit = RadialUnit.Q_invA, BinCount = 2000, PolarisationFactor = 0.95 });
        RawFrame frame = SmallDetector.Frame(Frame(), ImageShape.Pilatus2M);
        var expected = new DiffractionPattern(2000);
        var actual = new DiffractionPattern(2000);
        new ReferenceIntegrator(plan, new PixelReader(ImageShape.Pilatus2M)).Integrate([frame], [expected]);
        new SimdIntegrator(plan, () => new PixelReader(ImageShape.Pilatus2M)).Integrate([frame], [actual]);
        for (int b = 0; b < 2000; b++)
        {
            Assert.Equal(expected.Count[b], actual.Count[b]);
            Assert.Equal(expected.Signal[b], actual.Signal[b], 1e-9 * Math.Max(1, expected.Signal[b]));
        }
    }

    [Fact]
    public void Trimmed_SingleCrystalSpots_AreRejected()
    {
        // The golden frame has 58 spots and 25 hot pixels over a powder; its noise-free powder pattern is known.
        (double[] truth, int n) = Golden("f0_truth");
        DiffractionPattern pattern = Integrate(new IntegrationOptions { Unit = RadialUnit.Q_invA, BinCount = 2000, PolarisationFactor = 0.95 });
        double[] meanError = [.. Deviations(b => pattern.Mean[b])];
        double[] trimmedError = [.. Deviations(pattern.Intensity)];
        Assert.True(trimmedError.Max() * 5 < meanError.Max());

        IEnumerable<double> Deviations(Func<int, double> intensity) => Enumerable.Range(0, n)
            .Where(b => pattern.Count[b] > 100 && truth[n + b] > 0)
            .Select(b => Math.Abs((intensity(b) / truth[n + b]) - 1));
    }

    [Theory]
    [InlineData("main", "pilatus_v2.poni")]
    [InlineData("bigtilt", "pilatus_bigtilt_v2.poni")]
    [InlineData("small", "small_v2.poni")]
    public void Geometry_SamplePixels_MatchNumpyInFloat64(string tag, string poni)
    {
        using JsonDocument samples = JsonDocument.Parse(File.ReadAllText(ReferenceData.Require($"golden/geometry/samples_{tag}.json")));
        DetectorGeometry geometry = PoniFile.Read(ReferenceData.Require($"golden/geometry/{poni}"));
        var pixels = new PixelGeometry(geometry);
        int[] rows = Ints(samples.RootElement, "row"), columns = Ints(samples.RootElement, "col");
        JsonElement own = samples.RootElement.GetProperty("own_float64");
        double[] tth = Doubles(own, "tth"), chi = Doubles(own, "chi"), q = Doubles(own, "q"), solid = Doubles(own, "solidangle");
        for (int i = 0; i < rows.Length; i++)
        {
            PixelPosition p = pixels.At(rows[i], columns[i]);
            Assert.Equal(tth[i], p.TwoTheta_rad, 1e-12);
            Assert.Equal(chi[i], p.Azimuth_rad, 1e-9);
            Assert.Equal(q[i], pixels.Radial(p, RadialUnit.Q_invnm), 1e-9 * q[i]);
            Assert.Equal(solid[i], p.SolidAngle, 1e-12);
        }
    }

    [Fact]
    public void Gaps_OfThePilatus_AreThoseOfPyFai()
    {
        byte[] packed = File.ReadAllBytes(ReferenceData.Require("golden/mask/detector_mask_packbits.npy"))[^((2_476_525 + 7) / 8)..];
        PixelMask gaps = ModuleGaps.Of(SmallDetector.Geometry with { Detector = "PilatusCdTe2M", Shape = ImageShape.Pilatus2M });
        Assert.Equal(211_405, gaps.MaskedCount);
        for (int i = 0; i < gaps.Masked.Length; i++)
        {
            Assert.Equal(((packed[i / 8] >> (7 - (i % 8))) & 1) == 1, gaps.Masked[i]);
        }
    }

    private static int[] Frame() => CbfFile.Read(ReferenceData.Require("golden/frames/frame0.cbf")).ReadPixels();

    private static IntegrationPlan Plan(IntegrationOptions options)
    {
        DetectorGeometry geometry = PoniFile.Read(ReferenceData.Require("golden/geometry/pilatus_v2.poni"));
        return new IntegrationPlan(geometry, MaskFile.Read(ReferenceData.Require("golden/mask/user_mask.edf.gz"), geometry.Shape), options);
    }

    private static DiffractionPattern Integrate(IntegrationOptions options)
    {
        var pattern = new DiffractionPattern(options.BinCount);
        new SimdIntegrator(Plan(options), () => new PixelReader(ImageShape.Pilatus2M))
            .Integrate([SmallDetector.Frame(Frame(), ImageShape.Pilatus2M)], [pattern]);
        return pattern;
    }

    private static (double[] Values, int BinCount) Golden(string name)
    {
        (int[] shape, double[] values) = Npy.Read(ReferenceData.Require($"golden/expected/{name}.npy"));
        return (values, shape[1]);
    }

    private static int[] Ints(JsonElement parent, string name) => [.. parent.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];

    private static double[] Doubles(JsonElement parent, string name) => [.. parent.GetProperty(name).EnumerateArray().Select(e => e.GetDouble())];
}
