using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>A coarse scan of the whole sample, and a scan of its middle that the coarse scan completes while it runs.</summary>
public sealed class RoiScanTests
{
    [Fact]
    public async Task Run_RoiScanWithItsCoarseScan_HasTheLevelsOfTheCoarseSlice()
    {
        using var folder = new WorkFolder();
        var coarse = new BeamlineFile { DetectorPort = FreePort.Find(), Translations = 31, Rotations = 24, Step_um = 36 };
        string saved = await RunAsync(coarse, folder, "coarse.yml");
        BeamlineFile roi = coarse with
        {
            Translations = 41,
            Step_um = 7.2,
            MoreScan = $", coarse: {saved}",
            More = "reconstruction: { every_bin: true, outside: { mode: completion, x_um: 5, y_um: -5 } }",
        };
        string completed = await RunAsync(roi, folder, "roi.yml");

        JsonElement seen = await ForeignPython.RunAsync("compare_slices.py", ["h5py", "numpy", "scipy"], saved, completed);
        JsonElement said = seen.GetProperty("said");
        Assert.Equal("completion", said.GetProperty("mode").GetString());
        Assert.StartsWith("fitted on ", said.GetProperty("status").GetString());
        Assert.Equal(0, said.GetProperty("x").GetDouble(), 3.0);
        Assert.Equal(0, said.GetProperty("y").GetDouble(), 3.0);

        // Six pixels of the coarse slice across, blurred otherwise than those of the ROI: levels say more.
        Assert.InRange(seen.GetProperty("correlation").GetDouble(), 0.6, 1);
        Assert.InRange(seen.GetProperty("level").GetDouble(), 0.98, 1.02);
    }

    private static async Task<string> RunAsync(BeamlineFile beamline, WorkFolder folder, string name)
    {
        await using RunningProgram simulator = RunningProgram.Start(BuiltProgram.Simulator, beamline.SimulatorOptions("--seed", "5"));
        FinishedProgram run = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder, name), folder, "--json"));
        run.Succeeded();
        (await simulator.EndAsync()).Succeeded();
        return run.Json().GetProperty("saved").GetString()!;
    }
}
