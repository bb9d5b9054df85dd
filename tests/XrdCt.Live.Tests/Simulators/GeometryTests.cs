using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Detector;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Simulator.Files;

namespace XrdCt.Live.Tests.Simulators;

public sealed class GeometryTests : IDisposable
{
    // pyFAI's ring means of one Poisson frame against the noise-free pattern: 4 sigma of at most 0.4 %.
    private const double PatternTolerance = 0.015;

    // pyFAI keeps the axis in float32.
    private const double AxisTolerance_deg = 1e-5;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("xrdct-sim-geometry");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Project_DirectionOfAPixel_IsThatPixel()
    {
        PixelGeometry geometry = new(PilatusCdTe2M.DefaultGeometry);
        foreach ((int row, int column) in new[] { (0, 0), (1678, 1474), (300, 1200), (850, 741) })
        {
            PixelDirection direction = geometry.At(row, column);
            (double backRow, double backColumn) = geometry.Project(direction.TwoTheta_rad, direction.Azimuth_rad);
            Assert.Equal(row, backRow, 1e-6);
            Assert.Equal(column, backColumn, 1e-6);
        }
    }

    [Fact]
    public void Render_IntegratedByPyFai_GivesTheExpectedPattern()
    {
        VirtualExperiment experiment = SimulatedScan.Of(new ScanPlan(101, 80, 10));
        FrameRenderer renderer = new(experiment);
        int[] frame = new int[renderer.PixelCount];

        // Rotation 0, translation +400 µm: off the foil.
        renderer.Render(90, frame);
        string framePath = Path.Combine(_folder.FullName, "frame.npy");
        string maskPath = Path.Combine(_folder.FullName, "mask.edf");
        string poniPath = Path.Combine(_folder.FullName, "sim.poni");
        PixelMask mask = experiment.Detector.Mask;
        ImageFile.Write<int>(framePath, 1679, 1475, frame);
        ImageFile.Write<byte>(maskPath, 1679, 1475, System.Runtime.InteropServices.MemoryMarshal.AsBytes(mask.Masked));
        PoniFile.Write(poniPath, experiment.Detector.Geometry);
        string output = PythonPeer.Run("pyFAI, fabio", """
            import sys, numpy, fabio, pyFAI
            frame = numpy.load(sys.argv[1])
            mask = fabio.open(sys.argv[2]).data.astype(bool) | (frame > 1000) | (frame < 0)
            ai = pyFAI.load(sys.argv[3])
            assert ai.detector.shape == (1679, 1475), ai.detector.shape
            x, y = ai.integrate1d(frame, 150, unit="2th_deg", mask=mask, radial_range=(1, 16), correctSolidAngle=True,
                                  polarization_factor=0.95, method=("no", "histogram", "cython"))
            print("\n".join(f"{a!r} {b!r}" for a, b in zip(x.tolist(), y.tolist())))
            """, framePath, maskPath, poniPath);
        (double Angle_deg, double Intensity)[] pattern = [.. output.Split('\n').Select(line => line.Split(' '))
            .Select(p => (double.Parse(p[0]), double.Parse(p[1])))];

        double[] expected = Expected(experiment, renderer, firstEdge_deg: 1, width_deg: 0.1, pattern.Length);

        // The first bin takes stray pixels from below the range (a quirk of pyFAI).
        for (int bin = 1; bin < pattern.Length; bin++)
        {
            Assert.Equal(1.05 + (0.1 * bin), pattern[bin].Angle_deg, AxisTolerance_deg);
            Assert.Equal(1, pattern[bin].Intensity / expected[bin], PatternTolerance);
        }
    }

    [Fact]
    public void PoniFile_WrittenAndRead_IsTheSame()
    {
        string path = Path.Combine(_folder.FullName, "a.poni");
        DetectorGeometry geometry = PilatusCdTe2M.DefaultGeometry with { Rot1_rad = -0.01234567890123 };
        PoniFile.Write(path, geometry);
        Assert.Equal(geometry, PoniFile.Read(path));
    }

    [Theory]
    [InlineData("Distance: 0.5\nPoni1: 0.1\n", "Poni2")]
    [InlineData("Distance: -1\nPoni1: 0.1\nPoni2: 0.1\nRot1: 0\nRot2: 0\nRot3: 0\nWavelength: 1e-11\n", "Distance")]
    [InlineData("Distance: x\nPoni1: 0.1\nPoni2: 0.1\nRot1: 0\nRot2: 0\nRot3: 0\nWavelength: 1e-11\n", "Distance")]
    [InlineData("Detector_config: {\"orientation\": 2}\n", "orientation")]
    [InlineData("Detector_config: [1\n", "Detector_config")]
    [InlineData("", "Distance")]
    public void PoniFile_Unusable_SaysWhatIsWrong(string text, string named)
    {
        string path = Path.Combine(_folder.FullName, "bad.poni");
        File.WriteAllText(path, text);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => PoniFile.Read(path));
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        Assert.Contains("bad.poni", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Noise-free pattern: Σ expected counts / Σ sensitivity over the unmasked pixels of each bin.</summary>
    private static double[] Expected(
        VirtualExperiment experiment, FrameRenderer renderer, double firstEdge_deg, double width_deg, int binCount)
    {
        double[] signal = new double[binCount];
        double[] norm = new double[binCount];
        ReadOnlySpan<bool> masked = experiment.Detector.Mask.Masked;
        for (int pixel = 0; pixel < masked.Length; pixel++)
        {
            PixelDirection direction = experiment.Detector.Directions.At(pixel / 1475, pixel % 1475);
            double twoTheta_deg = direction.TwoTheta_rad * 180 / Math.PI;
            int bin = (int)Math.Floor((twoTheta_deg - firstEdge_deg) / width_deg);
            if (!masked[pixel] && bin >= 0 && bin < binCount)
            {
                double sensitivity = direction.SolidAngle * direction.Polarisation(DetectorTables.PolarisationFactor);
                signal[bin] += sensitivity * renderer.Expected[experiment.Detector.Grid.BinOf(twoTheta_deg)];
                norm[bin] += sensitivity;
            }
        }

        return [.. signal.Zip(norm, (s, n) => s / n)];
    }
}
