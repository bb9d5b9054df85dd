using System.Text.Json;
using XrdCt.Live.Gateway;
using XrdCt.Live.Model.Stages;
using XrdCt.Live.Server.Steering;
using XrdCt.Live.Tests.Gateway;

namespace XrdCt.Live.Tests.Steering;

/// <summary>The sample stages as real Tango devices that count in µm.</summary>
[Collection(TangoCollection.Name)]
public sealed class TangoStagesTests(TangoBeamline beamline) : IDisposable
{
    private readonly Storage.TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Move_JudgedStep_BringsBothMotorsThereAndIsInTheLog()
    {
        using TangoGateway gateway = Connect(out TangoStages stages);
        double[] before_mm = [.. await stages.ReadAsync(Stop)];
        double[] to_mm = [before_mm[0] > 0 ? -0.04 : 0.04, -0.03];
        StageStep step = await stages.ProposeAsync(to_mm, "Ada", Stop);
        Assert.Equal(before_mm, await stages.ReadAsync(Stop));
        await stages.MoveAsync(step, "Grace", Nobody, Stop);
        Assert.Equal(to_mm, (await stages.ReadAsync(Stop)).Select(p => Math.Round(p, 6)));

        // A step is good once.
        SteeringException again = await Assert.ThrowsAsync<SteeringException>(() => stages.MoveAsync(step, "Grace", Nobody, Stop));
        Assert.StartsWith("its confirmation was used before", again.Message);

        JsonElement[] log = Log();
        JsonElement done = Assert.Single(log, l => Said(l, "event") == "done" && Said(l, "device") == "px" && Said(l, "attribute") == "Position");
        Assert.Equal(("Grace", before_mm[0] * 1000, to_mm[0] * 1000), (Said(done, "operator"), done.GetProperty("from").GetDouble(), done.GetProperty("to").GetDouble()));
        Assert.Equal(["Ada", "Ada"], log.Where(l => Said(l, "event") == "proposed").Select(l => Said(l, "operator")));
        stages.LogRefusal("127.0.0.1", "propose without a token");
        Assert.Equal(("refused", "127.0.0.1", "propose without a token"), (Said(Log()[^1], "event"), Said(Log()[^1], "operator"), Said(Log()[^1], "reason")));
    }

    [Fact]
    public async Task Propose_BeyondOurLimitsOrThoseOfTheGateway_IsRefusedAndLogged()
    {
        using TangoGateway gateway = Connect(out TangoStages stages);
        SteeringException ours = await Assert.ThrowsAsync<SteeringException>(() => stages.ProposeAsync([0.2, 0], "Ada", Stop));
        Assert.Equal("200 is outside the limits of px/Position, -150 to 150", ours.Message);
        SteeringException theirs = await Assert.ThrowsAsync<SteeringException>(() => stages.ProposeAsync([0.12, 0], "Ada", Stop));
        Assert.Contains("-100", theirs.Message, StringComparison.Ordinal);
        Assert.Equal([200, 120], Log().Where(l => Said(l, "event") == "refused").Select(l => l.GetProperty("to").GetDouble()));
    }

    [Fact]
    public async Task Move_Cancelled_StopsBothMotors()
    {
        using TangoGateway gateway = Connect(out TangoStages stages);

        // At 500 µm/s: 0.3 s.
        await stages.MoveAsync(await stages.ProposeAsync([-0.09, -0.09], "Ada", Stop), "Ada", Nobody, Stop);
        StageStep step = await stages.ProposeAsync([0.09, 0.09], "Ada", Stop);
        using var stop = new CancellationTokenSource();
        Task moved = stages.MoveAsync(step, "Ada", () => "Eve", stop.Token);
        await Eventually.TrueAsync(() => Log().Count(l => Said(l, "event") == "done" && l.TryGetProperty("to", out JsonElement to) && to.GetDouble() == 90) == 2, "both motors to be sent");
        await stop.CancelAsync();
        SteeringException stopped = await Assert.ThrowsAsync<SteeringException>(() => moved);
        Assert.Equal("stopped by Eve: the motors were stopped", stopped.Message);
        IReadOnlyList<double> there_mm = await stages.ReadAsync(Stop);
        Assert.True(there_mm.Any(p => p < 0.0899), $"they went on to {there_mm[0]}, {there_mm[1]} mm");
        Assert.Equal(there_mm, await stages.ReadAsync(Stop));
    }

    private static string Nobody() => "nobody";

    private static string? Said(JsonElement line, string key) => line.TryGetProperty(key, out JsonElement value) ? value.GetString() : null;

    private JsonElement[] Log() => [.. File.ReadAllLines(_folder.File("moves.jsonl")).Select(l => JsonElement.Parse(l))];

    private TangoGateway Connect(out TangoStages stages)
    {
        SampleStages motors = new(Motor("px", 0), Motor("py", 90));
        TangoGateway gateway = beamline.Connect(o => o with { Permissions = TangoStages.Permissions(motors), AuditFile = _folder.File("moves.jsonl") });
        stages = new TangoStages(gateway, motors, tolerance_um: 0.5, TimeProvider.System);
        return gateway;
    }

    private static StageMotor Motor(string name, double direction_deg) =>
        new(name) { Direction_deg = direction_deg, Lowest_mm = -0.15, Highest_mm = 0.15, Device = name, DeviceUnit_mm = 0.001, Speed_mm_s = 0.5 };
}
