using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>Positions and monitor values on a stream of their own, with the real programs.</summary>
public sealed class ReadingsTests
{
    private static readonly string[] Seed = ["--seed", "5"];

    [Fact]
    public async Task Run_ReadingsTwoSecondsLate_GiveTheScanThatCarriedThem()
    {
        using var folder = new WorkFolder();
        string plain = await ScanAsync(folder, "plain", readings: "", order: "interlaced", Seed);
        int port = FreePort.Find();
        string late = await ScanAsync(
            folder,
            "late",
            $"readings: {{ endpoint: 'tcp://127.0.0.1:{port}', needs: [monitor, translation, rotation] }}",
            "interlaced",
            [.. Seed, "--readings", $"tcp://127.0.0.1:{port}", "--readings-delay-s", "2"]);
        JsonElement seen = await ForeignPython.ReadScanAsync(late, "--compare", plain);
        Assert.Equal(0, seen.GetProperty("cells_differing").GetInt32());
        Assert.Equal(0, seen.GetProperty("channel_cells_differing").GetInt32());
        Assert.Empty(seen.GetProperty("unmatched").EnumerateArray());
    }

    [Fact]
    public async Task Run_LostReadings_AreMarkedAndLeftOut()
    {
        using var folder = new WorkFolder();
        int port = FreePort.Find();
        string saved = await ScanAsync(
            folder,
            "lost",
            $"readings: {{ endpoint: 'tcp://127.0.0.1:{port}', needs: [monitor], grace_s: 1 }}",
            "interlaced",
            [.. Seed, "--readings", $"tcp://127.0.0.1:{port}", "--readings-lost", "0.05"]);
        JsonElement seen = await ForeignPython.ReadScanAsync(saved);
        Assert.InRange(seen.GetProperty("unmatched").GetArrayLength(), 3, 40);
        Assert.Equal(seen.GetProperty("unmatched").GetArrayLength(), seen.GetProperty("total_empty").GetInt32());
        Assert.Contains("never got the position or monitor value", seen.GetProperty("ending").GetString());
    }

    [Fact]
    public async Task Run_PositionsByTime_AreRegriddedAndTheFramesKept()
    {
        using var folder = new WorkFolder();
        int port = FreePort.Find();
        string saved = await ScanAsync(
            folder,
            "positions",
            $"readings: {{ endpoint: 'tcp://127.0.0.1:{port}', key: time, needs: [translation, rotation], grace_s: 2 }}",
            "positions",
            [.. Seed, "--readings", $"tcp://127.0.0.1:{port}", "--readings-by", "time", "--position-jitter-um", "15"]);
        JsonElement frames = (await ForeignPython.ReadScanAsync(saved)).GetProperty("frames");
        Assert.Equal([21 * 15, 2048], frames.GetProperty("shape").EnumerateArray().Select(n => n.GetInt32()));

        // Told in the middle of each exposure, and asked for it: as good as the clock.
        Assert.InRange(frames.GetProperty("without_position").GetInt32(), 0, 2);
        Assert.InRange(frames.GetProperty("coverage").GetDouble(), 0.9, 1.01);
        Assert.InRange(frames.GetProperty("off_grid_um").GetDouble(), 3, 15);
    }

    private static async Task<string> ScanAsync(WorkFolder folder, string name, string readings, string order, string[] options)
    {
        var beamline = new BeamlineFile { DetectorPort = FreePort.Find(), Order = order, More = readings };
        await using RunningProgram simulator = RunningProgram.Start(BuiltProgram.Simulator, beamline.SimulatorOptions(options));
        FinishedProgram run = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder, name + ".yml"), folder, "--json"));
        run.Succeeded();
        Assert.Equal(name == "lost", run.Errors.Contains("never got the position or monitor value", StringComparison.Ordinal));
        (await simulator.EndAsync()).Succeeded();
        return run.Json().GetProperty("saved").GetString()!;
    }
}
