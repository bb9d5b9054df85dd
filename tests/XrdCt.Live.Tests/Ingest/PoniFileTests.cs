using System.Text.Json;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Tests.Ingest;

public class PoniFileTests
{
    private const string Generic = """
        # Nota: C-Order, 1 refers to the Y axis, 2 to the X axis
        poni_version: 2.1
        Detector: Detector
        Detector_config: {"pixel1": 0.0001, "pixel2": 0.00012, "max_shape": [120, 160], "orientation": 3}
        Distance: 0.08
        Poni1: 0.0071
        Poni2: 0.0083
        Rot1: 0.2
        Rot2: -0.15
        Rot3: 0.3
        Wavelength: 2.48e-11
        """;

    [Theory]
    [InlineData("pilatus_v1.poni")]
    [InlineData("pilatus_v2.poni")]
    [InlineData("pilatus_v2.1.poni")]
    public void Read_OneCalibrationInThreeVersions_IsTheSame(string name)
    {
        DetectorGeometry geometry = PoniFile.Read(GoldenFiles.PathOf(name));

        Assert.Equal(
            new DetectorGeometry
            {
                Detector = "PilatusCdTe2M",
                Shape = ImageShape.Pilatus2M,
                PixelSize1_m = 172e-6,
                PixelSize2_m = 172e-6,
                Distance_m = 0.5,
                Poni1_m = 0.1462,
                Poni2_m = 0.1275,
                Rot1_rad = 0.003,
                Rot2_rad = -0.002,
                Rot3_rad = 0.01,
                Wavelength_m = 2.48e-11,
            },
            geometry);
    }

    [Fact]
    public void Read_GenericDetector_TakesSizeAndPixelsFromItsConfiguration()
    {
        DetectorGeometry geometry = PoniFile.Read(GoldenFiles.PathOf("small_v2.poni"));

        Assert.Equal(new ImageShape(120, 160), geometry.Shape);
        Assert.Equal(1e-4, geometry.PixelSize1_m);
        Assert.Equal(1.2e-4, geometry.PixelSize2_m);
        Assert.Equal(-0.15, geometry.Rot2_rad);
    }

    [Fact]
    public void Read_ThreeBlocksAppended_TheLastOneCounts()
    {
        DetectorGeometry geometry = PoniFile.Read(ReferenceData.Require("CeO2.poni"));

        Assert.Equal("Pilatus2M", geometry.Detector);
        Assert.Equal(ImageShape.Pilatus2M, geometry.Shape);
        Assert.Equal(0.543892076611, geometry.Distance_m);
        Assert.Equal(0.144719659691, geometry.Poni1_m);
        Assert.Equal(-0.000195931645318, geometry.Rot1_rad);
        Assert.Equal(3.66161450116e-09, geometry.Rot3_rad);
        Assert.Equal(1.74625623831e-11, geometry.Wavelength_m);
    }

    [Theory]
    [InlineData("Pilatus CdTe 2M", 1679, 1475)]
    [InlineData("pilatus 2m cdte", 1679, 1475)]
    [InlineData("Pilatus2MCdTe", 1679, 1475)]
    [InlineData("Pilatus 2M", 1679, 1475)]
    [InlineData("Pilatus1M", 1043, 981)]
    [InlineData("Pilatus 300k", 619, 487)]
    [InlineData("Pilatus6M", 2527, 2463)]
    public void Parse_NameOfPilatus_GivesSizeAndPixels(string name, int rows, int columns)
    {
        string text = Changed("Detector_config", null).Replace("Detector: Detector", $"DETECTOR: {name}");

        DetectorGeometry geometry = PoniFile.Parse(text, "x.poni");

        Assert.Equal(new ImageShape(rows, columns), geometry.Shape);
        Assert.Equal(172e-6, geometry.PixelSize1_m);
    }

