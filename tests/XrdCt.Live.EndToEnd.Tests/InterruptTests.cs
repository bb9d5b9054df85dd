using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>Ctrl-C ends cleanly, whatever is going on, with everything so far saved.</summary>
public sealed class InterruptTests
{
    /// <summary>Saving a scan of this size takes a second or two; a minute is a hang even on a busy machine.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Demo_CtrlCMidScan_SavesWhatWasMeasured()
    {
        SkipWithoutSignals();
        using var folder = new WorkFolder();
        await using RunningProgram demo = RunningProgram.Start(
            BuiltProgram.Xrdct,
            "demo", "--translations", "21", "--rotations", "40", "--rate", "40", "--no-browser", "--port", "0",
            "--output", folder["results"]);
        await demo.LineAsync(line => line.TrimStart().StartsWith("10 %", StringComparison.Ordinal));
        await demo.InterruptAsync();
        FinishedProgram ended = await demo.EndAsync(Bound);

        await HoldsWhatWasMeasuredAsync(ended, folder, cells: 21 * 40);
    }

    [Fact]
    public async Task Run_CtrlCMidScan_SavesWhatWasMeasured()
    {
        SkipWithoutSignals();
        using var folder = new WorkFolder();
        var beamline = new BeamlineFile { DetectorPort = FreePort.Find(), Rotations = 40 };
        await using RunningProgram simulator = RunningProgram.Start(
            BuiltProgram.Simulator, beamline.SimulatorOptions("--rate", "40"));
        await using RunningProgram run = RunningProgram.Start(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder), folder));
        await run.LineAsync(line => line.TrimStart().StartsWith("10 %", StringComparison.Ordinal));
        await run.InterruptAsync();
        FinishedProgram ended = await run.EndAsync(Bound);

        await HoldsWhatWasMeasuredAsync(ended, folder, cells: 21 * 40);
    }

    [Fact]
    public async Task Run_CtrlCBeforeTheFirstFrame_EndsWithoutAFile()
    {
        SkipWithoutSignals();
        using var folder = new WorkFolder();
        string file = new BeamlineFile { DetectorPort = FreePort.Find() }.Write(folder);
        await using RunningProgram run = RunningProgram.Start(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(file, folder));
        await run.LineAsync(line => line.StartsWith("live page:", StringComparison.Ordinal));
        await run.InterruptAsync();
        FinishedProgram ended = await run.EndAsync(Bound);

        ended.FailedWith(0, "nothing to save");
        Assert.Empty(Directory.EnumerateFiles(folder["results"]));
    }

    private static async Task HoldsWhatWasMeasuredAsync(FinishedProgram ended, WorkFolder folder, int cells)
    {
        ended.FailedWith(0, "the scan was stopped after");
        string saved = Assert.Single(Directory.GetFiles(folder["results"]));
        Assert.Contains($"saved: {saved}", ended.Output);
        JsonElement file = await ForeignPython.ReadScanAsync(saved);
        int covered = file.GetProperty("covered").GetInt32();
        Assert.InRange(covered, cells / 10, cells - 1);
        Assert.True(file.GetProperty("nan_where_uncovered").GetBoolean());
        JsonElement counters = file.GetProperty("counters");
        Assert.Equal(covered, counters.GetProperty("placed").GetInt32());

        // Whatever was taken from the socket is in the file: a stop loses nothing.
        Assert.Equal(covered, counters.GetProperty("received").GetInt32());
        Assert.Equal(cells - covered, counters.GetProperty("missing").GetInt32());
        Assert.Contains("stopped", file.GetProperty("ending").GetString());
    }

    private static void SkipWithoutSignals()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("sends SIGINT with kill, which needs Linux");
        }
    }
}
