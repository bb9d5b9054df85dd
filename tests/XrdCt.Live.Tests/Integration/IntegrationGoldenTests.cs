using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>Against pyFAI and against the definition in numpy, on small frames that are part of the project.</summary>
public sealed class IntegrationGoldenTests
{
    /// <summary>pyFAI starts from float32 pixel coordinates: its bins' intensities differ by up to 0.3 % (0.07 % in 99 %).</summary>
    private const double WorstAgainstPyFai = 0.005;
    private const double MostAgainstPyFai = 0.001;

    [Fact]
    public void Mean_SmallFrame_MatchesPyFai()
    {
        (int[] shape, double[] golden) = Npy.Read(SmallDetector.Golden("int1d_no_150.npy"));
        int n = shape[1];
        DiffractionPattern pattern = Integrate("image.npy", IntegrationFilter.Mean, out RadialAxis axis);
        var deviations = new List<double>();
        for (int b = 0; b < n; b++)
        {
            Assert.Equal(golden[b], axis.Centres[b], 1e-4 * golden[b]);
            if (golden[(4 * n) + b] > 20)
            {
                deviations.Add(Math.Abs((pattern.Intensity(b) / golden[n + b]) - 1));
            }
        }

        deviations.Sort();
        Assert.True(deviations.Count > 100);
        Assert.InRange(deviations[^1], 0, WorstAgainstPyFai);
        Assert.InRange(deviations[(int)(0.99 * (deviations.Count - 1))], 0, MostAgainstPyFai);
    }

    [Theory]
    [InlineData("image.npy", 0)]
    [InlineData("image_weak.npy", 3)]
    public void Trimmed_SmallFrame_MatchesTheDefinitionInNumpy(string frame, int firstRow)
    {
        (int[] shape, double[] golden) = Npy.Read(SmallDetector.Golden("trimmed_strict_150.npy"));
        int n = shape[1];
        DiffractionPattern pattern = Integrate(frame, IntegrationFilter.Trimmed, out _);
        int differentCount = 0;
        for (int b = 0; b < n; b++)
        {
            double signal = golden[(firstRow * n) + b], norm = golden[((firstRow + 1) * n) + b];
            int count = (int)golden[((firstRow + 2) * n) + b];
            if (count == 0)
            {
                // The definition keeps nothing: the exact form steps in.
                Assert.True(pattern.Normalisation[b] > 0);
                continue;
            }

            differentCount += count == pattern.Count[b] ? 0 : 1;
            if (count == pattern.Count[b])
            {
                // Keys are float32 here and float64 there: pixels of nearly equal key may change places at the cut.
                Assert.Equal(norm, pattern.Normalisation[b], 1e-3 * norm);
                Assert.Equal(signal, pattern.Signal[b], Math.Max(1, 1e-3 * signal));
            }
        }

        Assert.InRange(differentCount, 0, 2);
    }

    [Fact]
    public void Plan_PixelPositions_MatchTheDocumentedGeometry()
    {
        // Untilted detector: 2θ = atan(r/L), χ = atan2(vertical, horizontal), cos³ of the same angle.
        DetectorGeometry flat = SmallDetector.Geometry with { Rot1_rad = 0, Rot2_rad = 0, Rot3_rad = 0 };
        var pixels = new PixelGeometry(flat);
        PixelPosition p = pixels.At(100, 20);
        double y = (100.5 * 1e-4) - 0.0071, x = (20.5 * 1.2e-4) - 0.0083;
        double r = Math.Sqrt((x * x) + (y * y));
        Assert.Equal(Math.Atan(r / 0.08), p.TwoTheta_rad, 1e-14);
        Assert.Equal(Math.Atan2(y, x), p.Azimuth_rad, 1e-14);
        Assert.Equal(r, p.R_m, 1e-16);
        Assert.Equal(Math.Pow(Math.Cos(Math.Atan(r / 0.08)), 3), p.SolidAngle, 1e-14);
        Assert.Equal(4 * Math.PI / 0.248 * Math.Sin(p.TwoTheta_rad / 2), pixels.Radial(p, RadialUnit.Q_invA), 1e-12);
    }

    [Fact]
    public void Plan_MaskOfAnotherShape_SaysBothShapes()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new IntegrationPlan(
            SmallDetector.Geometry, PixelMask.None(new(10, 12)), SmallDetector.Options(IntegrationFilter.Mean)));
        Assert.Contains("the mask is 10×12 (rows × columns), the detector 120×160", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_NoWavelengthAndQ_SaysWhatToDo()
    {
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => new IntegrationPlan(
            SmallDetector.Geometry with { Wavelength_m = null },
            SmallDetector.Mask(),
            SmallDetector.Options(IntegrationFilter.Mean)));
        Assert.Contains("Wavelength", e.Message, StringComparison.Ordinal);
    }

    private static DiffractionPattern Integrate(string frame, IntegrationFilter filter, out RadialAxis axis)
    {
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(filter));
        axis = plan.Axis;
        var pattern = new DiffractionPattern(axis.BinCount);
        new SimdIntegrator(plan, SmallDetector.Reader).Integrate([SmallDetector.Frame(Npy.ReadInts(SmallDetector.Golden(frame)))], [pattern]);
        return pattern;
    }
}