    [Fact]
    public void Parse_UnnamedDetectorWithoutSize_TakesTheFallbackOrRefuses()
    {
        string text = Changed("Detector_config", "{}") + "\nPixelSize1: 5e-05\nPixelSize2: 6e-05\n";

        DetectorGeometry geometry = PoniFile.Parse(text, "x.poni", new ImageShape(3, 4));

        Assert.Equal(new ImageShape(3, 4), geometry.Shape);
        Assert.Equal(6e-5, geometry.PixelSize2_m);
        AssertRefused(text, "max_shape");
    }

    [Fact]
    public void Parse_WithoutWavelength_IsUnknown() =>
        Assert.Null(PoniFile.Parse(Changed("Wavelength", null), "x.poni").Wavelength_m);

    [Theory]
    [InlineData("Distance")]
    [InlineData("Poni1")]
    [InlineData("Poni2")]
    [InlineData("Rot1")]
    [InlineData("Rot2")]
    [InlineData("Rot3")]
    public void Parse_MissingKey_NamesFileAndKey(string key) =>
        AssertRefused(Changed(key, null), $"key {key} is missing");

    [Theory]
    [InlineData("Distance", "half a metre", "not a number")]
    [InlineData("Distance", "NaN", "not a number")]
    [InlineData("Distance", "-0.5", "metres")]
    [InlineData("Wavelength", "0.17", "metres")]
    [InlineData("Wavelength", "0", "metres")]
    [InlineData("poni_version", "4", "too recent")]
    [InlineData("poni_version", "3.1", "too recent")]
    [InlineData("Detector_config", "{\"orientation\": 5}", "orientation")]
    [InlineData("Detector_config", "{\"orientation\": -1}", "orientation")]
    [InlineData("Detector_config", "{\"orientation\": \"up\"}", "Detector_config")]
    [InlineData("Detector_config", "{\"pixel1\": 1e-4, ", "JSON")]
    [InlineData("Detector_config", "[3]", "JSON")]
    [InlineData("Detector_config", "{\"max_shape\": [0, 5]}", "max_shape")]
    [InlineData("Detector_config", "{\"max_shape\": [70000, 70000], \"pixel1\": 1e-4, \"pixel2\": 1e-4}", "larger")]
    [InlineData("Detector_config", "{\"max_shape\": [5, 5], \"pixel1\": 172, \"pixel2\": 172}", "PixelSize1")]
    [InlineData("Detector_config", "{\"x_offset_file\": \"x.cbf\"}", "x_offset_file")]
    [InlineData("Parallax", "True", "parallax")]
    [InlineData("Parallax", "true", "parallax")]
    [InlineData("Detector_config", "{\"splineFile\": \"frelon.spline\"}", "splineFile")]
    [InlineData("Detector_config", "{\"pixel1\": 1e-4, \"pixel2\": 1e-4, \"max_shape\": [5, 5], \"colour\": 3}", "'colour'")]
    [InlineData("Detector_config", "{\"sensor\": {\"thickness\": 0.001}}", "JSON")]
    [InlineData("Detector_config", "{\"sensor\": {\"material\": \"CdTe\", \"thickness\": 1000}}", "thickness")]
    [InlineData("Detector_config", "{\"module_size\": [100, 100], \"max_shape\": [5, 5], \"pixel1\": 1e-4, \"pixel2\": 1e-4}", "module_size")]
    [InlineData("Detector_config", "{}", "max_shape")]
    public void Parse_WrongValue_NamesFileAndKey(string key, string value, string expected) =>
        AssertRefused(Changed(key, value), expected);

    [Theory]
    [InlineData("Frelon", "Eiger")]
    [InlineData("PilatusCdTe2N", "PilatusCdTe2M")]
    public void Parse_UnknownDetectorWithoutSize_NamesThoseThatAreLikeIt(string name, string expected)
    {
        string text = Changed("Detector_config", null).Replace("Detector: Detector", $"Detector: {name}");

        AssertRefused(text, expected);
        AssertRefused(text, "did you mean");
    }

