using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>
/// The bounded form of the journal loop: each kind of round once, at moments that are others in every run. The full form is in
/// docs/robustness.md.
/// </summary>
public sealed class JournalLoopTests
{
    [Fact]
    public async Task Run_KilledAndStartedAgain_SavesTheFileOfAnUndisturbedRun()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("kills with SIGKILL and bounds files with RLIMIT_FSIZE, which needs Linux");
        }

        // Stands in the report of a failure.
        string seed = (Stopwatch.GetTimestamp() % 1_000_000).ToString(CultureInfo.InvariantCulture);
        using var folder = new WorkFolder();
        await using RunningProgram loop = await ForeignPython.StartAsync(
            "journal_loop.py",
            ["zmq", "msgpack", "h5py", "numpy"],
            "--folder",
            folder.Path,
            "--rounds",
            "4",
            "--seed",
            seed,
            "--xrdct",
            "dotnet",
            BuiltProgram.Xrdct);
        FinishedProgram ended = await loop.EndAsync();
        TestContext.Current.SendDiagnosticMessage($"seed {seed}: {ended.Output}");
        JsonElement told = ended.Json();

        Assert.True(told.GetProperty("problems").GetArrayLength() == 0, ended.Output);
        Assert.Equal(4, told.GetProperty("kinds").EnumerateObject().Count());
        ended.Succeeded();
    }

    [Fact]
    public async Task Recover_JournalOfAKilledRun_SavesWhatWasMeasured()
    {
        using var folder = new WorkFolder();
        var beamline = new BeamlineFile { DetectorPort = FreePort.Find(), Rotations = 40 };
        await using RunningProgram simulator = RunningProgram.Start(BuiltProgram.Simulator, beamline.SimulatorOptions("--rate", "60"));
        await using RunningProgram run = RunningProgram.Start(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder), folder));
        await run.LineAsync(line => line.TrimStart().StartsWith("10 %", StringComparison.Ordinal));
        run.Kill();
        await run.EndAsync();
        string journal = Assert.Single(Directory.GetFiles(folder["results"], "*.journal"));

        FinishedProgram recovered = await RunningProgram.RunAsync(BuiltProgram.Xrdct, "recover", journal, "--json");
        JsonElement told = recovered.Succeeded().Json();
        int placed = told.GetProperty("placed").GetInt32();
        Assert.InRange(placed, 1, (21 * 40) - 1);
        Assert.Equal($"the scan was recovered from its journal with {(21 * 40) - placed} of {21 * 40} frames missing", told.GetProperty("ending").GetString());
        JsonElement file = await ForeignPython.ReadScanAsync(told.GetProperty("saved").GetString()!);
        Assert.Equal(placed, file.GetProperty("covered").GetInt32());
        Assert.True(file.GetProperty("nan_where_uncovered").GetBoolean());
        Assert.Empty(Directory.GetFiles(folder["results"], "*.journal"));

        // And then there is nothing left, which is said in a sentence.
        (await RunningProgram.RunAsync(BuiltProgram.Xrdct, "recover", journal)).FailedWith(1, "there is no such file");
    }

    [Fact]
    public async Task Recover_WhatIsNoJournal_IsRefusedInOneSentence()
    {
        using var folder = new WorkFolder();
        await File.WriteAllTextAsync(folder["noise.journal"], new string('x', 5000), TestContext.Current.CancellationToken);
        FinishedProgram refused = await RunningProgram.RunAsync(BuiltProgram.Xrdct, "recover", folder["noise.journal"]);
        refused.FailedWith(1, "is no journal of a scan, or its beginning is damaged: it is left as it is");
    }
}
