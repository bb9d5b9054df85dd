using System.Globalization;
using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>
/// A real frame, sent by libzmq and cbor2, through the live program and through <c>xrdct integrate</c>, against pyFAI.
/// </summary>
public sealed class ForeignSenderTests
{
    private const int Bins = 2048;
    private const int Images = 6;

    /// <summary>
    /// pyFAI computes with float32 pixel coordinates, so that a few pixels fall into the neighbouring bin.
    /// </summary>
    private const double WorstBin = 0.005;
    private const double NinetyNinePercent = 0.001;

    /// <summary>
    /// Two ways to the same numbers in our own program: text, CSV and HDF5 hold doubles, and so does the mean pattern.
    /// </summary>
    private const double SameProgram = 1e-6;

    /// <summary>Lattice parameter of the CeO2 calibrant, Å (NIST SRM 674b).</summary>
    private const double CeriaLattice_A = 5.4115;

    /// <summary>Two thirds of a bin of 0.0092°: the calibration is that good.</summary>
    private const double RingTolerance_deg = 0.006;

    private static readonly (int H, int K, int L)[] Rings =
        [(1, 1, 1), (2, 0, 0), (2, 2, 0), (3, 1, 1), (2, 2, 2), (4, 0, 0), (3, 3, 1), (4, 2, 0), (4, 2, 2)];

    private static readonly string[] SenderModules = ["zmq", "cbor2", "h5py", "hdf5plugin", "fabio"];

    private static string Frame => ReferenceData.Require("CeO2.cbf");

    private static string Poni => ReferenceData.Require("CeO2.poni");

