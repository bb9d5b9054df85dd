using System.Collections.Concurrent;
using XrdCt.Live.Gateway;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Gateway;

/// <summary>Our results as a Tango device, seen by PyTango.</summary>
[Collection(TangoCollection.Name)]
public sealed class TangoDisplayTests(TangoBeamline beamline)
{
    // A client as any other: finds the device in the database, follows its stop signal, says what it sees.
    private const string Follow = """
        import sys, threading, tango
        device = tango.DeviceProxy(f"tango://{sys.argv[1]}/xrdct/live/1")
        def event(told):
            if told.err:
                print("error", told.errors[0].reason, flush=True)
            else:
                print(told.attr_value.name.lower(), told.attr_value.value, str(told.attr_value.quality), flush=True)
        for name in ("MayStop", "Coverage", "State"):
            device.subscribe_event(name, tango.EventType.CHANGE_EVENT, event)
        print("follows", flush=True)
        for line in sys.stdin:
            pass
        threading.Event().wait(60)
        """;

    private const string ReadAll = """
        import sys, tango
        device = tango.DeviceProxy(f"tango://{sys.argv[1]}/xrdct/live/1")
        print("State", device.state(), sep="|")
        print("Status", device.status(), sep="|")
        for name in device.get_attribute_list():
            read = device.read_attribute(name)
            value = read.value.tolist() if hasattr(read.value, "tolist") else read.value
            print(name, value, str(read.quality), sep="|")
        """;

