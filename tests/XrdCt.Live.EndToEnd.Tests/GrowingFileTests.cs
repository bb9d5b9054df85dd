using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>The file that can be opened while a scan runs, and what is left of it when the processor is killed.</summary>
public sealed class GrowingFileTests
{
    private const string Said = "growing file: ";

    [Fact]
    public async Task Run_KilledMidScan_LeavesAFileThatOpensAndGoesWithTheResult()
    {
        using var folder = new WorkFolder();
        var beamline = new BeamlineFile { DetectorPort = FreePort.Find(), Rotations = 40 };
        await using RunningProgram simulator = RunningProgram.Start(BuiltProgram.Simulator, beamline.SimulatorOptions("--rate", "60"));
        await using RunningProgram run = RunningProgram.Start(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder), folder));
        string growing = (await run.LineAsync(line => line.StartsWith(Said, StringComparison.Ordinal)))[Said.Length..];
        await run.LineAsync(line => line.TrimStart().StartsWith("50 %", StringComparison.Ordinal));
        JsonElement before = await ForeignPython.ReadScanAsync(growing);
        run.Kill();
        await run.EndAsync();

        // Plain h5py, with nothing repaired, and our own reader.
        JsonElement left = await ForeignPython.ReadScanAsync(growing);
        int covered = left.GetProperty("covered").GetInt32();
        Assert.InRange(covered, before.GetProperty("covered").GetInt32(), (21 * 40) - 1);
        Assert.InRange(covered, 21, int.MaxValue);
        Assert.True(left.GetProperty("nan_where_uncovered").GetBoolean());
        Assert.StartsWith("under way", left.GetProperty("ending").GetString());
        FinishedProgram info = await RunningProgram.RunAsync(BuiltProgram.Xrdct, "info", growing, "--json");
        Assert.Equal(covered, info.Succeeded().Json().GetProperty("measured_cells").GetInt32());

        string journal = Assert.Single(Directory.GetFiles(folder["results"], "*.journal"));
        string kept = folder["kept.nxs"];
        File.Copy(growing, kept);
        FinishedProgram recovered = await RunningProgram.RunAsync(BuiltProgram.Xrdct, "recover", journal, "--json");
        string saved = recovered.Succeeded().Json().GetProperty("saved").GetString()!;

        Assert.Equal([saved], Directory.GetFiles(folder["results"]));
        JsonElement compared = await ForeignPython.ReadScanAsync(kept, "--compare", saved);
        Assert.Equal(0, compared.GetProperty("cells_differing_in_both").GetInt32());

        // Either may have been ahead of the other by a second of frames when the process was killed.
        Assert.InRange(compared.GetProperty("cells_in_both").GetInt32(), covered - 60, covered);
    }
}