    private static string Mask => ReferenceData.Require("mask.edf");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("uint32", "bslz4")]
    [InlineData("int32", "bslz4")]
    [InlineData("uint32", "none")]
    public async Task Run_RealFrameFromForeignSender_MeanMatchesPyFai(string pixels, string compression)
    {
        using var folder = new WorkFolder();
        (JsonElement summary, JsonElement file) = await RunAsync(folder, pixels, compression);
        JsonElement expected = await PyFaiAsync();

        Assert.Equal("Complete", summary.GetProperty("phase").GetString());
        JsonElement mean = file.GetProperty("mean");
        MatchesPyFai(expected, Doubles(mean.GetProperty("x")), Doubles(mean.GetProperty("intensity")));
        RingsAreInPlace(
            expected.GetProperty("wavelength_A").GetDouble(),
            Doubles(mean.GetProperty("x")),
            Doubles(mean.GetProperty("intensity")));

        // Six times the same frame: every cell holds the same pattern, and every pixel counts six times.
        Assert.True(file.GetProperty("cells_equal").GetBoolean());
        Assert.Equal(Images, file.GetProperty("covered").GetInt32());
        double pixelsKept = Doubles(mean.GetProperty("count")).Sum();
        Assert.Equal(Images * Doubles(expected.GetProperty("count")).Sum(), pixelsKept);
        Assert.Equal("degree", file.GetProperty("unit").GetString());
        (string, long)[] counters = [("received", Images), ("placed", Images), ("missing", 0), ("duplicate", 0)];
        foreach ((string counter, long value) in counters)
        {
            Assert.Equal(value, file.GetProperty("counters").GetProperty(counter).GetInt64());
            Assert.Equal(value, summary.GetProperty("counters").GetProperty(counter).GetInt64());
        }
    }

    [Fact]
    public async Task Integrate_SameFrame_GivesThePatternOfTheRunInEveryFormat()
    {
        using var folder = new WorkFolder();
        (_, JsonElement file) = await RunAsync(folder, "int32", "bslz4");
        JsonElement mean = file.GetProperty("mean");
        double[] x = Doubles(mean.GetProperty("x"));
        double[] live = Doubles(mean.GetProperty("intensity"));
        double[] liveCount = Doubles(mean.GetProperty("count"));
        JsonElement expected = await PyFaiAsync();

        foreach (string format in new[] { "xy", "csv", "h5" })
        {
            FinishedProgram program = await RunningProgram.RunAsync(
                BuiltProgram.Xrdct,
                "integrate", Frame, "--poni", Poni,
                "--mask", Mask, "--filter", "mean", "--output", folder[$"ceo2.{format}"]);
            program.Succeeded();
            Assert.Equal(folder[$"ceo2.{format}"], program.Output.Trim());

            (double[] position, double[] intensity, double[]? count) = await ReadAsync(folder[$"ceo2.{format}"]);
            Assert.Equal(x.Length, position.Length);
            for (int b = 0; b < x.Length; b++)
            {
                Assert.Equal(x[b], position[b], SameProgram * x[b]);
                Assert.Equal(live[b], intensity[b], SameProgram * Math.Max(1e-3, live[b]));
                Assert.Equal(liveCount[b], Images * (count?[b] ?? liveCount[b] / Images));
            }

            MatchesPyFai(expected, position, intensity);
        }
    }

    [Fact]
    public async Task Integrate_FrameCutShort_SaysSoAndKeepsTheOthers()
    {
        using var folder = new WorkFolder();
        string whole = Frame;
        byte[] bytes = await File.ReadAllBytesAsync(whole, Cancel);
        await File.WriteAllBytesAsync(folder["short.cbf"], bytes[..(bytes.Length / 2)], Cancel);
        FinishedProgram program = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct,
            "integrate", folder["short.cbf"], whole, "--poni", Poni, "--output", folder["out"]);

        program.FailedWith(1, folder["short.cbf"]);
        Assert.Equal([Path.Combine(folder["out"], "CeO2.xy")], Directory.GetFiles(folder["out"]));
    }

    [Theory]
    [InlineData("xy")]
    [InlineData("h5")]
    public async Task Integrate_OutputFolderIsAFile_SaysSo(string format)
    {
        using var folder = new WorkFolder();
        await File.WriteAllTextAsync(folder["taken"], "a file", Cancel);
        FinishedProgram program = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct,
            "integrate", Frame, "--poni", Poni,
            "--format", format, "--output", folder["taken"]);
        program.FailedWith(1, folder["taken"], "is a file: choose a folder");
    }

    [Fact]
    public async Task Integrate_FileExists_IsNotOverwrittenUnasked()
    {
        using var folder = new WorkFolder();
        string[] arguments =
        [
            "integrate", Frame, "--poni", Poni, "--output", folder["out.xy"],
        ];
        await File.WriteAllTextAsync(folder["out.xy"], "precious", Cancel);
        (await RunningProgram.RunAsync(BuiltProgram.Xrdct, arguments)).FailedWith(1, folder["out.xy"], "exists");
        Assert.Equal("precious", await File.ReadAllTextAsync(folder["out.xy"], Cancel));
        (await RunningProgram.RunAsync(BuiltProgram.Xrdct, [.. arguments, "--overwrite"])).Succeeded();
        Assert.StartsWith("# source", await File.ReadAllTextAsync(folder["out.xy"], Cancel));
    }

    private static async Task<(JsonElement Summary, JsonElement File)> RunAsync(
        WorkFolder folder, string pixels, string compression)
    {
        await using RunningProgram sender = await ForeignPython.StartAsync(
            "send_v2.py",
            SenderModules,
            Frame, "--dtype", pixels, "--images", $"{Images}", "--compression", compression);
        string port = (await sender.LineAsync(line => line.StartsWith("port ", StringComparison.Ordinal)))[5..];
        string file = new BeamlineFile
        {
            DetectorPort = int.Parse(port),
            Translations = 3,
            Rotations = 2,
            Order = "translation-fast",
            Poni = Poni,
            Mask = Mask,
            Integration = $"{{ unit: two_theta_deg, bins: {Bins}, filter: mean }}",
        }.Write(folder);
        FinishedProgram run = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(file, folder, "--json"));
        JsonElement summary = run.Succeeded().Json();
        (await sender.EndAsync()).Succeeded();
        return (summary, await ForeignPython.ReadScanAsync(summary.GetProperty("saved").GetString()!, "--mean"));
    }

    private static Task<JsonElement> PyFaiAsync() => ForeignPython.RunAsync(
        "integrate_pyfai.py",
        ["pyFAI", "fabio"],
        Frame, Poni, Mask, $"{Bins}");

    private static void MatchesPyFai(JsonElement expected, double[] x, double[] intensity)
    {
        double[] theirs = Doubles(expected.GetProperty("intensity"));
        double[] count = Doubles(expected.GetProperty("count"));
        double[] positions = Doubles(expected.GetProperty("x"));
        Assert.Equal(Bins, x.Length);
        var differences = new List<double>();
        for (int b = 0; b < Bins; b++)
        {
            // A tenth of a thousandth of a bin: pyFAI's axis is float32.
            Assert.Equal(positions[b], x[b], 1e-5);
            Assert.Equal(count[b] > 0, double.IsFinite(intensity[b]));
            if (count[b] > 0 && theirs[b] > 0)
            {
                differences.Add(Math.Abs((intensity[b] / theirs[b]) - 1));
            }
        }

        differences.Sort();
        Assert.True(differences.Count > 0.99 * Bins, $"only {differences.Count} bins hold counts");
        Assert.InRange(differences[^1], 0, WorstBin);
        Assert.InRange(differences[(int)(0.99 * differences.Count)], 0, NinetyNinePercent);
    }

    private static void RingsAreInPlace(double wavelength_A, double[] x, double[] intensity)
    {
        const double Reach_deg = 0.06;
        foreach ((int h, int k, int l) in Rings)
        {
            double spacing_A = CeriaLattice_A / Math.Sqrt((h * h) + (k * k) + (l * l));
            double expected_deg = 2 * Math.Asin(wavelength_A / (2 * spacing_A)) * 180 / Math.PI;
            int highest = Enumerable.Range(0, x.Length)
                .Where(b => Math.Abs(x[b] - expected_deg) < Reach_deg)
                .MaxBy(b => intensity[b]);
            Assert.True(
                Math.Abs(x[highest] - expected_deg) < RingTolerance_deg,
                $"ring {h}{k}{l} is at {x[highest]:F4}°, calculated {expected_deg:F4}°");
        }
    }

    private static async Task<(double[] X, double[] Intensity, double[]? Count)> ReadAsync(string path)
    {
        if (Path.GetExtension(path) == ".h5")
        {
            JsonElement file = await ForeignPython.ReadScanAsync(path, "--patterns");
            return (
                Doubles(file.GetProperty("x")),
                Doubles(file.GetProperty("intensity")[0]),
                Doubles(file.GetProperty("count")[0]));
        }

        string[] lines = await File.ReadAllLinesAsync(path);
        Assert.StartsWith("# ", lines[0]);
        double[][] rows = [.. lines
            .Where(l => l[0] != '#' && l[0] != 'x')
            .Select(l => l.Split([' ', ',']).Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray())];
        if (Path.GetExtension(path) == ".csv")
        {
            Assert.Contains("x,intensity,sigma,count", lines);
            return ([.. rows.Select(r => r[0])], [.. rows.Select(r => r[1])], [.. rows.Select(r => r[3])]);
        }

        Assert.All(rows, row => Assert.Equal(2, row.Length));
        return ([.. rows.Select(r => r[0])], [.. rows.Select(r => r[1])], null);
    }

    private static double[] Doubles(JsonElement array) =>
        [.. array.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? double.NaN : v.GetDouble())];
}