    [Fact]
    public void Parse_UnknownDetectorWithItsSize_IsTakenAsItIs() =>
        Assert.Equal("Frelon", PoniFile.Parse(Generic.Replace("Detector: Detector", "Detector: Frelon"), "x.poni").Detector);

    [Theory]
    [InlineData("{\"orientation\": 0}", DetectorOrientation.BottomRight)]
    [InlineData("{\"orientation\": 1}", DetectorOrientation.TopLeft)]
    [InlineData("{\"orientation\": 2}", DetectorOrientation.TopRight)]
    [InlineData("{\"orientation\": 3}", DetectorOrientation.BottomRight)]
    [InlineData("{\"orientation\": 4}", DetectorOrientation.BottomLeft)]
    [InlineData("{}", DetectorOrientation.BottomRight)]
    public void Parse_Orientation_IsCarried(string configuration, DetectorOrientation expected)
    {
        string text = Changed("Detector_config", configuration).Replace("Detector: Detector", "Detector: Eiger4M");

        Assert.Equal(expected, PoniFile.Parse(text, "x.poni").Orientation);
    }

    [Fact]
    public void Parse_Version3_GivesTheSensor()
    {
        string text = Changed("poni_version", "3").Replace("\"orientation\": 3", "\"orientation\": 2, \"sensor\": {\"material\": \"CdTe\", \"thickness\": 0.001}")
            + "\nParallax: False\n";

        DetectorGeometry geometry = PoniFile.Parse(text, "x.poni");

        Assert.Equal(new SensorLayer("CdTe", 0.001), geometry.Sensor);
        Assert.Equal("CdTe, 1000 µm", geometry.Sensor!.ToString());
        Assert.Equal(DetectorOrientation.TopRight, geometry.Orientation);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{\"material\": \"Si\", \"thickness\": null}")]
    public void Parse_SensorOfUnknownThickness_IsUnknown(string sensor) =>
        Assert.Null(PoniFile.Parse(Generic.Replace("\"orientation\": 3", $"\"sensor\": {sensor}"), "x.poni").Sensor);

    [Fact]
    public void Parse_KeysOfAnOlderBlock_DoNotCountFromVersion2On()
    {
        string text = "Detector: Detector\nPixelSize1: 5e-05\nPixelSize2: 5e-05\nSplineFile: frelon.spline\nDistance: 1\n" + Generic;

        DetectorGeometry geometry = PoniFile.Parse(text, "x.poni");

        Assert.Equal((1e-4, 1.2e-4, 0.08), (geometry.PixelSize1_m, geometry.PixelSize2_m, geometry.Distance_m));
    }

    [Fact]
    public void Parse_SplineOfVersion1_IsRefused()
    {
        string text = Changed("poni_version", null).Replace("Detector_config", "# Detector_config") + "\nSplineFile: frelon.spline\n";

        AssertRefused(text, "SplineFile");
    }

    [Theory]
    [InlineData("Detector: Detector", "DETECTOR: detector", "poni_version", "Poni_Version")]
    [InlineData("Rot1", "ROT1", "Wavelength", "wavelength")]
    public void Parse_KeysInOtherCase_AreTheSame(string one, string otherOne, string two, string otherTwo)
    {
        DetectorGeometry geometry = PoniFile.Parse(Generic.Replace(one, otherOne).Replace(two, otherTwo), "x.poni");

        Assert.Equal((0.2, 2.48e-11), (geometry.Rot1_rad, geometry.Wavelength_m));
    }

