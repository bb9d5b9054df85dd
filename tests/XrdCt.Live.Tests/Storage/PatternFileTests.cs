using System.Globalization;
using System.Text.Json;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Storage;

namespace XrdCt.Live.Tests.Storage;

public class PatternFileTests
{
    private const int BinCount = 50;

    [Fact]
    public void WriteXy_PatternWithEmptyBins_KeepsTheOthersToTheLastBit()
    {
        using TemporaryFolder folder = new();
        IntegratedPattern pattern = Pattern();

        PatternFile.WriteXy(folder.File("a.xy"), pattern);

        string[] lines = File.ReadAllLines(folder.File("a.xy"));
        Assert.Equal(
            [
                "# source: frame 3.cbf",
                "# filter: trimmed 0.1 0.1",
                "# wavelength_A: 0.1746",
                "# bins without pixels, left out: 2",
                "# columns: 2theta (degree), intensity (counts)",
            ],
            lines.TakeWhile(l => l.StartsWith('#')));
        double[][] rows = [.. lines.Where(l => !l.StartsWith('#')).Select(l => Numbers(l, ' '))];
        int[] bins = [.. Enumerable.Range(0, BinCount).Where(b => !double.IsNaN(pattern.Intensity[b]))];
        Assert.Equal(bins.Select(b => pattern.Axis.Centres[b]), rows.Select(r => r[0]));
        Assert.Equal(bins.Select(b => pattern.Intensity[b]), rows.Select(r => r[1]));
        Assert.Equal(["a.xy"], folder.Names);
    }

    [Fact]
    public void WriteXy_Pattern_IsReadByNumpy()
    {
        using TemporaryFolder folder = new();
        IntegratedPattern pattern = Pattern();
        PatternFile.WriteXy(folder.File("a.xy"), pattern);

        JsonElement seen = ForeignPython.Run("numpy", """
            import sys, json, numpy
            v = numpy.loadtxt(sys.argv[1])
            print(json.dumps({'shape': v.shape, 'x': float(v[0, 0]), 'y': float(v[0, 1])}))
            """, folder.File("a.xy"));

        Assert.Equal($"[{BinCount - 2}, 2]", seen.GetProperty("shape").ToString());
        Assert.Equal(pattern.Axis.Centres[1], seen.GetProperty("x").GetDouble());
        Assert.Equal(pattern.Intensity[1], seen.GetProperty("y").GetDouble());
    }

    [Fact]
    public void WriteCsv_PatternWithEmptyBins_HasCommentHeaderColumnsAndNan()
    {
        using TemporaryFolder folder = new();
        IntegratedPattern pattern = Pattern();

        PatternFile.WriteCsv(folder.File("a.csv"), pattern);

        string[] lines = File.ReadAllLines(folder.File("a.csv"));
        string[] rows = [.. lines.SkipWhile(l => l.StartsWith('#'))];
        Assert.Equal("# source: frame 3.cbf", lines[0]);
        Assert.Equal("x,intensity,sigma,count", rows[0]);
        Assert.Equal(BinCount + 1, rows.Length);
        Assert.EndsWith(",nan,nan,0", rows[1], StringComparison.Ordinal);
        for (int bin = 0; bin < BinCount; bin++)
        {
            double[] expected =
                [pattern.Axis.Centres[bin], pattern.Intensity[bin], pattern.Sigma[bin], pattern.Count[bin]];
            Assert.Equal(expected, Numbers(rows[bin + 1], ','));
        }
    }

    [Fact]
    public void WriteCsv_SettingWithLineBreak_StaysAComment()
    {
        using TemporaryFolder folder = new();
        IntegratedPattern pattern = Pattern() with { Source = "a\r\n1,2,3,4", Settings = ["note: one\n5,6,7,8"] };

        PatternFile.WriteCsv(folder.File("a.csv"), pattern);

        string[] lines = File.ReadAllLines(folder.File("a.csv"));
        Assert.Equal("# source: a 1,2,3,4", lines[0]);
        Assert.Equal("# note: one 5,6,7,8", lines[1]);
        Assert.Equal(BinCount + 1, lines.Count(l => !l.StartsWith('#')));
    }

    [Fact]
    public void Write_ExistingFile_IsKeptUnlessOverwritingIsAllowed()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("a.csv");
        File.WriteAllText(path, "precious");

        IOException fault = Assert.Throws<IOException>(() => PatternFile.WriteCsv(path, Pattern()));
        Assert.Contains($"'{path}', because it exists", fault.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(path));

        PatternFile.WriteCsv(path, Pattern(), overwrite: true);
        Assert.StartsWith("# source", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Equal(["a.csv"], folder.Names);
    }

    [Fact]
    public void Write_PathIsAFolder_NamesPathAndRemedyAndLeavesNothing()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.File("a.xy"));

        IOException fault = Assert.Throws<IOException>(() => PatternFile.WriteXy(folder.File("a.xy"), Pattern()));

        Assert.Contains("a folder has that name: choose another name", fault.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void Write_ArrayOfAnotherLength_Throws()
    {
        using TemporaryFolder folder = new();

        ArgumentException fault = Assert.Throws<ArgumentException>(
            () => PatternFile.WriteCsv(folder.File("a.csv"), Pattern() with { Sigma = [1] }));

        Assert.Contains($"expected {BinCount} each", fault.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void From_DiffractionPattern_DividesAndOutlivesItsBuffers()
    {
        RadialAxis axis = new(RadialUnit.TwoTheta_deg, 0, 2, 2);
        DiffractionPattern sums = new(2);
        sums.Signal[1] = 12;
        sums.Normalisation[1] = 4;
        sums.Variance[1] = 16;
        sums.Count[1] = 5;

        IntegratedPattern pattern = IntegratedPattern.From(sums, axis, "a", []);
        sums.Clear();

        Assert.Equal([double.NaN, 3], pattern.Intensity);
        Assert.Equal([double.NaN, 1], pattern.Sigma);
        Assert.Equal([0, 5], pattern.Count);
    }

    // Awkward numbers: thirds need all 17 digits; bins 0 and 9 are empty.
    private static IntegratedPattern Pattern(int frame = 3)
    {
        IEnumerable<int> bins = Enumerable.Range(0, BinCount);
        double[] intensity = [.. bins.Select(b => b is 0 or 9 ? double.NaN : (b + frame) / 3e-7)];
        return new IntegratedPattern(
            new RadialAxis(RadialUnit.TwoTheta_deg, 1, 20, BinCount),
            intensity,
            [.. intensity.Select(i => Math.Sqrt(i) * 1e-9)],
            [.. intensity.Select((i, b) => double.IsNaN(i) ? 0L : b * 100L)],
            $"frame {frame}.cbf",
            ["filter: trimmed 0.1 0.1", "wavelength_A: 0.1746"]);
    }

    private static double[] Numbers(string line, char separator) =>
        [.. line.Split(separator).Select(n => double.Parse(n, NumberStyles.Float, CultureInfo.InvariantCulture))];
}
