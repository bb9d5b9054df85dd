using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>Several slices as scans of one session, between the real processes.</summary>
public sealed class StackTests
{
    private const int Slices = 3;

    [Fact]
    public async Task Run_StackInOneSeriesOrInOneEach_GivesTheSameFiles()
    {
        using var folder = new WorkFolder();
        string[] each = await MeasureAsync(folder, "each", "--series-id", "7", "--shuffle", "12");
        string[] one = await MeasureAsync(folder, "one", "--shuffle", "12", "--one-series");

        HashSet<string> means = [];
        for (int k = 0; k < Slices; k++)
        {
            JsonElement file = await ForeignPython.ReadScanAsync(one[k], "--compare", each[k], "--mean");
            Assert.Equal("[100,\"um\"]".Replace("100", $"{100 + (20 * k)}.0", StringComparison.Ordinal), file.GetProperty("z").GetRawText().Replace(" ", "", StringComparison.Ordinal));
            Assert.Equal((k + 1, Slices), (file.GetProperty("slice")[0].GetInt32(), file.GetProperty("slice")[1].GetInt32()));
            Assert.Equal(0, file.GetProperty("uncovered").GetArrayLength());
            Assert.Equal(0, file.GetProperty("cells_differing").GetInt32());
            means.Add(file.GetProperty("mean").GetProperty("intensity").GetRawText());
        }

        // Each height is another sample.
        Assert.Equal(Slices, means.Count);
        FinishedProgram info = await RunningProgram.RunAsync(BuiltProgram.Xrdct, "info", one[1], "--json");
        JsonElement facts = info.Succeeded().Json();
        Assert.Equal((2, Slices, 120.0), (facts.GetProperty("slice").GetInt32(), facts.GetProperty("slices").GetInt32(), facts.GetProperty("z_um").GetDouble()));
    }

    [Theory]
    [InlineData("--series-id", "7")]
    [InlineData("--series-id", "7", "--one-series")]
    public async Task Run_KilledInTheSecondSlice_GoesOnThereAndWithTheNext(params string[] how)
    {
        using var folder = new WorkFolder();
        BeamlineFile beamline = Beamline(rotations: 6);
        string file = beamline.Write(folder);
        await using RunningProgram simulator = RunningProgram.Start(BuiltProgram.Simulator, Simulated(beamline, ["--rate", "40", .. how]));
        await using (RunningProgram first = RunningProgram.Start(BuiltProgram.Xrdct, BeamlineFile.RunOptions(file, folder)))
        {
            await first.LineAsync(line => IsWellInto(line, 2));
            first.Kill();
            await first.EndAsync();
        }

        FinishedProgram second = await RunningProgram.RunAsync(BuiltProgram.Xrdct, BeamlineFile.RunOptions(file, folder));
        (await simulator.EndAsync()).Succeeded();
        Assert.True(second.Errors.Contains("the stack goes on with slice 2 of 3", StringComparison.Ordinal), $"{second}");
        Assert.Contains("the scan goes on from the journal", second.Errors);

        string[] saved = Saved(folder["results"]);
        Assert.Equal(Slices, saved.Length);
        int cells = beamline.Translations * beamline.Rotations;
        JsonElement[] files = [await ForeignPython.ReadScanAsync(saved[0]), await ForeignPython.ReadScanAsync(saved[1]), await ForeignPython.ReadScanAsync(saved[2])];
        Assert.Equal([100, 120, 140], files.Select(f => f.GetProperty("z")[0].GetDouble()));
        Assert.Equal(cells, files[0].GetProperty("covered").GetInt32());
        Assert.Equal(cells, files[2].GetProperty("covered").GetInt32());

        // What the process had taken in its last second is lost with it, and told.
        JsonElement counters = files[1].GetProperty("counters");
        Assert.InRange(files[1].GetProperty("covered").GetInt32(), cells / 2, cells);
        Assert.Equal(cells - files[1].GetProperty("covered").GetInt32(), counters.GetProperty("missing").GetInt32());
        Assert.Equal(0, counters.GetProperty("outside_plan").GetInt32());
        Assert.Equal(counters.GetProperty("missing").GetInt32() == 0 ? 0 : 1, second.ExitCode);
        Assert.All(Directory.GetFiles(folder["results"]), path => Assert.Equal(".nxs", Path.GetExtension(path)));
    }