    [Theory]
    [InlineData("Detector: NexusDetector\nDetector_config: {\"filename\": \"curved.h5\"}")]
    [InlineData("Detector: curved.h5")]
    [InlineData("Detector: NexusDetector\nDetector_config: {\"filename\": \"curved.h5\", \"orientation\": 3}")]
    public void Read_DetectorOfItsOwnFile_HasItsCorners(string lines)
    {
        using TemporaryFolder folder = new();
        string poni = folder.PathOf("x.poni");
        File.WriteAllText(poni, Changed("Detector_config", null).Replace("Detector: Detector", lines));
        string? asked = null;
        ImageShape shape = new(2, 3);
        PixelCorners corners = new(shape, new float[72]);

        DetectorGeometry geometry = PoniFile.Read(poni, null, file =>
        {
            asked = file;
            return new NexusDetector { Name = "Curved", Shape = shape, PixelSize1_m = 1e-4, PixelSize2_m = 2e-4, Corners = corners };
        });

        Assert.Equal(folder.PathOf("curved.h5"), asked);
        Assert.Same(corners, geometry.Corners);
        Assert.Equal(("Curved", shape, 1e-4, 2e-4), (geometry.Detector, geometry.Shape, geometry.PixelSize1_m, geometry.PixelSize2_m));
    }

    [Theory]
    [InlineData("{\"filename\": \"curved.h5\", \"orientation\": 2}", "orientation 3")]
    [InlineData("{\"filename\": \"curved.h5\", \"max_shape\": [3, 3]}", "2×3")]
    [InlineData("{}", "filename")]
    public void Parse_DetectorOfItsOwnFileThatContradictsIt_IsRefused(string configuration, string expected)
    {
        string text = Changed("Detector_config", configuration).Replace("Detector: Detector", "Detector: NexusDetector");
        ImageShape shape = new(2, 3);

        FormatException e = Assert.Throws<FormatException>(() => PoniFile.Parse(text, "x.poni", null, _ => new NexusDetector
        {
            Name = "Curved",
            Shape = shape,
            PixelSize1_m = 1e-4,
            PixelSize2_m = 1e-4,
            Corners = new PixelCorners(shape, new float[72]),
        }));

        Assert.StartsWith("x.poni:", e.Message);
        Assert.Contains(expected, e.Message);
    }

    [Fact]
    public void Parse_JsonObject_IsTheSameAsTheFile()
    {
        using JsonDocument json = JsonDocument.Parse("""
            {"poni_version": 2.1, "detector": "Detector", "dist": 0.08, "poni1": 0.0071, "poni2": 0.0083, "rot1": 0.2, "rot2": -0.15, "rot3": 0.3,
             "detector_config": {"pixel1": 0.0001, "pixel2": 0.00012, "max_shape": [120, 160], "orientation": 3}, "wavelength": 2.48e-11}
            """);

        Assert.Equal(PoniFile.Parse(Generic, "x.poni"), PoniFile.Parse(json.RootElement, "x.json", "/"));
    }

    [Fact]
    public void Parse_Version3WithoutParallax_IsAccepted()
    {
        string text = Changed("poni_version", "3") + "\nParallax: False\n";

        Assert.Equal(0.08, PoniFile.Parse(text, "x.poni").Distance_m);
    }

    [Fact]
    public void Parse_PilatusWithBinnedPixels_IsRefused()
    {
        string text = Changed("Detector_config", null).Replace("Detector: Detector", "Detector: Pilatus2M")
            + "\nPixelSize1: 0.000344\nPixelSize2: 0.000344\n";

        AssertRefused(text, "binned");
    }

    [Fact]
    public void Read_MissingFile_NamesIt()
    {
        using TemporaryFolder folder = new();

        FileNotFoundException e =
            Assert.Throws<FileNotFoundException>(() => PoniFile.Read(folder.PathOf("missing.poni")));

        Assert.Contains("missing.poni", e.Message);
    }

    /// <summary>The generic calibration with one key set to another value, or left out.</summary>
    private static string Changed(string key, string? value)
    {
        IEnumerable<string> lines = Generic.Split('\n').Where(l => !l.StartsWith(key + ":", StringComparison.Ordinal));
        return string.Join('\n', value is null ? lines : lines.Append($"{key}: {value}"));
    }

    private static void AssertRefused(string text, string expected)
    {
        FormatException e = Assert.Throws<FormatException>(() => PoniFile.Parse(text, "wrong.poni"));

        Assert.StartsWith("wrong.poni:", e.Message);
        Assert.Contains(expected, e.Message);
    }
}
