using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>Scans whose beam monitor is a real Tango device, with the real programs; in the middle of the scan something happens.</summary>
public sealed class TangoTests
{
    private const int Frames = 21 * 15;

    [Fact]
    public async Task Run_GatewayHangsForAWhile_EveryFrameGetsItsMonitor()
    {
        (JsonElement seen, FinishedProgram run) = await ScanAsync(rate_Hz: 50, largestGap_s: 1, async (tango, _) =>
        {
            await tango.Gateway.PauseAsync();
            await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
            await tango.Gateway.ContinueAsync();
        });
        Assert.Empty(seen.GetProperty("unmatched").EnumerateArray());
        Assert.Equal(Frames, seen.GetProperty("covered").GetInt32());

        // The simulated chamber counts 5000 per mA of 200 mA; the simulated detector would have told another monitor.
        Assert.All(seen.GetProperty("monitor").EnumerateArray(), m => Assert.InRange(m.GetDouble(), 9.5e5, 1.05e6));
        Assert.DoesNotContain("never got", run.Errors);
    }

    [Fact]
    public async Task Run_GatewayAndDeviceServerKilledAndStartedAgain_GoesOnAndSaysWhatIsMissing()
    {
        (JsonElement seen, FinishedProgram run) = await ScanAsync(rate_Hz: 25, largestGap_s: 0.4, async (tango, running) =>
        {
            await tango.KillBeamlineAsync();
            await running.ErrorLineAsync(l => l.Contains("Tango's monitor/Counts cannot be read (API_", StringComparison.Ordinal));
            await tango.StartBeamlineAsync();
            await running.ErrorLineAsync(l => l.Contains("Tango's monitor/Counts can be read again, after ", StringComparison.Ordinal));
            await tango.KillGatewayAsync();
            await tango.StartGatewayAsync();
            await running.ErrorLineAsync(l => l.Contains("tells again, after ", StringComparison.Ordinal));
        });
        int unmatched = seen.GetProperty("unmatched").GetArrayLength();
        Assert.InRange(unmatched, 1, Frames - 1);
        Assert.Equal(Frames, seen.GetProperty("covered").GetInt32());
        Assert.Contains($"{unmatched} frames never got the position or monitor value", seen.GetProperty("ending").GetString());
        Assert.Contains($"{unmatched} frames never got the position or monitor value", run.Errors);
        Assert.Matches("the Tango gateway at http://127.0.0.1:[0-9]+/ (cannot be reached|has ended the subscription)", run.Errors);
    }

    /// <summary>Runs a scan, in whose middle something happens.</summary>
    private static async Task<(JsonElement Seen, FinishedProgram Run)> ScanAsync(
        int rate_Hz, double largestGap_s, Func<TangoPrograms, RunningProgram, Task> disturb)
    {
        using var folder = new WorkFolder();
        await using TangoPrograms tango = await TangoPrograms.StartAsync(folder);
        var beamline = new BeamlineFile
        {
            DetectorPort = FreePort.Find(),
            More = $$"""
                tango: {{tango.Section}}
                readings: { key: time, needs: [monitor], largest_gap_s: {{largestGap_s}}, grace_s: 4 }
                output: { growing_file: true }
                """,
        };
        await using RunningProgram run = RunningProgram.Start(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder), folder));

        // The simulated detector is not to tell its own monitor: it goes to where nobody listens.
        await using RunningProgram simulator = RunningProgram.Start(
            BuiltProgram.Simulator,
            beamline.SimulatorOptions(
                "--rate", $"{rate_Hz}", "--readings", $"tcp://127.0.0.1:{FreePort.Find()}", "--readings-by", "time", "--timeout", "20"));
        await run.LineAsync(line => line.StartsWith("growing file: ", StringComparison.Ordinal));
        await disturb(tango, run);
        FinishedProgram finished = (await run.EndAsync()).Succeeded();
        const string Saved = "saved: ";
        string saved = finished.Output.Split('\n').Single(l => l.StartsWith(Saved, StringComparison.Ordinal))[Saved.Length..].Trim();
        return (await ForeignPython.ReadScanAsync(saved), finished);
    }
}