    private static readonly LiveState State = new()
    {
        Phase = ScanPhase.Running,
        Message = "a µm → here",
        Counters = new FrameCounters { Placed = 1234 },
        CellCount = 4000,
        Rate_Hz = 250,
        Latency_ms = 5,
        Latency95_ms = 9,
        LastFrameAge_s = 0,
        Elapsed_s = 5,
        Remaining_s = 10,
        FramesQueued = 0,
        PatternsQueued = 0,
        ProjectionCount = 20,
        LargestGap_deg = 3.6,
        Confidence = new SliceConfidence(new AngularCoverage(20, 80, 3.6, 2.25, 0), 0.6, 0.9, 0.1),
    };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Show_AStatus_IsWhatPyTangoReads()
    {
        using TangoGateway gateway = beamline.Connect();
        var roi = new RoiSuggestion([new RoiCandidate(-110.5, 60, 125, 0.99, 300, 0.98) { ScoreSigma = 0.03 }, new RoiCandidate(5, 6, 125, 0.5, 100, 0.4)], "two places")
        {
            Stop = new StopAdvice(MayStop: true, "the ranking has settled"),
        };
        TangoStatus status = TangoStatus.Of("NMC electrode", State, roi);
        await gateway.ShowAsync(status, Stop);
        (int exitCode, string output) = await Server.RunAsync(TangoBeamline.Python, "/", "-c", ReadAll, beamline.TangoHost);
        Assert.True(exitCode == 0, output);
        Dictionary<string, string[]> read = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('|')).Where(l => l.Length == 3).ToDictionary(l => l[0], l => l[1..]);
        Assert.Contains("State|RUNNING\nStatus|a um ? here\n", output);
        Assert.All(read.Values, v => Assert.Equal("ATTR_VALID", v[1]));
        Assert.Equal(
            ("running", "NMC electrode", "1234", "4000", "250.0", "0.25", "3.6"),
            (read["Phase"][0], read["Title"][0], read["FramesPlaced"][0], read["Cells"][0], read["Rate_Hz"][0], read["Coverage"][0], read["WidestGap_deg"][0]));
        Assert.Equal(Math.Sqrt(2 * 0.6 / 1.6), double.Parse(read["Confidence"][0]), 12);
        Assert.Equal("[-110.5, 5.0]", read["RoiX_um"][0]);
        Assert.Equal("[60.0, 6.0]", read["RoiY_um"][0]);
        Assert.Equal("[125.0, 125.0]", read["RoiRadius_um"][0]);
        Assert.Equal("[0.98, 0.4]", read["RoiScore"][0]);
        Assert.Equal("[0.03, nan]", read["RoiScoreSigma"][0]);
        Assert.Equal("[0.99, 0.5]", read["RoiMaterialFraction"][0]);
        Assert.Equal("[300.0, 100.0]", read["RoiEdgeDistance_um"][0]);
        Assert.Equal(("True", "the ranking has settled", "two places"), (read["MayStop"][0], read["StopReason"][0], read["RoiText"][0]));
        Assert.StartsWith("20 of 80 angles", read["ConfidenceText"][0]);
    }

    [Fact]
    public async Task Show_AScoreOfAnOlderClient_HasNoUncertaintyRatherThanNone()
    {
        using TangoGateway gateway = beamline.Connect();
        var status = new Live.Gateway.Wire.LiveStatus { State = Live.Gateway.Wire.State.Running, Candidates = { new Live.Gateway.Wire.Candidate { Score = 0.5 } } };
        Grpc.Core.Metadata ours = new() { { "authorization", $"Bearer {TangoBeamline.Token('a')}" } };
        await gateway.Client.ShowStatusAsync(status, ours, cancellationToken: Stop);
        TangoReading sigma = (await gateway.ReadAsync([new("xrdct/live/1", "RoiScoreSigma")], Stop))[0];
        Assert.Equal(double.NaN, Assert.Single(sigma.Value!.Items));
    }

    [Fact]
    public async Task Display_ToldAndThenSilent_ComesAsEventsAndGoesStale()
    {
        using TangoGateway gateway = beamline.Connect();
        await using Server client = Server.Start(TangoBeamline.Python, "/", "-u", "-c", Follow, beamline.TangoHost);
        await client.SaysAsync("follows");
        var said = new ConcurrentQueue<string>();
        await using (var display = new TangoDisplay(gateway, said.Enqueue))
        {
            var axis = new RadialAxis(RadialUnit.Q_invA, 0, 1, 4);
            display.Show(new ScanDescription("events", "test", new ScanPlan(4, 4, 10), axis, [], ""));
            display.Show(State with { Confidence = State.Confidence! with { Coverage = new AngularCoverage(40, 80, 3.6, 2.25, 0) } });
            await client.SaysAsync("coverage 0.5 ATTR_VALID");
            await client.SaysAsync("state RUNNING ATTR_VALID");

            // Nothing new for longer than the device thinks well of: it is told all the same.
            DateTimeOffset told = DateTimeOffset.UtcNow;
            await Eventually.TrueAsync(() => DateTimeOffset.UtcNow > told.AddSeconds(3), "three seconds without news");
            Assert.DoesNotContain("state UNKNOWN", client.Output.Split("coverage 0.5")[1]);
            display.Show(State with { Phase = ScanPhase.Complete });
            await client.SaysAsync("state ON ATTR_VALID");
        }

        // It was so before the first news too.
        string Since() => client.Output[client.Output.LastIndexOf("state ON ATTR_VALID", StringComparison.Ordinal)..];
        await Eventually.TrueAsync(
            () => Since().Contains("state UNKNOWN ATTR_VALID", StringComparison.Ordinal) && Since().Contains("maystop None ATTR_INVALID", StringComparison.Ordinal),
            () => $"the end of what is told: {client.Output}");
        Assert.DoesNotContain("error", client.Output);
        Assert.Empty(said);
        (_, string output) = await Server.RunAsync(TangoBeamline.Python, "/", "-c", ReadAll, beamline.TangoHost);
        Assert.Matches("Status\\|XrdCt.Live has told nothing since 20[0-9-]+ [0-9:]+ UTC", output);
        Assert.Contains("Coverage|None|ATTR_INVALID", output);
    }

    [Fact]
    public async Task Display_WithoutAGateway_CostsNothingAndSaysSoOnce()
    {
        var said = new ConcurrentQueue<string>();
        using TangoGateway gateway = new(new TangoGatewayOptions
        {
            Address = new Uri($"http://127.0.0.1:{TangoBeamline.FreePort()}"),
            Token = TangoBeamline.Token('a'),
            LongestPause = TimeSpan.FromSeconds(0.3),
        });
        await using (var display = new TangoDisplay(gateway, said.Enqueue))
        {
            for (int i = 0; i < 1000; i++)
            {
                display.Show(State);
            }

            await Eventually.TrueAsync(() => !said.IsEmpty, "that it is not told");
        }

        Assert.StartsWith("the results are not shown on the Tango device: the Tango gateway at", Assert.Single(said));
    }

    [Theory]
    [InlineData(ScanPhase.Waiting, "STANDBY")]
    [InlineData(ScanPhase.Saving, "RUNNING")]
    [InlineData(ScanPhase.Incomplete, "ALARM")]
    [InlineData(ScanPhase.Failed, "FAULT")]
    public async Task Show_APhase_IsAState(ScanPhase phase, string state)
    {
        using TangoGateway gateway = beamline.Connect();
        await gateway.ShowAsync(TangoStatus.Of("", State with { Phase = phase, Confidence = null }, null), Stop);
        TangoReading read = (await gateway.ReadAsync([new("xrdct/live/1", "State"), new("xrdct/live/1", "RoiX_um")], Stop))[0];
        Assert.Equal(state, read.Value!.State!.Value.ToString().ToUpperInvariant());
    }
}
