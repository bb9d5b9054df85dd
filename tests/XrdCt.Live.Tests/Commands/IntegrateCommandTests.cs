using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
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

    [Fact]
    public void Run_EdfFrameOfAnotherSize_IsRefused()
    {
        Assert.Equal(1, Integrate(WriteEdf("frame.edf", new int[60], new ImageShape(6, 10))));
        Assert.False(File.Exists(Path.Combine(_folder, "frame.csv")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private int Integrate(string frame)
    {
        string poni = Path.Combine(_folder, "small.poni");
        File.WriteAllText(poni, """
            poni_version: 2
            Detector: Detector
            Detector_config: {"pixel1": 0.0001, "pixel2": 0.00012, "max_shape": [120, 160]}
            Distance: 0.08
            Poni1: 0.0071
            Poni2: 0.0083
            Rot1: 0.2
            Rot2: -0.15
            Rot3: 0.3
            Wavelength: 2.48e-11
            """);
        var root = new RootCommand { new IntegrateCommand().Build() };
        return root.Parse(
        [
            "integrate", frame, "--poni", poni, "--mask", SmallDetector.Golden("mask.npy"), "--unit", "q_invnm", "--bins", "150",
            "--polarisation", "0.95", "--format", "csv", "--output", _folder, "--json",
        ]).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
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
