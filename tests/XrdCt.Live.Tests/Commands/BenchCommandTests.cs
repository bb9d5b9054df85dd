using System.CommandLine;
using System.Globalization;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Benchmarks;
using XrdCt.Live.Server.Commands;

namespace XrdCt.Live.Tests.Commands;

public sealed class BenchCommandTests : IDisposable
{
    private readonly SmallFrames _files = new();

    [Fact]
    public void Run_TinyDetector_WritesATableOfEveryFilter()
    {
        string frame = _files.WriteEdf("frame.edf", SmallFrames.Make(1)[0]);

        Assert.Equal(0, Bench("--frame", frame, "--poni", _files["small.poni"], "--seconds", "0.001", "--backends", "cpu,reference", "--output", _files["out.md"]));

        string[] lines = File.ReadAllLines(_files["out.md"]);
        Assert.Contains(lines, l => l.StartsWith("`xrdct bench integration --frame", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("120×160", StringComparison.Ordinal));
        string[][] rows = [.. lines.SkipWhile(l => !l.StartsWith("| ---", StringComparison.Ordinal)).Skip(1).Select(l => l.Split('|', StringSplitOptions.TrimEntries)[1..^1])];
        Assert.All(rows, row => Assert.Equal(10, row.Length));
        foreach (BenchmarkCase expected in BenchmarkCase.All)
        {
            foreach (string backend in new[] { "cpu", "reference" })
            {
                string[] row = rows.First(r => r[0] == backend && r[1] == expected.Name && r[2] == (expected.IsPacked ? "bslz4" : "plain"));
                Assert.True(Number(row[4]) >= Number(row[5]) && Number(row[7]) > 0, string.Join('|', row));
            }
        }

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Run_Devices_AreTimedOrSaidToBeAbsent()
    {
        string frame = _files.WriteEdf("frame.edf", SmallFrames.Make(1)[0]);

        Assert.Equal(0, Bench("--frame", frame, "--poni", _files["small.poni"], "--seconds", "0.001", "--backends", "CUDA,opencl", "--output", _files["out.md"]));

        string[] lines = File.ReadAllLines(_files["out.md"]);
        foreach (string device in new[] { "cuda", "opencl" })
        {
            string said = Assert.Single(lines, l => l.StartsWith($"- {device}: ", StringComparison.Ordinal));
            bool isThere = said.StartsWith($"- {device}: integrating on ", StringComparison.Ordinal);
            Assert.True(isThere || said.StartsWith($"- {device}: not timed, ", StringComparison.Ordinal), said);
            Assert.Equal(isThere, lines.Any(l => l.StartsWith($"| {device} |", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData("--backends", "abacus")]
    [InlineData("--seconds", "0")]
    [InlineData("--poni", "a.poni")]
    public void Run_WrongUse_IsRefused(string option, string value) =>
        Assert.Equal(2, Assert.Throws<UserException>(() => Bench(option, value)).ExitCode);

    [Fact]
    public void Around_Counts_AreDrawnFromPoissonsLaw()
    {
        foreach (double mean in new[] { 0.5, 7, 400 })
        {
            int[] drawn = PoissonFrames.Around([.. Enumerable.Repeat(mean, 40_000)], 1)[0];
            double average = drawn.Average();
            double variance = drawn.Average(d => (d - average) * (d - average));

            // Five standard errors of a mean, and of a variance (√(2/n) for nearly normal counts, a little more for few).
            Assert.Equal(mean, average, 5 * Math.Sqrt(mean / drawn.Length));
            Assert.Equal(mean, variance, 5 * mean * Math.Sqrt((2 + (1 / mean)) / drawn.Length));
        }

        int[][] two = PoissonFrames.Around([-1, 50, -2], 2);
        Assert.All(two, frame => Assert.Equal((-1, -2), (frame[0], frame[2])));
    }

    [Fact]
    public void RunReconstruction_TinyScanWithoutPython_WritesItsTables()
    {
        Assert.Equal(0, Reconstruction("--translations", "11", "--rotations", "6", "--bins", "70", "--seconds", "0.001", "--python", _files["no-python"], "--output", _files["out.md"]));

        string[] lines = File.ReadAllLines(_files["out.md"]);
        Assert.Contains(lines, l => l.StartsWith("- peers: not timed, ", StringComparison.Ordinal));
        foreach (string row in new[] { "| filter | 11 × 6 |", "| back-projection | 101 × 100 |", "| both | 11 × 6 |", "| whole volume |", "| one projection more, " })
        {
            Assert.Single(lines, l => l.StartsWith(row, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("--translations", "1")]
    [InlineData("--rotations", "0")]
    [InlineData("--bins", "100000")]
    [InlineData("--seconds", "-1")]
    public void RunReconstruction_WrongUse_IsRefused(string option, string value) =>
        Assert.Equal(2, Assert.Throws<UserException>(() => Reconstruction(option, value)).ExitCode);

    public void Dispose() => _files.Dispose();

    private static int Bench(params string[] arguments) => Invoke(["bench", "integration", .. arguments]);

    private static int Reconstruction(params string[] arguments) => Invoke(["bench", "reconstruction", .. arguments]);

    private static int Invoke(string[] arguments) =>
        new RootCommand { new BenchCommand().Build() }.Parse(arguments).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
