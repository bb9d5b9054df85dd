using System.Globalization;
using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>Scans that the simulator drives on real Tango stages, with the real programs and the gateway's configuration as it is delivered.</summary>
public sealed class TangoScanTests
{
    private const int Rate_Hz = 40;

    /// <summary>As a zigzag; in the interlaced order the closed loop of <see cref="TangoDemoTests"/> does it.</summary>
    [Fact]
    public async Task Run_StagesDriven_TakesThePlansPositionsAndTheBeamFromTango()
    {
        const double px_um = 90, py_um = -60;
        using var folder = new WorkFolder();
        await using TangoPrograms tango = await TangoPrograms.StartAsync(folder);
        JsonElement before = await tango.DevicesAsync(string.Create(CultureInfo.InvariantCulture, $"px={px_um}"), string.Create(CultureInfo.InvariantCulture, $"py={py_um}"));
        var beamline = Beamline("translation-fast-zigzag", $$"""
            tango: {{tango.SectionOf("monitor: monitor/Counts, rotation: rotation/Position, translation: translation/Position")}}
            readings: { key: time, needs: [translation, rotation, monitor], exposure_ms: {{1000 / Rate_Hz}}, largest_gap_s: 1, grace_s: 10 }
            """);
        await using RunningProgram run = RunningProgram.Start(BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder), folder));

        // A scan that begins before that has frames that never get their readings.
        await run.LineAsync(line => line == "Tango tells translation/Position, rotation/Position, monitor/Counts: a scan can begin");
        await using RunningProgram simulator = RunningProgram.Start(BuiltProgram.Simulator, Options(beamline, tango));
        FinishedProgram finished = (await run.EndAsync()).Succeeded();
        (await simulator.EndAsync()).Succeeded();

        const string Saved = "saved: ";
        string saved = finished.Output.Split('\n').Single(l => l.StartsWith(Saved, StringComparison.Ordinal))[Saved.Length..].Trim();
        JsonElement seen = await ForeignPython.RunAsync("read_positions.py", ["h5py", "numpy"], saved);
        Assert.Empty(seen.GetProperty("unmatched").EnumerateArray());
        Assert.Equal(beamline.Translations * beamline.Rotations, seen.GetProperty("covered").GetInt32());
        Assert.Equal("mm", seen.GetProperty("translation_units").GetString());
        Assert.InRange(seen.GetProperty("off_steps").GetDouble(), 0, 0.1);
        Assert.InRange(seen.GetProperty("off_deg").GetDouble(), 0, 0.01);

        // The simulated chamber counts 5000 per mA of 200 mA; the simulated detector would have told another monitor.
        Assert.All(seen.GetProperty("monitor").EnumerateArray(), m => Assert.InRange(m.GetDouble(), 9.5e5, 1.05e6));

        // Where px and py had moved it. Of a scan that nobody drives, of the same seed, this finds the centre of mass at (51.4, −25.0).
        double[] sample_um = [.. seen.GetProperty("sample_um").EnumerateArray().Select(v => v.GetDouble())];
        Assert.InRange(sample_um[0] - 51.4, px_um - 3, px_um + 3);
        Assert.InRange(sample_um[1] + 25.0, py_um - 3, py_um + 3);

        JsonElement after = await tango.DevicesAsync();
        Assert.Equal("CLOSE", StateOf(after, "shutter"));
        Assert.All(["rotation", "translation"], stage =>
        {
            Assert.Equal("ON", StateOf(after, stage));
            Assert.Equal(before.GetProperty(stage).GetProperty("velocity").GetDouble(), after.GetProperty(stage).GetProperty("velocity").GetDouble());
        });
        Assert.All(tango.Audit.Select(line => JsonDocument.Parse(line).RootElement), entry =>
        {
            Assert.Contains(entry.GetProperty("event").GetString(), (string[])["proposed", "started", "done"]);
            Assert.Equal("Ada", entry.GetProperty("operator").GetString());
        });
    }

    [Fact]
    public async Task Scan_CutOffByCtrlC_LeavesTheStagesAtRestAndTheShutterClosed()
    {
        using var folder = new WorkFolder();
        await using TangoPrograms tango = await TangoPrograms.StartAsync(folder);
        BeamlineFile beamline = Beamline("translation-fast", "");
        await using RunningProgram run = RunningProgram.Start(BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder), folder));
        await using RunningProgram simulator = RunningProgram.Start(BuiltProgram.Simulator, Options(beamline, tango));
        await UntilAsync(tango, devices => StateOf(devices, "translation") == "MOVING" && StateOf(devices, "shutter") == "OPEN");
        await simulator.InterruptAsync();
        FinishedProgram finished = (await simulator.EndAsync()).Succeeded();
        Assert.True(finished.Json().GetProperty("stopped").GetBoolean());
        Assert.True(finished.Json().GetProperty("end_sent").GetBoolean());
        JsonElement after = await tango.DevicesAsync();
        Assert.Equal(("ON", "ON", "CLOSE"), (StateOf(after, "translation"), StateOf(after, "rotation"), StateOf(after, "shutter")));
        Assert.Contains("the detector ended the series with ", (await run.EndAsync()).Errors);
    }

    [Fact]
    public async Task Scan_DeviceServerKilled_SaysSoOnceAndSendsTheEnd()
    {
        using var folder = new WorkFolder();
        await using TangoPrograms tango = await TangoPrograms.StartAsync(folder);
        BeamlineFile beamline = Beamline("translation-fast", "");
        await using RunningProgram run = RunningProgram.Start(BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder), folder));
        await using RunningProgram simulator = RunningProgram.Start(BuiltProgram.Simulator, Options(beamline, tango));
        await UntilAsync(tango, devices => StateOf(devices, "translation") == "MOVING" && StateOf(devices, "shutter") == "OPEN");
        await tango.KillBeamlineAsync();
        FinishedProgram failed = await simulator.EndAsync();
        Assert.Equal(1, failed.ExitCode);
        Assert.Matches("^xrdct-sim: the scan on the Tango stages has failed in line [0-9]+ of 12: [^\n]+; .*whether the shutter is closed is not known\n$", failed.Errors);

        // Without an end message it would wait for the silence limit, and say that.
        Assert.Contains("the detector ended the series with ", (await run.EndAsync()).Errors);
    }

    [Fact]
    public async Task Scan_NobodyTakesIt_EndsWithoutHavingMovedAnything()
    {
        using var folder = new WorkFolder();
        await using TangoPrograms tango = await TangoPrograms.StartAsync(folder);
        JsonElement before = await tango.DevicesAsync();
        await using RunningProgram waiting = RunningProgram.Start(BuiltProgram.Simulator, [.. Options(Beamline("translation-fast", ""), tango), "--timeout", "1"]);
        (await waiting.EndAsync()).FailedWith(1, "nobody took a message for 1 s");
        Assert.Equal(before.GetRawText(), (await tango.DevicesAsync()).GetRawText());
        Assert.Empty(tango.Audit);
    }

    [Fact]
    public async Task Scan_RateBeyondTheStage_IsRefusedBeforeAnythingIsAskedFor()
    {
        using var folder = new WorkFolder();
        File.WriteAllText(folder["token"], "");
        FinishedProgram refused = await RunningProgram.RunAsync(
            BuiltProgram.Simulator, "scan", "--tango", "http://127.0.0.1:1", "--tango-token", folder["token"], "--step-um", "50", "--rate", "500");
        refused.FailedWith(2, "--rate 500 needs a translation of 25 mm/s", "0.001 to 20 mm/s");
    }

    private static BeamlineFile Beamline(string order, string more) => new()
    {
        DetectorPort = FreePort.Find(),
        Translations = 21,
        Rotations = 12,
        Step_um = 60,
        Order = order,
        More = more,
    };

    private static string[] Options(BeamlineFile beamline, TangoPrograms tango) =>
        beamline.SimulatorOptions(["--rate", Rate_Hz.ToString(CultureInfo.InvariantCulture), .. tango.DriveOptions]);

    private static string StateOf(JsonElement devices, string name) => devices.GetProperty(name).GetProperty("state").GetString()!;

    private static async Task UntilAsync(TangoPrograms tango, Predicate<JsonElement> isSo)
    {
        using var limit = new CancellationTokenSource(RunningProgram.LongestRun);
        while (!isSo(await tango.DevicesAsync()))
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }
}
