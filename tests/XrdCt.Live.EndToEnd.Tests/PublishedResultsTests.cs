using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>
/// Other programs follow a scan: libzmq and msgpack by way of the Python client, against the saved file read by h5py.
/// </summary>
public sealed class PublishedResultsTests
{
    /// <summary>
    /// 200 kB a pattern, 60 MB a scan: far more than the queues of the publisher (a sixteenth of 100 MB) and of the system (some
    /// 10 MB) hold for somebody who does not read.
    /// </summary>
    private const string ManyBins = "{ unit: q_invA, bins: 16384, filter: mean }";

    private const int Memory_mb = 100;

    private static readonly string[] Modules = ["zmq", "msgpack", "numpy", "h5py"];

    [Fact]
    public async Task Run_FollowersEarlyLateAndStopped_AllGetEveryPatternOfTheFile()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs SIGSTOP");
        using var folder = new WorkFolder();
        int port = FreePort.Find();
        var beamline = new BeamlineFile
        {
            DetectorPort = FreePort.Find(),
            Integration = ManyBins,
            More = $$"""
                publish:
                  endpoint: tcp://127.0.0.1:{{port}}
                  request_endpoint: tcp://127.0.0.1:{{FreePort.Find()}}
                  every_endpoint: tcp://127.0.0.1:{{FreePort.Find()}}
                  memory_limit_mb: {{Memory_mb}}
                  linger_s: {{RunningProgram.LongestRun.TotalSeconds}}
                """,
        };
        int cells = beamline.Translations * beamline.Rotations;
        await using RunningProgram run = RunningProgram.Start(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder), folder));
        string announced = await run.LineAsync(line => line.StartsWith("results published", StringComparison.Ordinal));
        Assert.Contains($"tcp://127.0.0.1:{port}", announced);
        Assert.DoesNotContain("other machines", announced);

        await using RunningProgram early = await FollowAsync(port);
        await using RunningProgram stopped = await FollowAsync(port, "--stop-after", "5");
        await early.LineAsync(line => line.StartsWith("connected", StringComparison.Ordinal));
        await stopped.LineAsync(line => line.StartsWith("connected", StringComparison.Ordinal));
        await using RunningProgram simulator = RunningProgram.Start(BuiltProgram.Simulator, beamline.SimulatorOptions());
        await stopped.LineAsync(line => line == "stopping");
        await run.LineAsync(line => Percent(line) >= 40);
        await using RunningProgram late = await FollowAsync(port);

        // The scan ends and is saved while one of its followers has been standing still since the fifth pattern.
        await run.LineAsync(line => line.StartsWith("saved: ", StringComparison.Ordinal));
        await stopped.ContinueAsync();
        JsonElement[] seen = [await EndAsync(early), await EndAsync(late), await EndAsync(stopped)];

        Assert.All(seen, found => HasEverything(found, cells));
        int repaired = seen[2].GetProperty("repaired").GetInt32();
        TestContext.Current.SendDiagnosticMessage($"asked for again: {string.Join(", ", seen.Select(s => s.GetProperty("repaired")))}");
        Assert.True(repaired > cells / 4, $"only {repaired} patterns were dropped: the follower was not slow");

        // All have gone, so the program, which was serving them, ends too.
        FinishedProgram ended = await run.EndAsync();
        ended.Succeeded();
        Assert.Equal("", ended.Errors);
        (await simulator.EndAsync()).Succeeded();
    }

    [Fact]
    public async Task Client_NobodyPublishes_SaysSoInALine()
    {
        await using RunningProgram client = await ForeignPython.StartClientAsync(
            Modules, $"tcp://127.0.0.1:{FreePort.Find()}", "--once", "--timeout", "1");
        (await client.EndAsync()).FailedWith(1, "nothing is published on tcp://127.0.0.1:");
    }

    [Fact]
    public async Task Run_PublishPortTaken_SaysWhichAndEnds()
    {
        using var folder = new WorkFolder();
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        string endpoint = $"tcp://{taken.LocalEndpoint}";
        string file = new BeamlineFile
        {
            DetectorPort = FreePort.Find(),
            More = $"publish: {{ endpoint: \"{endpoint}\" }}",
        }.Write(folder);
        FinishedProgram run = await RunningProgram.RunAsync(BuiltProgram.Xrdct, BeamlineFile.RunOptions(file, folder));
        run.FailedWith(1, endpoint, "another program uses the port", "publish.endpoint");
    }

    private static Task<RunningProgram> FollowAsync(int port, params string[] more) => ForeignPython.StartAsync(
        "follow.py", Modules, [ForeignPython.ClientFolder, $"tcp://127.0.0.1:{port}", .. more]);

    private static async Task<JsonElement> EndAsync(RunningProgram follower)
    {
        FinishedProgram ended = (await follower.EndAsync()).Succeeded();
        return JsonDocument.Parse(ended.Output.Trim().Split('\n')[^1]).RootElement;
    }

    private static void HasEverything(JsonElement found, int cells)
    {
        string all = found.ToString();
        foreach (string count in new[] { "patterns", "covered", "equal_to_file", "channel_equal_to_file" })
        {
            Assert.True(found.GetProperty(count).GetInt32() == cells, $"{count} of {cells}: {all}");
        }

        foreach (string fact in new[] { "in_order", "count_equal_to_file", "sigma_where_intensity" })
        {
            Assert.True(found.GetProperty(fact).GetBoolean(), $"{fact}: {all}");
        }

        Assert.Equal(0, found.GetProperty("lost").GetInt32());
        Assert.Equal("complete", found.GetProperty("phase").GetString());
        Assert.Equal(
            ["every/end", "latest/pattern", "latest/roi", "latest/scan", "latest/sinogram/total", "latest/slice/total", "latest/slice/σ(total)", "latest/status"],
            found.GetProperty("topics").EnumerateArray().Select(t => t.GetString()!).Order(StringComparer.Ordinal));
    }

    private static int Percent(string line)
    {
        int sign = line.IndexOf('%', StringComparison.Ordinal);
        return sign > 0 && int.TryParse(line[..sign], out int percent) ? percent : 0;
    }
}
