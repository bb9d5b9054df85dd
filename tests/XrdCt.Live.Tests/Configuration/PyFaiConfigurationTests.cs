using System.Text.Json;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Configuration;

public sealed class PyFaiConfigurationTests : IDisposable
{
    private const string Poni = """
        "poni": {"poni_version": 2.1, "detector": "Detector", "detector_config": {"pixel1": 1e-4, "pixel2": 2e-4, "max_shape": [10, 20], "orientation": 2},
         "dist": 0.1, "poni1": 0.01, "poni2": 0.02, "rot1": 0.1, "rot2": 0.2, "rot3": 0.3, "wavelength": 1e-10}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Version5_IsWhatPyFaiComputes()
    {
        PyFaiConfiguration read = Read($$"""
            {"application": "worker", "version": 5, {{Poni}}, "nbpt_rad": 1000, "nbpt_azim": 1, "unit": "q_A^-1", "chi_discontinuity_at_0": false,
             "polarization_description": [0.97, 0], "normalization_factor": 1.0, "val_dummy": -1, "delta_dummy": 0.5, "correct_solid_angle": false,
             "dark_current": ["dark.edf"], "flat_field": "flat.edf", "mask_file": "silx:/data/mask.h5::/mask", "error_model": "azimuthal",
             "method": ["full", "csr", "opencl"], "opencl_device": [0, 1], "azimuth_range": [-90, 45.5], "radial_range": [0.5, 8],
             "integrator_class": "AzimuthalIntegrator", "integrator_method": null, "extra_options": null, "monitor_name": null, "shape": [10, 20]}
            """);

        Assert.Equal(
            new IntegrationOptions
            {
                Unit = RadialUnit.Q_invA,
                BinCount = 1000,
                Lower = 0.5,
                Upper = 8,
                AzimuthLower_deg = -90,
                AzimuthUpper_deg = 45.5,
                Splitting = PixelSplitting.Full,
                Filter = IntegrationFilter.Mean,
                PolarisationFactor = 0.97,
                SolidAngle = false,
                Dummy = -1,
                DummyDelta = 0.5,
                ErrorModel = ErrorModel.Azimuthal,
            },
            SetUp.Integration(read.Integration, "x.json"));
        Assert.Equal((_folder.File("dark.edf"), _folder.File("flat.edf"), "/data/mask.h5::/mask"), (read.Files.Dark, read.Files.FlatField, read.Files.Mask));
        Assert.Equal(["application", "opencl_device", "integrator_class"], read.Ignored);
        DetectorGeometry geometry = read.Files.Calibration!.Read(_ => throw new InvalidOperationException());
        Assert.Equal((0.1, 0.02, 0.3, 1e-10), (geometry.Distance_m, geometry.Poni2_m, geometry.Rot3_rad, geometry.Wavelength_m));
        Assert.Equal(DetectorOrientation.TopRight, geometry.Orientation);
    }

    [Fact]
    public void Read_Version1_TakesTheCalibrationBesideTheFile()
    {
        PyFaiConfiguration read = Read("""
            {"poni": "/somewhere/else.poni", "detector": "Detector", "pixel1": 1e-4, "pixel2": 2e-4, "shape": [10, 20], "splineFile": "", "dist": 0.25,
             "poni1": 0.01, "poni2": 0.02, "rot1": 0, "rot2": 0, "rot3": 0, "wavelength": 1e-10, "do_mask": false, "mask_file": "mask.edf",
             "do_dark": true, "dark_current": "a.edf", "do_flat": false, "flat_field": "b.edf,c.edf", "do_2D": false, "nbpt_azim": 360, "nbpt_rad": "512",
             "do_radial_range": false, "radial_range_min": 1, "radial_range_max": 2, "do_azimuthal_range": true, "azimuth_range_min": -10,
             "azimuth_range_max": 10, "do_polarization": false, "polarization_factor": 0.9, "do_dummy": false, "val_dummy": 5, "delta_dummy": 1,
             "do_poisson": true, "do_solid_angle": true, "do_OpenCL": false, "unit": "2th_deg", "chi_discontinuity_at_0": false}
            """);

        Assert.Equal(
            new IntegrationOptions
            {
                Unit = RadialUnit.TwoTheta_deg,
                BinCount = 512,
                AzimuthLower_deg = -10,
                AzimuthUpper_deg = 10,
                Splitting = PixelSplitting.BoundingBox,
                Filter = IntegrationFilter.Mean,
            },
            SetUp.Integration(read.Integration, "x.json"));
        Assert.Equal((null, _folder.File("a.edf"), null), (read.Files.Mask, read.Files.Dark, read.Files.FlatField));
        DetectorGeometry geometry = read.Files.Calibration!.Read(_ => throw new InvalidOperationException());
        Assert.Equal((0.25, 1e-4, 2e-4, 10, 20), (geometry.Distance_m, geometry.PixelSize1_m, geometry.PixelSize2_m, geometry.Shape.Rows, geometry.Shape.Columns));
        Assert.Empty(read.Ignored);
    }

    [Fact]
    public void Read_WhatPyFaiSaves_IsUnderstood()
    {
        JsonElement saved = ForeignPython.Run("pyFAI", """
            import sys, json, logging
            logging.disable(logging.CRITICAL)
            import pyFAI.worker, pyFAI.azimuthalIntegrator
            ai = pyFAI.azimuthalIntegrator.AzimuthalIntegrator(0.3, 0.01, 0.02, 0.1, 0.2, 0.3, detector='Pilatus100k', wavelength=1e-10)
            worker = pyFAI.worker.Worker(ai, shapeIn=(195, 487), shapeOut=(1, 800), unit='q_nm^-1', dummy=-2, delta_dummy=1.5, method='bbox_csr')
            worker.polarization_factor = 0.95
            print(json.dumps(worker.get_config()))
            """);

        PyFaiConfiguration read = Read(saved.GetRawText());

        IntegrationOptions options = SetUp.Integration(read.Integration, "x.json");
        Assert.Equal((RadialUnit.Q_invnm, 800, PixelSplitting.BoundingBox), (options.Unit, options.BinCount, options.Splitting));
        Assert.Equal((0.95, -2.0, 1.5, IntegrationFilter.Mean), (options.PolarisationFactor, options.Dummy, options.DummyDelta, options.Filter));
        DetectorGeometry geometry = read.Files.Calibration!.Read(_ => throw new InvalidOperationException());
        Assert.Equal((0.3, 0.01, 172e-6, 195), (geometry.Distance_m, geometry.Poni1_m, geometry.PixelSize1_m, geometry.Shape.Rows));
    }

    [Theory]
    [InlineData("\"method\": [\"no\", \"csr\", \"cython\"]", PixelSplitting.None)]
    [InlineData("\"method\": [1, \"full\", \"lut\", \"opencl\", null]", PixelSplitting.Full)]
    [InlineData("\"method\": [\"*\", \"csr\", \"*\"]", PixelSplitting.BoundingBox)]
    [InlineData("\"method\": \"splitbbox\"", PixelSplitting.BoundingBox)]
    [InlineData("\"method\": \"csr\"", PixelSplitting.BoundingBox)]
    [InlineData("\"method\": \"csr_ocl\"", PixelSplitting.BoundingBox)]
    [InlineData("\"method\": \"splitpixel\"", PixelSplitting.Full)]
    [InlineData("\"method\": \"full_csr\"", PixelSplitting.Full)]
    [InlineData("\"method\": \"ocl_nosplit_csr_gpu\"", PixelSplitting.None)]
    [InlineData("\"method\": \"numpy\"", PixelSplitting.None)]
    [InlineData("\"method\": null", PixelSplitting.Full)]
    public void Read_Method_GivesTheSplitting(string method, PixelSplitting expected) =>
        Assert.Equal(expected, Options($"\"version\": 4, {Poni}, {method}").Splitting);

    [Theory]
    [InlineData("\"integrator_method\": \"sigma_clip_ng\", \"extra_options\": {\"thresh\": 3.5, \"max_iter\": 2}", IntegrationFilter.SigmaClip, TrimDefinition.Pixel, 0.1, 0.1, 256, 3.5, 2)]
    [InlineData("\"integrator_name\": \"sigma_clip\", \"extra_options\": {\"thres\": 4}", IntegrationFilter.SigmaClip, TrimDefinition.Pixel, 0.1, 0.1, 256, 4, 5)]
    [InlineData("\"integrator_method\": \"medfilt1d_ng\", \"extra_options\": {\"percentile\": [10, 80]}", IntegrationFilter.Trimmed, TrimDefinition.Pixel, 0.1, 0.2, 256, 5, 5)]
    [InlineData("\"integrator_method\": \"medfilt1d\", \"extra_options\": {\"percentile\": [5, 95], \"npt_azim\": 360}", IntegrationFilter.Trimmed, TrimDefinition.Cake, 0.05, 0.05, 360, 5, 5)]
    [InlineData("\"integrator_method\": \"medfilt1d_legacy\"", IntegrationFilter.Median, TrimDefinition.Cake, 0.1, 0.1, 512, 5, 5)]
    [InlineData("\"integrator_method\": \"medfilt1d_ng\", \"extra_options\": {\"percentile\": 50}", IntegrationFilter.Median, TrimDefinition.Pixel, 0.1, 0.1, 256, 5, 5)]
    [InlineData("\"integrator_method\": \"integrate1d\", \"extra_options\": {}", IntegrationFilter.Mean, TrimDefinition.Pixel, 0.1, 0.1, 256, 5, 5)]
    public void Read_IntegratorMethod_GivesTheFilter(
        string keys, IntegrationFilter filter, TrimDefinition trim, double lower, double upper, int sectors, double threshold, int iterations)
    {
        IntegrationOptions options = Options($"\"version\": 5, {Poni}, {keys}");

        Assert.Equal((filter, trim, sectors), (options.Filter, options.TrimDefinition, options.CakeSectors));
        Assert.Equal((lower, upper), (options.TrimLower, options.TrimUpper));
        Assert.Equal((threshold, iterations), (options.ClipThreshold_sigma, options.ClipIterations));
    }

    [Theory]
    [InlineData("\"nbpt_azim\": 360", 360, null, null)]
    [InlineData("\"nbpt_azim\": 360, \"do_2D\": false", null, null, null)]
    [InlineData("\"nbpt_azim\": 360, \"chi_discontinuity_at_0\": true", 360, 0.0, 360.0)]
    [InlineData("\"nbpt_azim\": 1, \"chi_discontinuity_at_0\": true", null, null, null)]
    [InlineData("\"azimuth_range\": [-Infinity, Infinity]", null, null, null)]
    [InlineData("\"azimuth_range\": [170, 190], \"val_dummy\": NaN", null, 170.0, 190.0)]
    public void Read_Azimuth_GivesSectorsAndRange(string keys, int? sectors, double? lower, double? upper)
    {
        IntegrationOptions options = Options($"\"version\": 5, {Poni}, {keys}");

        Assert.Equal((sectors, lower, upper), (options.AzimuthSectors, options.AzimuthLower_deg, options.AzimuthUpper_deg));
    }

    [Theory]
    [InlineData("\"version\": 6", "too recent")]
    [InlineData("\"colour\": 3, \"taste\": 4", "'colour', 'taste'")]
    [InlineData("\"unit\": \"chi_deg\"", "unit: chi_deg")]
    [InlineData("\"method\": [\"pseudo\", \"csr\", \"cython\"]", "pseudo")]
    [InlineData("\"method\": \"magic\"", "method: magic")]
    [InlineData("\"method\": 3", "method: 3")]
    [InlineData("\"error_model\": \"variance\"", "error_model")]
    [InlineData("\"integrator_method\": \"separate\"", "integrator_method: separate")]
    [InlineData("\"integrator_class\": \"FiberIntegrator\"", "FiberIntegrator")]
    [InlineData("\"integrator_method\": \"medfilt1d\", \"nbpt_azim\": 360", "nbpt_azim")]
    [InlineData("\"integrator_method\": \"medfilt1d_ng\", \"extra_options\": {\"percentile\": 30}", "percentile: 30")]
    [InlineData("\"integrator_method\": \"medfilt1d_ng\", \"extra_options\": {\"percentile\": [60, 90]}", "percentile")]
    [InlineData("\"extra_options\": {\"thresh\": 3}", "thresh")]
    [InlineData("\"integrator_method\": \"sigma_clip\", \"extra_options\": {\"max_iter\": 2.5}", "max_iter")]
    [InlineData("\"extra_options\": 3", "extra_options")]
    [InlineData("\"polarization_description\": [0.9, 0.5]", "polarization_offset")]
    [InlineData("\"normalization_factor\": 100", "normalization_factor")]
    [InlineData("\"dark_current\": [\"a.edf\", \"b.edf\"]", "average")]
    [InlineData("\"mask_file\": 3", "mask_file")]
    [InlineData("\"mask_file\": \"a\\u0000b\"", "mask_file")]
    [InlineData("\"mask_file\": \"\\ud800\"", "Unicode")]
    [InlineData("\"nbpt_rad\": \"many\"", "nbpt_rad")]
    [InlineData("\"nbpt_rad\": -5", "nbpt_rad")]
    [InlineData("\"radial_range\": [1]", "radial_range")]
    [InlineData("\"do_2D\": \"perhaps\"", "do_2D")]
    [InlineData("\"dist\": 0.1", "contradict")]
    public void Read_WhatIsNotSupported_NamesFileAndKey(string keys, string expected)
    {
        string version = keys.Contains("version", StringComparison.Ordinal) ? "" : "\"version\": 5, ";
        string path = Write($"{{ {version}{Poni}, {keys} }}");

        UserException e = Assert.Throws<UserException>(() => PyFaiConfiguration.Read(path));

        Assert.Equal(2, e.ExitCode);
        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1, 2]")]
    [InlineData("{\"version\": ")]
    [InlineData("")]
    [InlineData("not JSON")]
    public void Read_OtherFile_NamesIt(string text)
    {
        string path = Write(text);

        UserException e = Assert.Throws<UserException>(() => PyFaiConfiguration.Read(path));

        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains("JSON", e.Message, StringComparison.Ordinal);
    }

    private IntegrationOptions Options(string keys) => SetUp.Integration(Read($"{{ {keys} }}").Integration, "x.json");

    private PyFaiConfiguration Read(string text) => PyFaiConfiguration.Read(Write(text));

    private string Write(string text)
    {
        string path = _folder.File("x.json");
        File.WriteAllText(path, text);
        return path;
    }
}
