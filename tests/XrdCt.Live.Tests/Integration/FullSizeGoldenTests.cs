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

    /// <summary>All of pyFAI's means and cakes: options, mask, range and error model stand in the index of the golden data.</summary>
    public static TheoryData<string> MeanCases { get; } =
    [
        "f0_no_raw", "f0_no_sa", "f0_no_pol", "f0_no_sapol", "f0_no_sapol_npt500", "f0_no_sapol_2thdeg", "f0_no_sapol_range",
        "f0_no_sapol_detmask_dummy", "f0_no_sapol_az-45_45", "f0_no_sapol_poisson", "f0_no_sapol_azimuthal",
        "f0_bbox_raw", "f0_bbox_sa", "f0_bbox_pol", "f0_bbox_sapol", "f0_bbox_sapol_range", "f0_bbox_sapol_detmask_dummy",
        "f0_full_raw", "f0_full_sa", "f0_full_pol", "f0_full_sapol", "f0_full_sapol_2thdeg", "f0_full_sapol_range",
        "f0_full_sapol_detmask_dummy",
    ];

    [Theory]
    [MemberData(nameof(MeanCases))]
    public void Mean_AgainstPyFai_AgreesToItsPrecision(string name)
    {
        GoldenCase golden = GoldenCase.Of(name);
        IntegrationPlan plan = golden.Plan(IntegrationFilter.Mean);
        DiffractionPattern pattern = Integrate(plan);

        // At the ends of a given range, pyFAI moves what lies outside into the first and last bin ("no" and "bbox"), or makes the part of
        // a pixel that lies inside a whole one ("full"; a pixel reaches over 4 bins): they are left out.
        bool ranged = golden.Options.Lower is not null;
        int margin = ranged ? (plan.Options.Splitting == PixelSplitting.None ? 1 : 4) : 0;
        int[] bins = [.. Enumerable.Range(margin, plan.Axis.BinCount - (2 * margin)).Where(b => golden["count", b] > 20)];
        Assert.True(bins.Length > 450);
        AssertAgree(bins, b => pattern.Intensity(b), b => golden["intensity", b], onAnEdge: plan.Options.Splitting == PixelSplitting.None ? 2 : 0);
        if (plan.Options.Splitting == PixelSplitting.None)
        {
            // Pixels on the edges of bins, in pyFAI's float32 geometry: 168 of 2.26 million, and those on the edges of the azimuthal range.
            Assert.InRange(bins.Sum(b => Math.Abs(golden["count", b] - pattern.Count[b])), 0, 400);
        }
        else
        {
            AssertAgree(bins, b => pattern.Normalisation[b], b => golden["sum_normalization", b]);
        }

        Assert.All(bins, b => Assert.Equal(golden["radial", b], plan.Axis.Centres[b], 1e-5 * golden["radial", b]));
        if (golden.Has("sigma"))
        {
            // A spot that lies in the neighbouring bin makes most of the scatter of both.
            double share = golden.Options.ErrorModel == ErrorModel.Azimuthal ? 0.97 : 0.99;
            AssertAgree(bins, b => pattern.Sigma(b), b => golden["sigma", b], share, onAnEdge: 8);
        }

        if (!ranged)
        {
            // No count is lost or counted twice, whatever bin it fell into.
            Assert.Equal(golden.Sum("sum_signal"), pattern.Signal.Sum(), 1e-6 * golden.Sum("sum_signal"));
            Assert.Equal(golden.Sum("sum_normalization"), pattern.Normalisation.Sum(), 1e-6 * golden.Sum("sum_normalization"));
        }
    }

    [Fact]
    public void Mean_Cake_HasTheCellsOfPyFai()
    {
        (int[] shape, double[] golden) = Npy.Read(ReferenceData.Require("golden/expected/f0_cake_no_300x72.npy"));
        double[] azimuths = Npy.Read(ReferenceData.Require("golden/expected/f0_cake_no_azimuthal_deg.npy")).Values;
        double[] radii = Npy.Read(ReferenceData.Require("golden/expected/f0_cake_no_radial.npy")).Values;
        int cells = shape[1] * shape[2];
        IntegrationPlan plan = Plan(Options with { BinCount = shape[2], AzimuthSectors = shape[1], Filter = IntegrationFilter.Mean });
        DiffractionPattern pattern = Integrate(plan);

        Assert.Equal(cells, plan.PatternSize);
        Assert.All(Enumerable.Range(0, shape[1]), k => Assert.Equal(azimuths[k], plan.AzimuthAxis!.Centres_deg[k], 1e-4));
        Assert.All(Enumerable.Range(0, shape[2]), k => Assert.Equal(radii[k], plan.Axis.Centres[k], 1e-5 * radii[k]));
        Assert.Equal(2_259_318, pattern.Count.Sum());

        // A pixel on an edge may lie in the neighbouring cell of pyFAI's float32 geometry: the others hold the very same counts.
        int different = Enumerable.Range(0, cells)
            .Count(c => golden[(3 * cells) + c] != pattern.Count[c] || Math.Abs(golden[cells + c] - pattern.Signal[c]) > 0.5);
        Assert.InRange(different, 0, cells / 25);
        Assert.All(Enumerable.Range(0, cells).Where(c => pattern.Count[c] > 0), c => Assert.Equal(golden[(3 * cells) + c], pattern.Count[c], 4.0));
    }

    [Theory]
    [InlineData("f0_medfilt_no_512_10_90", 512, PixelSplitting.None, 0.99, WorstAgainstPyFai)]
    [InlineData("f0_medfilt_no_360_10_90", 360, PixelSplitting.None, 0.99, WorstAgainstPyFai)]
    [InlineData("f0_medfilt_no_2048_10_90", 2048, PixelSplitting.None, 0.99, WorstAgainstPyFai)]

    // A cell that holds a sliver of one pixel counts like one that holds a whole: what is rounding in its share is a value in the ranking.
    [InlineData("f0_medfilt_full_512_10_90", 512, PixelSplitting.Full, 0.95, 0.03)]
    public void CakeTrimmed_AgainstPyFaisMedfilt_AgreesToItsPrecision(
        string name, int sectors, PixelSplitting splitting, double share, double worst)
    {
        (double[] golden, int n) = Golden(name);
        DiffractionPattern pattern = Integrate(Plan(Options with
        {
            Filter = IntegrationFilter.Trimmed,
            TrimDefinition = TrimDefinition.Cake,
            CakeSectors = sectors,
            Splitting = splitting,
        }));
        AssertAgree([.. Bins(n).Where(b => pattern.Count[b] > 20)], b => pattern.Intensity(b), b => golden[n + b], share, worst);
    }

    [Theory]
    [InlineData("f0_medfilt_no_512_50", 512)]
    [InlineData("f0_medfilt_no_360_50", 360)]
    public void CakeMedian_AgainstPyFaisMedfilt_IsTheElementInTheMiddle(string name, int sectors)
    {
        (double[] golden, int n) = Golden(name);
        DiffractionPattern cells = Integrate(Plan(Options with { Filter = IntegrationFilter.Mean, AzimuthSectors = sectors }));
        DiffractionPattern median = Integrate(Plan(Options with
        {
            Filter = IntegrationFilter.Median,
            TrimDefinition = TrimDefinition.Cake,
            CakeSectors = sectors,
        }));
        double[][] sorted = [.. Bins(n).Select(b => Enumerable.Range(0, sectors)
            .Select(s => cells.Intensity((s * n) + b)).Where(v => !double.IsNaN(v)).Order().ToArray())];
        int[] filled = [.. Bins(n).Where(b => sorted[b].Length > 20)];

        // pyFAI takes rank round(m/2), halves to the even; ours is the middle one, or the mean of the two in the middle.
        AssertAgree(filled, b => sorted[b][(int)Math.Round(0.5 * sorted[b].Length)], b => golden[n + b], share: 0.98, onAnEdge: 8);
        Assert.All(filled, b =>
        {
            double[] v = sorted[b];
            double middle = v.Length % 2 == 1 ? v[v.Length / 2] : (v[(v.Length / 2) - 1] + v[v.Length / 2]) / 2;
            Assert.Equal(middle, median.Intensity(b), 1e-6 * middle);
        });
    }

    [Theory]
    [InlineData(ErrorModel.Poisson, "poisson", 0.99)]

    // pyFAI's own engines differ by 6 % in 47 bins with this error model: it is one witness, not the truth.
    [InlineData(ErrorModel.Azimuthal, "azimuthal", 0.97)]
    public void SigmaClip_AgainstPyFai_AgreesToItsPrecision(ErrorModel model, string name, double share)
    {
        (double[] golden, int n) = Golden($"f0_sigmaclip_{name}_cython");
        DiffractionPattern pattern = Integrate(Plan(Options with { Filter = IntegrationFilter.SigmaClip, ErrorModel = model }));
        int[] bins = [.. Bins(n).Where(b => golden[(6 * n) + b] > 20)];
        double worst = model == ErrorModel.Poisson ? WorstAgainstPyFai : 0.05;
        AssertAgree(bins, b => pattern.Intensity(b), b => golden[n + b], share, worst, onAnEdge: 4);
        AssertAgree(bins, b => pattern.Sigma(b), b => golden[(2 * n) + b], share, worst, onAnEdge: 8);
        Assert.InRange(bins.Count(b => golden[(6 * n) + b] != pattern.Count[b]), 0, n / 6);
        Assert.True(pattern.Count.Sum() < 2_259_318 - 1000);
    }

    [Fact]
    public void Median_AgainstNumpy_LiesAtTheMiddlePixel()
    {
        // numpy's median gives every pixel the same weight, ours its normalisation: in a bin that differs by some per cent.
        (double[] golden, int n) = Golden("f0_trimmed_own");
        DiffractionPattern pattern = Integrate(Plan(Options with { Filter = IntegrationFilter.Median }));
        double[] deviations = [.. Bins(n).Where(b => golden[(6 * n) + b] > 100)
            .Select(b => Math.Abs((pattern.Intensity(b) / golden[(5 * n) + b]) - 1)).Order()];
        Assert.InRange(deviations[deviations.Length / 2], 0, 0.01);
        Assert.InRange(deviations[^1], 0, 0.15);
        Assert.All(Bins(n).Where(b => golden[(6 * n) + b] > 0), b => Assert.InRange(pattern.Count[b], 1, 2));
    }

    [Fact]
    public void Trimmed_FullFrame_KeepsTheReferencesPixels()
    {
        IntegrationPlan plan = Plan(Options);
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

    private static IntegrationOptions Options { get; } =
        new() { Unit = RadialUnit.Q_invA, BinCount = 2000, PolarisationFactor = 0.95 };

    private static IntegrationPlan Plan(IntegrationOptions options)
    {
        DetectorGeometry geometry = PoniFile.Read(ReferenceData.Require("golden/geometry/pilatus_v2.poni"));
        return new IntegrationPlan(geometry, MaskFile.Read(ReferenceData.Require("golden/mask/user_mask.edf.gz"), geometry.Shape), options);
    }

    private static DiffractionPattern Integrate(IntegrationOptions options) => Integrate(Plan(options));

    private static DiffractionPattern Integrate(IntegrationPlan plan)
    {
        var pattern = new DiffractionPattern(plan.PatternSize);
        new ReferenceIntegrator(plan, new PixelReader(ImageShape.Pilatus2M))
            .Integrate([SmallDetector.Frame(Frame(), ImageShape.Pilatus2M)], [pattern]);
        return pattern;
    }

    private static IEnumerable<int> Bins(int count) => Enumerable.Range(0, count);

    /// <summary>
    /// The share of the bins that is given to 0.1 %, and all of them to the worst but a few: a spot of 15,000 counts on the edge between
    /// two bins lies in the other one in pyFAI's float32 geometry.
    /// </summary>
    private static void AssertAgree(
        int[] bins,
        Func<int, double> actual,
        Func<int, double> expected,
        double share = 0.99,
        double worst = WorstAgainstPyFai,
        int onAnEdge = 0)
    {
        double[] deviations = [.. bins.Select(b => Math.Abs((actual(b) / expected(b)) - 1)).Order()];
        Assert.True(deviations.Length > 100);
        Assert.InRange(deviations[^(1 + onAnEdge)], 0, worst);
        Assert.InRange(deviations[(int)(share * (deviations.Length - 1))], 0, MostAgainstPyFai);
    }

    private static (double[] Values, int BinCount) Golden(string name)
    {
        (int[] shape, double[] values) = Npy.Read(ReferenceData.Require($"golden/expected/{name}.npy"));
        return (values, shape[1]);
    }

    private static int[] Ints(JsonElement parent, string name) => [.. parent.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];

    private static double[] Doubles(JsonElement parent, string name) => [.. parent.GetProperty(name).EnumerateArray().Select(e => e.GetDouble())];
}
