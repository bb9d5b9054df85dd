using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>
/// One clear sentence and the right exit code for each mistake, and nothing lost that was integrated before.
/// </summary>
public sealed class BadInputTests
{
    private const int Cells = 12 * 8;

    [Fact]
    public async Task Run_UnknownKey_NamesKeyLineAndKnownKeys()
    {
        using var folder = new WorkFolder();
        string file = new BeamlineFile { DetectorPort = FreePort.Find(), More = "display: { prot: 0 }" }.Write(folder);
        FinishedProgram run = await RunningProgram.RunAsync(BuiltProgram.Xrdct, BeamlineFile.RunOptions(file, folder));
        run.FailedWith(2, file, "line 11", "'prot'", "display:", "port, open_browser");
    }

    [Fact]
    public async Task Run_MissingPoni_NamesTheFileAndTheKey()
    {
        using var folder = new WorkFolder();
        string file = new BeamlineFile { DetectorPort = FreePort.Find(), Poni = "nowhere.poni" }.Write(folder);
        FinishedProgram run = await RunningProgram.RunAsync(BuiltProgram.Xrdct, BeamlineFile.RunOptions(file, folder));
        run.FailedWith(1, folder["nowhere.poni"], "PONI file", "geometry.poni");
    }

    [Fact]
    public async Task Run_MaskOfWrongShape_NamesFileAndBothShapes()
    {
        using var folder = new WorkFolder();
        WriteMask(folder["small.npy"], rows: 100, columns: 80);
        string file = new BeamlineFile { DetectorPort = FreePort.Find(), Mask = "small.npy" }.Write(folder);
        FinishedProgram run = await RunningProgram.RunAsync(BuiltProgram.Xrdct, BeamlineFile.RunOptions(file, folder));
        run.FailedWith(1, folder["small.npy"], "100×80", "1679×1475");
    }

    [Theory]
    [InlineData("run", "'--config' is required")]
    [InlineData("demo --frobnicate", "'--frobnicate'")]
    [InlineData("demo --rate fast", "'fast'")]
    [InlineData("demo --order sideways", "sideways", "rotation-fast-zigzag")]
    [InlineData("demo --translations 1", "--translations")]
    [InlineData("demo --rotations 0", "--rotations")]
    [InlineData("demo --port 70000", "70000")]
    [InlineData("run --config nowhere.yml", "nowhere.yml")]
    [InlineData("integrate nowhere.cbf", "--poni")]
    [InlineData("integrate a.cbf b.cbf --poni CONFIG/demo.poni --output one.xy", "one.xy", "several frames")]
    [InlineData("integrate a.cbf --poni CONFIG/demo.poni --bins 0", "bins", "1 to 65534")]
    [InlineData("integrate a.cbf --poni CONFIG/demo.poni --lower 5 --upper 4", "5", "empty")]
    [InlineData("integrate a.cbf --poni CONFIG/demo.poni --filter mode", "mode", "mean, median, trimmed")]
    [InlineData("", "command")]
    public async Task Command_WrongUse_ExitsWith2AndSaysWhatIsWrong(string arguments, params string[] gist)
    {
        string[] words = arguments
            .Replace("CONFIG", BuiltProgram.Config, StringComparison.Ordinal)
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        FinishedProgram program = await RunningProgram.RunAsync(BuiltProgram.Xrdct, words);
        program.FailedWith(2, gist);
        Assert.Equal("", program.Output);
    }