    [Fact]
    public async Task Run_KilledBetweenTwoSlices_GoesOnWithTheNext()
    {
        using var folder = new WorkFolder();
        BeamlineFile beamline = Beamline(rotations: 6);
        string file = beamline.Write(folder);
        await using RunningProgram simulator = RunningProgram.Start(
            BuiltProgram.Simulator, Simulated(beamline, ["--rate", "40", "--series-id", "7", "--one-series"]));
        await using (RunningProgram first = RunningProgram.Start(BuiltProgram.Xrdct, BeamlineFile.RunOptions(file, folder)))
        {
            await first.LineAsync(line => IsWellInto(line, 1));
            first.Kill();
            await first.EndAsync();
        }

        // As if slice 1 had been saved and slice 2 not begun: the process wrote down what comes next, and there is no journal.
        foreach (string journal in Directory.GetFiles(folder["results"], "*.journal*"))
        {
            File.Delete(journal);
        }

        FinishedProgram second = await RunningProgram.RunAsync(BuiltProgram.Xrdct, BeamlineFile.RunOptions(file, folder));
        (await simulator.EndAsync()).Succeeded();
        Assert.Contains("the stack goes on with slice 2 of 3", second.Errors);
        foreach (int number in new[] { 2, 3 })
        {
            JsonElement slice = await ForeignPython.ReadScanAsync(Assert.Single(Directory.GetFiles(folder["results"], $"*_slice{number:D3}_*.nxs")));
            Assert.Equal(beamline.Translations * beamline.Rotations, slice.GetProperty("covered").GetInt32());
        }
    }

    [Fact]
    public async Task Run_CtrlCInTheSecondSlice_SavesItAndNamesTheThirdOnly()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sends SIGINT with kill, which needs Linux");
        using var folder = new WorkFolder();
        BeamlineFile beamline = Beamline(rotations: 6);
        await using RunningProgram simulator = RunningProgram.Start(BuiltProgram.Simulator, Simulated(beamline, ["--rate", "40", "--series-id", "7"]));
        await using RunningProgram run = RunningProgram.Start(BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder), folder));
        await run.LineAsync(line => IsWellInto(line, 2));
        await run.InterruptAsync();
        FinishedProgram ended = await run.EndAsync();

        Assert.Contains("of 3 slices 3 never came", ended.Errors);
        Assert.Single(Directory.GetFiles(folder["results"], "*_slice002_*.nxs"));
        Assert.All(Directory.GetFiles(folder["results"]), path => Assert.Equal(".nxs", Path.GetExtension(path)));
    }

    private static async Task<string[]> MeasureAsync(WorkFolder folder, string name, params string[] how)
    {
        BeamlineFile beamline = Beamline(rotations: 5);
        string file = beamline.Write(folder, $"{name}.yml");
        await using RunningProgram simulator = RunningProgram.Start(BuiltProgram.Simulator, Simulated(beamline, how));
        FinishedProgram run = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct, "run", "--config", file, "--exit", "--no-browser", "--port", "0", "--output", folder[name]);
        run.Succeeded();
        (await simulator.EndAsync()).Succeeded();
        Assert.Contains("slice 3 of 3 (z = 140 µm): 105 of 105 frames", run.Output);
        Assert.All(Directory.GetFiles(folder[name]), path => Assert.Equal(".nxs", Path.GetExtension(path)));
        return Saved(folder[name]);
    }

    private static BeamlineFile Beamline(int rotations) => new()
    {
        DetectorPort = FreePort.Find(),
        Rotations = rotations,
        MoreScan = $", slices: {Slices}, slice_step_um: 20, slice_start_um: 100",
    };

    private static string[] Simulated(BeamlineFile beamline, string[] more) =>
        beamline.SimulatorOptions(["--slices", $"{Slices}", "--slice-step-um", "20", .. more]);

    // Two fifths of a slice take longer than a write of the journal.
    private static bool IsWellInto(string line, int slice) =>
        line.Contains($"slice {slice} of 3", StringComparison.Ordinal) && int.TryParse(line.Split('%')[0], out int percent) && percent >= 40;

    private static string[] Saved(string folder) => [.. Enumerable.Range(1, Slices).Select(k => Assert.Single(Directory.GetFiles(folder, $"*_slice{k:D3}_*.nxs")))];
}
