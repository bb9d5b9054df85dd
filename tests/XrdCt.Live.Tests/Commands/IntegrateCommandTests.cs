using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Commands;
using XrdCt.Live.Tests.Integration;

namespace XrdCt.Live.Tests.Commands;

public sealed class IntegrateCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("xrdct-integrate").FullName;

    [Fact]
    public void Run_EdfFrame_GivesThePatternOfItsPixels()
    {
        int[] pixels = Npy.ReadInts(SmallDetector.Golden("image.npy"));
        Assert.Equal(0, Integrate(WriteEdf("frame.edf", pixels, SmallDetector.Geometry.Shape)));

        AssertTrimmed(pixels);
    }

    [Fact]
    public void Run_EdfFrameOfAnotherSize_IsRefused()
    {
        Assert.Equal(1, Integrate(WriteEdf("frame.edf", new int[60], new ImageShape(6, 10))));
        Assert.False(File.Exists(Path.Combine(_folder, "frame.csv")));
    }

    [Fact]
    public void Run_PyFaisConfiguration_GivesThePatternThatItsKeysAskFor()
    {
        int[] pixels = Npy.ReadInts(SmallDetector.Golden("image.npy"));
        string json = Path.Combine(_folder, "pyfai.json");
        File.WriteAllText(json, $$$"""
            {"version": 5, "application": "worker", "opencl_device": "gpu", "poni": "{{{Poni()}}}", "mask_file": "{{{SmallDetector.Golden("mask.npy")}}}",
             "unit": "q_nm^-1", "nbpt_rad": 150, "nbpt_azim": 1, "method": ["no", "csr", "cython"], "polarization_description": [0.95, 0],
             "integrator_method": "medfilt1d_ng", "extra_options": {"percentile": [10, 90]}}
            """);
        string frame = WriteEdf("frame.edf", pixels, SmallDetector.Geometry.Shape);
        TextWriter console = Console.Out;
        var said = new StringWriter();
        Console.SetOut(said);
        try
        {
            Assert.Equal(0, Invoke("integrate", frame, "--pyfai", json, "--format", "csv", "--output", _folder, "--json"));
        }
        finally
        {
            Console.SetOut(console);
        }

        AssertTrimmed(pixels);
        Assert.Matches("\"ignored\":\\s*\\[\\s*\"application\",\\s*\"opencl_device\"\\s*\\]", said.ToString());
        string[] settings = [.. File.ReadLines(Path.Combine(_folder, "frame.csv")).TakeWhile(l => l[0] == '#')];
        Assert.Contains(settings, l => l.Contains("orientation 3 (BottomRight)", StringComparison.Ordinal));
        Assert.Contains(settings, l => l.Contains("filter: pixel trimmed mean, 0.1 off the low end and 0.1 off the high end", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_OptionBesidePyFaisConfiguration_Wins()
    {
        string json = Path.Combine(_folder, "pyfai.json");
        File.WriteAllText(json, $$"""{"version": 5, "poni": "{{Poni()}}", "nbpt_rad": 150, "method": ["no", "csr", "cython"]}""");
        string frame = WriteEdf("frame.edf", Npy.ReadInts(SmallDetector.Golden("image.npy")), SmallDetector.Geometry.Shape);

        Assert.Equal(0, Invoke("integrate", frame, "--pyfai", json, "--bins", "40", "--format", "csv", "--output", _folder, "--json"));

        Assert.Equal(40, File.ReadLines(Path.Combine(_folder, "frame.csv")).SkipWhile(l => l[0] != 'x').Skip(1).Count());
    }

    [Theory]
    [InlineData("--splitting", "pseudo", "bbox")]
    [InlineData("--trim", "whole", "cake")]
    [InlineData("--error-model", "gauss", "hybrid")]
    [InlineData("--backend", "abacus", "opencl")]
    [InlineData("--mask", "missing.h5::/mask", "missing.h5")]
    [InlineData("--flat", "missing.edf", "flat field")]
    [InlineData("--dark", "missing.edf", "dark image")]
    public void Run_WrongOption_IsNamedWithTheRemedy(string option, string value, string expected)
    {
        UserException e = Assert.Throws<UserException>(() => Invoke("integrate", "frame.edf", "--poni", Poni(), option, value));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void AssertTrimmed(int[] pixels)
    {
        var plan = new IntegrationPlan(
            SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(IntegrationFilter.Trimmed));
        var expected = new DiffractionPattern(150);
        new ReferenceIntegrator(plan, SmallDetector.Reader()).Integrate([SmallDetector.Frame(pixels)], [expected]);
        string[] rows = [.. File.ReadLines(Path.Combine(_folder, "frame.csv")).SkipWhile(l => l[0] != 'x').Skip(1)];
        Assert.Equal(150, rows.Length);
        for (int b = 0; b < 150; b++)
        {
            Assert.Equal(expected.Intensity(b), double.Parse(rows[b].Split(',')[1], CultureInfo.InvariantCulture), 1e-4 * expected.Intensity(b));
        }
    }

    private int Integrate(string frame) => Invoke(
        "integrate", frame, "--poni", Poni(), "--mask", SmallDetector.Golden("mask.npy"), "--unit", "q_invnm", "--bins", "150",
        "--polarisation", "0.95", "--format", "csv", "--output", _folder, "--json");

    private static int Invoke(params string[] arguments) => new RootCommand { new IntegrateCommand().Build() }
        .Parse(arguments)
        .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

    private string Poni()
    {
        string poni = Path.Combine(_folder, "small.poni");
        File.WriteAllText(poni, SmallDetector.Poni);
        return poni;
    }

    private string WriteEdf(string name, int[] pixels, ImageShape shape)
    {
        string header = $"{{\nByteOrder = LowByteFirst ;\nDataType = SignedInteger ;\nDim_1 = {shape.Columns} ;\nDim_2 = {shape.Rows} ;\n"
            + $"Size = {4 * pixels.Length} ;\n";
        string path = Path.Combine(_folder, name);
        byte[] bytes = Encoding.ASCII.GetBytes(header.PadRight(510) + "}\n");
        File.WriteAllBytes(path, [.. bytes, .. MemoryMarshal.AsBytes(pixels.AsSpan())]);
        return path;
    }
}