    [Fact]
    public async Task Run_PortOfThePageInUse_SaysSo()
    {
        using var folder = new WorkFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        string file = new BeamlineFile { DetectorPort = FreePort.Find() }.Write(folder);
        FinishedProgram run = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct,
            "run", "--config", file, "--exit", "--no-browser", "--port", $"{port}", "--output", folder["results"]);
        run.FailedWith(1, $"{port}", "another program uses it", "choose another port");
    }

    [Fact]
    public async Task Run_PortOfTheDetectorInUse_SaysSo()
    {
        using var folder = new WorkFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        string file = new BeamlineFile { DetectorPort = port, Attach = "bind" }.Write(folder);
        FinishedProgram run = await RunningProgram.RunAsync(BuiltProgram.Xrdct, BeamlineFile.RunOptions(file, folder));
        run.FailedWith(1, $"{port}", "in use");
    }

    [Theory]
    [InlineData("--truncate-frame", "truncated", "the pixels of frame 40 are cut short or damaged")]
    [InlineData("--wrong-size-frame", "wrong_shape", "frame 40 is ")]
    public async Task Run_DamagedFrame_LeavesOneCellEmptyAndSaysWhich(string fault, string counter, string gist)
    {
        using var folder = new WorkFolder();
        (JsonElement summary, JsonElement file) = await ScanAsync(folder, "1 of 96 cells", fault, "40");
        Assert.Equal("Incomplete", summary.GetProperty("phase").GetString());
        Assert.Equal(1, file.GetProperty("counters").GetProperty(counter).GetInt64());
        Assert.Equal(1, file.GetProperty("counters").GetProperty("missing").GetInt64());
        Assert.Equal(Cells, file.GetProperty("counters").GetProperty("received").GetInt64());
        Assert.Contains(gist, summary.GetProperty("sentence").GetString());
        Assert.Equal("[[4,3]]", file.GetProperty("uncovered").GetRawText().Replace(" ", "", StringComparison.Ordinal));
        Assert.True(file.GetProperty("nan_where_uncovered").GetBoolean());
    }

    [Fact]
    public async Task Run_SecondHeaderMidScan_EndsTheScanAndKeepsWhatCameBefore()
    {
        using var folder = new WorkFolder();
        (JsonElement summary, JsonElement file) =
            await ScanAsync(folder, "series 2 began before series 1 had ended", "--second-header-at", "40");
        Assert.Equal("Incomplete", summary.GetProperty("phase").GetString());
        Assert.Equal(40, file.GetProperty("covered").GetInt32());
        Assert.Equal(Cells - 40, file.GetProperty("counters").GetProperty("missing").GetInt64());
        Assert.Contains("series 2 began", file.GetProperty("ending").GetString());
    }

    [Fact]
    public async Task Run_SenderThatDies_EndsAfterTheSilenceLimitAndKeepsWhatCame()
    {
        using var folder = new WorkFolder();
        (JsonElement summary, JsonElement file) =
            await ScanAsync(folder, "silent for 2 s after frame 39", "--die-at", "40");
        Assert.Equal("Incomplete", summary.GetProperty("phase").GetString());
        Assert.Equal(40, file.GetProperty("covered").GetInt32());
        Assert.True(file.GetProperty("nan_where_uncovered").GetBoolean());
        Assert.Contains("silent", file.GetProperty("ending").GetString());
    }

    [Fact]
    public async Task Run_FolderThatIsAFile_IsRefusedBeforeTheScan()
    {
        using var folder = new WorkFolder();
        await File.WriteAllTextAsync(folder["results"], "no folder", TestContext.Current.CancellationToken);
        var beamline = new BeamlineFile { DetectorPort = FreePort.Find() };
        FinishedProgram run = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder), folder));
        run.FailedWith(1, folder["results"], "is a file");
    }

    private static async Task<(JsonElement Summary, JsonElement File)> ScanAsync(
        WorkFolder folder, string expectedSentence, params string[] fault)
    {
        var beamline = new BeamlineFile
        {
            DetectorPort = FreePort.Find(),
            Translations = 12,
            Rotations = 8,
            Order = "translation-fast",
            SilenceLimit_s = 2,
        };
        await using RunningProgram simulator = RunningProgram.Start(
            BuiltProgram.Simulator, beamline.SimulatorOptions(fault));
        FinishedProgram run = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder), folder, "--json"));
        run.FailedWith(1, expectedSentence);
        JsonElement summary = run.Json();
        return (summary, await ForeignPython.ReadScanAsync(summary.GetProperty("saved").GetString()!));
    }

    private static void WriteMask(string path, int rows, int columns)
    {
        string tags = $"{{'descr': '|u1', 'fortran_order': False, 'shape': ({rows}, {columns}), }}";
        string header = tags.PadRight(117) + "\n";
        byte[] start = [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0];
        File.WriteAllBytes(path, [.. start, .. Encoding.ASCII.GetBytes(header), .. new byte[rows * columns]]);
    }
}
