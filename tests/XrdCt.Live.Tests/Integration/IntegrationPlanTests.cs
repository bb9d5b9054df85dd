using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

public sealed class IntegrationPlanTests
{
    /// <summary>Untilted, the beam inside pixel (20, 30), not in its middle.</summary>
    private static readonly DetectorGeometry Around = SmallDetector.Geometry with
    {
        Shape = new ImageShape(41, 57),
        Rot1_rad = 0,
        Rot2_rad = 0,
        Rot3_rad = 0,
        Poni1_m = 20.3 * 1e-4,
        Poni2_m = 30.8 * 1.2e-4,
    };

    [Theory]
    [InlineData(PixelSplitting.BoundingBox, null)]
    [InlineData(PixelSplitting.BoundingBox, 7)]
    [InlineData(PixelSplitting.Full, null)]
    [InlineData(PixelSplitting.Full, 7)]
    [InlineData(PixelSplitting.Full, 1)]
    public void Shares_OfEveryPixel_SumToOne(PixelSplitting splitting, int? sectors)
    {
        // The beam's own pixel too, and those that lie across ±180°: nothing is lost and nothing counted twice.
        IntegrationPlan plan = Plan(Around, Options with { Splitting = splitting, AzimuthSectors = sectors, Lower = 0, BinCount = 30 });
        double[] sums = new double[Around.Shape.PixelCount];
        for (int e = 0; e < plan.PixelOfEntry.Length; e++)
        {
            sums[plan.PixelOfEntry[e]] += plan.ShareOfEntry[e];
        }

        Assert.All(sums, sum => Assert.Equal(1, sum, 1e-5));
    }

    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(20.0, 30.0)]
    [InlineData(20.0, 30.5)]
    public void Shares_BeamOnACornerOrEdgeOfPixels_SumToOne(double row, double column)
    {
        DetectorGeometry geometry = Around with { Poni1_m = row * 1e-4, Poni2_m = column * 1.2e-4 };
        IntegrationPlan plan = Plan(geometry, Options with { Splitting = PixelSplitting.Full, AzimuthSectors = 5, Lower = 0, BinCount = 30 });
        double[] sums = new double[geometry.Shape.PixelCount];
        for (int e = 0; e < plan.PixelOfEntry.Length; e++)
        {
            sums[plan.PixelOfEntry[e]] += plan.ShareOfEntry[e];
        }

        Assert.All(sums, sum => Assert.Equal(1, sum, 1e-5));
    }

    [Theory]
    [InlineData(PixelSplitting.BoundingBox)]
    [InlineData(PixelSplitting.Full)]
    public void Shares_OfThePixelAroundTheBeam_ReachEverySector(PixelSplitting splitting)
    {
        IntegrationPlan plan = Plan(Around, Options with { Splitting = splitting, AzimuthSectors = 12, Lower = 0, BinCount = 1 });
        int beam = (20 * 57) + 30;
        double[] shares = [.. Enumerable.Range(0, plan.PixelOfEntry.Length).Where(e => plan.PixelOfEntry[e] == beam).Select(e => (double)plan.ShareOfEntry[e])];
        Assert.Equal(12, shares.Length);
        Assert.All(shares, share => Assert.InRange(share, 0.02, 0.2));
    }

    [Fact]
    public void Cut_CornerThatPokesAcrossASector_IsExact()
    {
        // A kite: its lower corner pokes 0.005 below azimuth 11, on a height of 0.016 that is not cut straight. Areas by hand:
        // the kite ½·|AC × BD| = 0.003345, the triangle below 11 with the corners (12.5745, 11), (12.708, 10.995), (12.848, 11).
        PolarPoint[] kite = [new(12.441, 11.005), new(12.609, 11.011), new(12.876, 11.001), new(12.708, 10.995)];
        Span<PolarPoint> below = stackalloc PolarPoint[PolarPolygon.MostCorners];
        Span<PolarPoint> above = stackalloc PolarPoint[PolarPolygon.MostCorners];
        (int cut, int left) = PolarPolygon.CutAtAzimuth(kite, 11, below, above);

        double whole = 0.5 * (((12.876 - 12.441) * (10.995 - 11.011)) - ((11.001 - 11.005) * (12.708 - 12.609)));
        double triangle = -0.5 * ((12.708 + (0.168 * 5 / 6)) - (12.441 + (0.267 / 2))) * 0.005;
        Assert.Equal(whole, PolarPolygon.Area(kite), 1e-12);
        Assert.Equal(triangle, PolarPolygon.Area(below[..cut]), 1e-12);
        Assert.Equal(whole - triangle, PolarPolygon.Area(above[..left]), 1e-12);
    }

    [Fact]
    public void AzimuthRange_WithoutSplitting_HoldsTheCentresInside()
    {
        IntegrationPlan plan = Plan(Around, Options with { AzimuthLower_deg = 170, AzimuthUpper_deg = 200 });
        var pixels = new PixelGeometry(Around);
        HashSet<int> inside = [.. plan.PixelOfEntry];
        for (int i = 0; i < Around.Shape.PixelCount; i++)
        {
            double azimuth_deg = pixels.At(i / 57, i % 57).Azimuth_rad * (180 / Math.PI);
            Assert.Equal(azimuth_deg is >= 170 or <= -160, inside.Contains(i));
        }
    }

    [Fact]
    public void Cells_OfACake_RunOnBeyond180()
    {
        IntegrationPlan plan = Plan(Around, Options with { AzimuthLower_deg = 90, AzimuthUpper_deg = 450, AzimuthSectors = 4, BinCount = 10 });
        var pixels = new PixelGeometry(Around);
        Assert.Equal([135, 225, 315, 405], plan.AzimuthAxis!.Centres_deg.ToArray());
        Assert.Equal(40, plan.CellCount);
        Assert.Equal(Around.Shape.PixelCount, plan.ValidPixelCount);
        for (int cell = 0; cell < plan.CellCount; cell++)
        {
            for (int e = plan.BinStart[cell]; e < plan.BinStart[cell + 1]; e++)
            {
                PixelPosition p = pixels.At(plan.PixelOfEntry[e] / 57, plan.PixelOfEntry[e] % 57);
                double azimuth_deg = p.Azimuth_rad * (180 / Math.PI);
                Assert.Equal(cell / 10, (int)((azimuth_deg < 90 ? azimuth_deg + 360 : azimuth_deg) - 90) / 90);
            }
        }
    }

    [Fact]
    public void Axis_InLatticeSpacings_IsUniformInThem()
    {
        IntegrationPlan plan = Plan(Around, Options with { Unit = RadialUnit.D_A, Lower = 0.5, Upper = 20, BinCount = 39, Splitting = PixelSplitting.Full });
        Assert.Equal(0.5, plan.Axis.Step, 1e-6);
        var pixels = new PixelGeometry(Around);
        PixelPosition p = pixels.At(3, 4);
        Assert.Equal(2 * Math.PI / pixels.Radial(p, RadialUnit.Q_invA), pixels.Radial(p, RadialUnit.D_A), 1e-12);
        Assert.True(plan.ShareOfEntry.Length > 0);
        Assert.DoesNotContain((20 * 57) + 30, plan.PixelOfEntry.ToArray());
    }

    public static TheoryData<IntegrationOptions, string> Refused { get; } = new()
    {
        { Options with { BinCount = 0 }, "bins must be 1 to 65534, not 0" },
        { Options with { TrimUpper = 0.5 }, "trim fractions must be from 0 to below 0.5" },
        { Options with { PolarisationFactor = 1.1 }, "polarisation factor must be −1 to 1, not 1.1" },
        { Options with { ClipThreshold_sigma = 0 }, "threshold must be above 0 standard deviations, not 0" },
        { Options with { ClipIterations = -1 }, "rounds of clipping must be 0 to 1000, not -1" },
        { Options with { Dummy = double.NaN }, "dummy must be a number" },
        { Options with { DummyDelta = -1 }, "width around the dummy must be 0 counts or more" },
        { Options with { Unit = RadialUnit.D_A }, "an axis in d needs an upper end" },
        { Options with { Lower = double.NaN }, "lower end of the radial range must be a number" },
        { Options with { Lower = 3, Upper = 2 }, "the radial range 3 to 2 is empty" },
        { Options with { AzimuthLower_deg = 3 }, "an azimuthal range needs both ends" },
        { Options with { AzimuthLower_deg = 3, AzimuthUpper_deg = 2 }, "must rise by at most 360°" },
        { Options with { AzimuthLower_deg = 0, AzimuthUpper_deg = 361 }, "must rise by at most 360°" },
        { Options with { AzimuthSectors = 0 }, "1 azimuthal sector or more, not 0" },
        { Options with { CakeSectors = 0 }, "a cake must have 1 sector or more, not 0" },
        { Options with { AzimuthSectors = 5000, BinCount = 1000 }, "more than 4,194,304 cells" },
        { Options with { AzimuthSectors = 2, Filter = IntegrationFilter.Trimmed, TrimDefinition = TrimDefinition.Cake }, "leave its azimuthal sectors out" },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void Plan_OptionOutOfRange_SaysWhichAndWhatItMayBe(IntegrationOptions options, string sentence)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => Plan(Around, options));
        Assert.Contains(sentence, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_PixelsOverTooManyBins_IsRefusedBeforeMemoryIsTaken()
    {
        // 9.4 million pixels next to the beam, each over thousands of bins.
        DetectorGeometry large = Around with { Shape = new ImageShape(3000, 3000), Distance_m = 10 };
        ArgumentException e = Assert.Throws<ArgumentException>(
            () => Plan(large, Options with { BinCount = 65_534, Splitting = PixelSplitting.BoundingBox }));
        Assert.Contains("more than 60,000,000 bins together", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ScaleNormalisation_Monitor_DividesIntensityAndSigma()
    {
        var pattern = new DiffractionPattern(1);
        (pattern.Signal[0], pattern.Normalisation[0], pattern.Variance[0], pattern.NormalisationSquared[0]) = (60, 4, 60, 4);
        pattern.Mean[0] = 16;
        pattern.ScaleNormalisation(2);
        Assert.Equal(7.5, pattern.Intensity(0));
        Assert.Equal(Math.Sqrt(60) / 8, pattern.Sigma(0), 1e-15);
        Assert.Equal(8, pattern.Mean[0]);
        Assert.Equal(4, pattern.EffectiveCount(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => pattern.ScaleNormalisation(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => pattern.ScaleNormalisation(double.NaN));
    }

    [Fact]
    public void CakeTrim_FewSectors_KeepsItsRanks()
    {
        // Ranks [⌊0.1·7⌋, ⌈0.9·7⌉) = [0, 7): nothing is cut of seven; of ten, one at each end. Sector 3 of the second bin is empty.
        var options = new IntegrationOptions { TrimDefinition = TrimDefinition.Cake };
        var cells = new DiffractionPattern(2 * 11);
        double[] values = [5, -3, 9, 100, 1, 2, 8, 7, 4, 6, 3];
        for (int s = 0; s < 11; s++)
        {
            (cells.Normalisation[2 * s], cells.Signal[2 * s], cells.Count[2 * s]) = (s < 7 ? 2 : 0, 2 * values[s], 1);
            (cells.Normalisation[(2 * s) + 1], cells.Signal[(2 * s) + 1], cells.Count[(2 * s) + 1]) = (s == 3 ? 0 : s + 1, (s + 1) * values[s], s);
            (cells.Variance[(2 * s) + 1], cells.NormalisationSquared[(2 * s) + 1]) = ((s + 1) * (s + 1), (s + 1) * (s + 1));
        }

        var pattern = new DiffractionPattern(2);
        CakeTrim.Average(options, cells, pattern, new ulong[11]);
        Assert.Equal((5 - 3 + 9 + 100 + 1 + 2 + 8) / 7.0, pattern.Intensity(0), 1e-12);
        Assert.Equal((5 + 1 + 2 + 8 + 7 + 4 + 6 + 3) / 8.0, pattern.Intensity(1), 1e-12);
        Assert.Equal(Math.Sqrt(8) / 8, pattern.Sigma(1), 1e-12);
        Assert.Equal(8, pattern.EffectiveCount(1), 1e-12);
        Assert.Equal(0 + 4 + 5 + 6 + 7 + 8 + 9 + 10, pattern.Count[1]);
        CakeTrim.Average(options with { Filter = IntegrationFilter.Median }, cells, pattern, new ulong[11]);
        Assert.Equal(5, pattern.Intensity(0), 1e-12);
        Assert.Equal(4.5, pattern.Intensity(1), 1e-12);
    }

    private static IntegrationOptions Options => new()
    {
        Unit = RadialUnit.R_mm,
        BinCount = 30,
        Filter = IntegrationFilter.Mean,
    };

    private static IntegrationPlan Plan(DetectorGeometry geometry, IntegrationOptions options) =>
        new(geometry, PixelMask.None(geometry.Shape), options);
}
