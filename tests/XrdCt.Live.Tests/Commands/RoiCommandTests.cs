using System.Buffers.Binary;
using System.CommandLine;
using System.IO.Compression;
using System.Text.Json;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Commands;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Commands;

/// <summary>The spots of <see cref="SpotSinogram"/>: the brightest is at (20, −90) µm.</summary>
public sealed class RoiCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Roi_Sinogram_FindsTheSpotAndPlansScans()
    {
        JsonElement said = Json([.. new SpotSinogram(bins: 1).Write(_folder, "s.h5"), "--radius-um", "50", "--count", "2", "--heights-um=-1,1"]);

        JsonElement best = said.GetProperty("candidates")[0];
        Assert.Equal(20, best.GetProperty("x_um").GetDouble(), 20.0);
        Assert.Equal(-90, best.GetProperty("y_um").GetDouble(), 20.0);
        Assert.True(best.GetProperty("score_sigma").GetDouble() > 0);
        Assert.Equal(60, said.GetProperty("projections").GetInt32());
        Assert.Equal(4, said.GetProperty("scans").GetArrayLength());
        Assert.Equal(101 * 250, said.GetProperty("scans")[0].GetProperty("frame_count").GetInt32());
        Assert.Equal(-best.GetProperty("x_um").GetDouble(), said.GetProperty("scans")[0].GetProperty("move_x_um").GetDouble());
    }

    [Fact]
    public void Roi_Slices_AreAsTheSinogramOfThem()
    {
        string[] sinogram = new SpotSinogram(bins: 2).Write(_folder, "s.h5");
        ReconstructRun.Of(_folder.File("slices.nxs"), sinogram);
        JsonElement ofSinogram = Json([.. sinogram, "--radius-um", "50"]).GetProperty("candidates")[0];
        JsonElement ofSlices = Json(_folder.File("slices.nxs"), "--radius-um", "50").GetProperty("candidates")[0];

        Assert.Equal(ofSinogram.GetProperty("x_um").GetDouble(), ofSlices.GetProperty("x_um").GetDouble(), 10.0);
        Assert.Equal(ofSinogram.GetProperty("y_um").GetDouble(), ofSlices.GetProperty("y_um").GetDouble(), 10.0);
        Assert.Equal("NaN", ofSlices.GetProperty("score_sigma").GetString());
    }

    [Fact]
    public void Roi_Forbidden_GoesElsewhere()
    {
        JsonElement best = Json([.. new SpotSinogram(bins: 1).Write(_folder, "s.h5"), "--radius-um", "50", "--forbid", "20,-90,60", "--forbid=200,0,10"]).GetProperty("candidates")[0];

        double x_um = best.GetProperty("x_um").GetDouble(), y_um = best.GetProperty("y_um").GetDouble();
        Assert.True(Math.Sqrt(Math.Pow(x_um - 20, 2) + Math.Pow(y_um + 90, 2)) >= 110);
        Assert.True(Math.Sqrt(Math.Pow(x_um + 60, 2) + Math.Pow(y_um - 130, 2)) < 60);
    }

    [Fact]
    public void Roi_Configuration_SetsTheWeights()
    {
        File.WriteAllText(_folder.File("c.yml"), "roi: { radius_um: 50 }\nguidance: { count: 1, weights: { uniformity: 0, edge: 0, in_field: 0, cupping: 0 } }\n");
        JsonElement candidates = Json([.. new SpotSinogram(bins: 1).Write(_folder, "s.h5"), "--config", _folder.File("c.yml")]).GetProperty("candidates");

        Assert.Equal(1, candidates.GetArrayLength());
        Assert.Equal(1, candidates[0].GetProperty("terms").EnumerateArray().Single(t => t.GetProperty("name").GetString() == "material total").GetProperty("weight").GetDouble());
    }

    [Fact]
    public void Roi_Plan_WritesWhatRunsTheScans()
    {
        string[] sinogram = new SpotSinogram(bins: 1).Write(_folder, "s.h5");
        string config = _folder.File("c.yml"), plan = _folder.File("plan");
        File.WriteAllText(config, """
            title: coarse
            roi: { radius_um: 50, scan: { order: interlaced, subsets: 4, translations: 101, rotations: 20, step_um: 1, rate_Hz: 50 } }
            stages:
              first: { name: px, direction_deg: 0, lowest_mm: -2, highest_mm: 2, position_mm: 0.5 }
              second: { name: py, direction_deg: 270, lowest_mm: -2, highest_mm: 2, position_mm: 0.5 }
              translation: { name: ty, direction_deg: 0 }
              rotation: rot
            """);

        JsonElement said = Json([.. sinogram, "--config", config, "--count", "2", "--plan", plan]);

        JsonElement scan = said.GetProperty("scans")[0];
        (double x_um, double y_um) = (scan.GetProperty("x_um").GetDouble(), scan.GetProperty("y_um").GetDouble());
        JsonElement[] moves = [.. scan.GetProperty("moves").EnumerateArray()];
        Assert.Equal(("px", "py"), (moves[0].GetProperty("motor").GetString(), moves[1].GetProperty("motor").GetString()));
        Assert.Equal(0.5 - (x_um / 1000), moves[0].GetProperty("to_mm").GetDouble(), 1e-9);
        Assert.Equal(0.5 + (y_um / 1000), moves[1].GetProperty("to_mm").GetDouble(), 1e-9);
        Assert.Equal(2020, scan.GetProperty("frame_count").GetInt32());
        Assert.Equal(["roi_1.mac", "roi_1.py", "roi_1.yml", "roi_2.mac", "roi_2.py", "roi_2.yml"], Directory.GetFiles(plan).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        BeamlineConfiguration roi = ConfigurationFile.Read(Path.Combine(plan, "roi_1.yml"));
        Assert.Equal((x_um, y_um, _folder.File("s.h5")), (roi.Reconstruction.Outside.X_um, roi.Reconstruction.Outside.Y_um, roi.Scan!.Coarse));
        Assert.Contains("umv(px, ", File.ReadAllText(Path.Combine(plan, "roi_1.py")), StringComparison.Ordinal);
        Assert.Contains("  umv px ", File.ReadAllText(Path.Combine(plan, "roi_2.mac")), StringComparison.Ordinal);
        Assert.Contains("roi_1.yml exists", Refusal(1, [.. sinogram, "--config", config, "--plan", plan]), StringComparison.Ordinal);
        Json([.. sinogram, "--config", config, "--radius-um", "30", "--plan", _folder.File("narrow")]);
        BeamlineConfiguration narrow = ConfigurationFile.Read(Path.Combine(_folder.File("narrow"), "roi_1.yml"));
        Assert.Equal((30, 61), (narrow.Roi!.Radius_um, narrow.Scan!.Translations));
        ReconstructRun.Of(_folder.File("slices.nxs"), sinogram);
        Assert.Contains("name its file for --plan", Refusal(2, [_folder.File("slices.nxs"), "--config", config, "--plan", plan]), StringComparison.Ordinal);
        Assert.Contains("name it with --config", Refusal(2, [.. sinogram, "--radius-um", "50", "--plan", plan]), StringComparison.Ordinal);
    }

    [Fact]
    public void Roi_StagesThatReachNothing_LeaveNoPlace()
    {
        string config = _folder.File("c.yml");
        File.WriteAllText(config, """
            roi: { radius_um: 50 }
            stages:
              first: { name: px, direction_deg: 0, lowest_mm: 0.4, highest_mm: 2, position_mm: 2 }
              second: { name: py, direction_deg: 90, lowest_mm: -2, highest_mm: -1, position_mm: -1 }
            """);
        Assert.Contains("beyond the reach of the stages", Refusal(1, [.. new SpotSinogram(bins: 1).Write(_folder, "s.h5"), "--config", config, "--forbid=0,400,200"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Roi_Text_ExplainsEveryTerm()
    {
        StringWriter said = new();
        Assert.Equal(0, Invoke([.. new SpotSinogram(bins: 1).Write(_folder, "s.h5"), "--radius-um", "50", "--count", "1"], said));

        Assert.All(["best centre x = ", "material total: ", "uniformity: ", "edge: ", "cupping: ", "in field: ", "1 scans, "], t => Assert.Contains(t, said.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Roi_Png_IsAPictureWithTheCircle()
    {
        string png = _folder.File("p.png");
        Assert.Equal(0, Invoke([.. new SpotSinogram(bins: 1).Write(_folder, "s.h5"), "--radius-um", "50", "--count", "1", "--png", png], TextWriter.Null));
        byte[] bytes = File.ReadAllBytes(png);
        int width = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16));
        int height = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20));
        int length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(33));
        using ZLibStream packed = new(new MemoryStream(bytes, 41, length), CompressionMode.Decompress);
        using MemoryStream pixels = new();
        packed.CopyTo(pixels);

        Assert.Equal(height * (1 + (3 * width)), pixels.Length);

        // White on the slice there is only in the circle of 50 µm, 2·π·50 µm · 640/610 px/µm long and about 2 wide, and its number.
        byte[] picture = pixels.ToArray();
        int white = Enumerable.Range(14, 640).Sum(row => Enumerable.Range(78, 640).Count(column => picture.AsSpan((row * (1 + (3 * width))) + 1 + (3 * column), 3).SequenceEqual((ReadOnlySpan<byte>)[255, 255, 255])));
        Assert.InRange(white, 350, 1000);
        Assert.Contains("exists", Refusal(1, [.. new SpotSinogram(bins: 1).Write(_folder, "s.h5"), "--radius-um", "50", "--png", png]), StringComparison.Ordinal);
    }

    [Fact]
    public void Roi_WrongUse_IsOneSentence()
    {
        string[] file = new SpotSinogram(bins: 1).Write(_folder, "s.h5");
        Assert.Contains("does not exist", Refusal(2, "missing.h5", "--radius-um", "50"), StringComparison.Ordinal);
        Assert.Contains("--radius-um R", Refusal(2, file), StringComparison.Ordinal);
        Assert.Contains("above 0 µm, not -5", Refusal(2, [.. file, "--radius-um=-5"]), StringComparison.Ordinal);
        Assert.Contains("not '1,2'", Refusal(2, [.. file, "--radius-um", "50", "--forbid", "1,2"]), StringComparison.Ordinal);
        Assert.Contains("--window holds no bin", Refusal(2, [.. file, "--radius-um", "50", "--window", "700,800"]).Replace("700,800 ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("no live channel 'NMC'", Refusal(2, [.. file, "--radius-um", "50", "--channel", "NMC"]), StringComparison.Ordinal);
        Assert.Contains("--count must be 1 to 100", Refusal(2, [.. file, "--radius-um", "50", "--count", "0"]), StringComparison.Ordinal);
        Assert.Contains("--step-um", Refusal(2, [.. file, "--radius-um", "50", "--step-um", "0"]), StringComparison.Ordinal);
        Assert.Contains("no place is left", Refusal(1, [.. file, "--radius-um", "50", "--forbid", "0,0,900"]), StringComparison.Ordinal);
        Assert.Contains("does not fit", Refusal(1, [.. file, "--radius-um", "5000"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("weights: { edges: 1 }", "not 'edges'")]
    [InlineData("forbidden_um: [[1, 2]]", "not [1, 2]")]
    [InlineData("reach_um: [1, 0, 2, 3]", "guidance.reach_um")]
    [InlineData("stop_updates: 0", "Updates")]
    [InlineData("local_radius_um: 0", "radius of local means")]
    public void Roi_BadConfiguration_IsNamed(string guidance, string why)
    {
        File.WriteAllText(_folder.File("c.yml"), $"guidance: {{ {guidance} }}\n");
        Assert.Contains(why, Refusal(2, [.. new SpotSinogram(bins: 1).Write(_folder, "s.h5"), "--radius-um", "50", "--config", _folder.File("c.yml")]), StringComparison.Ordinal);
    }

    private static JsonElement Json(params string[] arguments)
    {
        StringWriter said = new();
        Assert.Equal(0, Invoke([.. arguments, "--json"], said));
        return JsonDocument.Parse(said.ToString()).RootElement;
    }

    private static string Refusal(int exit, params string[] arguments)
    {
        UserException e = Assert.Throws<UserException>(() => Invoke(arguments, TextWriter.Null));
        Assert.Equal(exit, e.ExitCode);
        Assert.DoesNotContain('\n', e.Message);
        return e.Message;
    }

    private static int Invoke(string[] arguments, TextWriter output) => new RootCommand { new RoiCommand().Build() }
        .Parse(["roi", .. arguments])
        .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output });
}
