using System.Globalization;
using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>
/// A coarse scan of the whole sample, the place in it that <c>xrdct roi</c> proposes, the stages moved there, and a scan of that place with the configuration that it wrote: the coarse
/// scan completes it while it runs.
/// </summary>
public sealed class RoiScanTests
{
    [Fact]
    public async Task Run_RoiScanAsItWasPlanned_LiesThereAndHasTheLevelsOfTheCoarseSlice()
    {
        using var folder = new WorkFolder();
        var coarse = new BeamlineFile
        {
            DetectorPort = FreePort.Find(),
            Translations = 31,
            Rotations = 24,
            Step_um = 36,
            Roi = "{ radius_um: 145, scan: { order: interlaced, translations: 41, rotations: 24, step_um: 7.2, rate_Hz: 50 } }",
            More = """
                stages:
                  first: { name: px, direction_deg: 180, lowest_mm: -1, highest_mm: 1, position_mm: 0 }
                  second: { name: py, direction_deg: 90, lowest_mm: -1, highest_mm: 1, position_mm: 0 }
                """,
        };
        string saved = await RunAsync(coarse, folder, coarse.Write(folder, "coarse.yml"), shift: "0,0");

        FinishedProgram planned = await RunningProgram.RunAsync(BuiltProgram.Xrdct, "roi", saved, "--config", folder["coarse.yml"], "--count", "1", "--plan", folder["plan"], "--json");
        planned.Succeeded();
        JsonElement plan = planned.Json().GetProperty("scans")[0];
        (double x_um, double y_um) = (plan.GetProperty("x_um").GetDouble(), plan.GetProperty("y_um").GetDouble());
        double[] to_mm = [.. plan.GetProperty("moves").EnumerateArray().Select(m => m.GetProperty("to_mm").GetDouble())];

        // px moves the sample to the left, py down.
        string shift = string.Create(CultureInfo.InvariantCulture, $"{-1000 * to_mm[0]},{1000 * to_mm[1]}");
        string completed = await RunAsync(coarse with { Translations = 41, Step_um = 7.2 }, folder, Path.Combine(folder["plan"], "roi_1.yml"), shift);

        JsonElement seen = await ForeignPython.RunAsync("compare_slices.py", ["h5py", "numpy", "scipy"], saved, completed);
        JsonElement said = seen.GetProperty("said");
        Assert.Equal("completion", said.GetProperty("mode").GetString());
        Assert.StartsWith("fitted on ", said.GetProperty("status").GetString());
        Assert.InRange(Math.Sqrt((x_um * x_um) + (y_um * y_um)), 20, 400);
        Assert.Equal(x_um, said.GetProperty("x").GetDouble(), 3.0);
        Assert.Equal(y_um, said.GetProperty("y").GetDouble(), 3.0);

        // Eight pixels of the coarse slice across, blurred otherwise than those of the ROI, in the place that was chosen because there is little to be seen: levels say more.
        Assert.InRange(seen.GetProperty("correlation").GetDouble(), 0.45, 1);
        Assert.InRange(seen.GetProperty("level").GetDouble(), 0.98, 1.02);
    }

    private static async Task<string> RunAsync(BeamlineFile beamline, WorkFolder folder, string configuration, string shift)
    {
        await using RunningProgram simulator = RunningProgram.Start(BuiltProgram.Simulator, beamline.SimulatorOptions("--seed", "5", $"--sample-shift-um={shift}"));
        FinishedProgram run = await RunningProgram.RunAsync(BuiltProgram.Xrdct, BeamlineFile.RunOptions(configuration, folder, "--json"));
        run.Succeeded();
        (await simulator.EndAsync()).Succeeded();
        return run.Json().GetProperty("saved").GetString()!;
    }
}
