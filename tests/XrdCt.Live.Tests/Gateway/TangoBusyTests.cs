using System.Text.Json;
using XrdCt.Live.Gateway;

namespace XrdCt.Live.Tests.Gateway;

/// <summary>A device that is on its way, broken, being started or locked is given no other target; its commands go on.</summary>
[Collection(TangoCollection.Name)]
public sealed class TangoBusyTests(TangoBeamline beamline)
{
    private static readonly TangoAttribute Rotation = TangoAttribute.Parse("rotation/Position");
    private static readonly TangoAttribute Velocity = TangoAttribute.Parse("rotation/Velocity");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ProposeAndConfirm_StageIsMoving_AreRefusedAndItCanBeStopped()
    {
        using TangoGateway gateway = beamline.Connect(o => o with { Permissions = [.. o.Permissions, new("rotation", "Velocity", false, 1, 360)] });
        double from = (await gateway.ReadAsync([Rotation], Stop))[0].Value!.Number;
        var move = new StageMove(Rotation, from < 200 ? from + 300 : from - 300);

        // A simulator sets the velocity of a stage that stands.
        await gateway.ConfirmAsync(await gateway.ProposeAsync(new StageMove(Velocity, 30), "Ada", Stop), "Ada", Stop);
        TangoProposal first = await gateway.ProposeAsync(move, "Ada", Stop);
        TangoProposal second = await gateway.ProposeAsync(new StageMove(Rotation, from + 1), "Ada", Stop);
        TangoProposal faster = await gateway.ProposeAsync(new StageMove(Velocity, 60), "Ada", Stop);
        await gateway.ConfirmAsync(first, "Ada", Stop);

        const string Moving = "rotation/Position cannot be written now: its device is MOVING";
        int logged = beamline.Audit.Length;
        await RefusedAsync(() => gateway.ConfirmAsync(second, "Ada", Stop), Moving);
        await RefusedAsync(() => gateway.ProposeAsync(new StageMove(Rotation, from), "Ada", Stop), Moving);
        await RefusedAsync(() => gateway.ConfirmAsync(faster, "Ada", Stop), "rotation/Velocity cannot be written now: its device is MOVING");
        Assert.Equal(
            [("refused", Moving), ("refused", Moving), ("refused", Moving.Replace("Position", "Velocity", StringComparison.Ordinal))],
            beamline.Audit[logged..].Select(l => JsonDocument.Parse(l).RootElement)
                .Select(e => (e.GetProperty("event").GetString(), e.GetProperty("reason").GetString())));

        await gateway.RunAsync(new TangoCommand("rotation", "Stop"), "Ada", Stop);
        double stopped = (await gateway.ReadAsync([Rotation], Stop))[0].Value!.Number;
        Assert.NotEqual(move.To, stopped);
        await gateway.ConfirmAsync(await gateway.ProposeAsync(new StageMove(Velocity, 60), "Ada", Stop), "Ada", Stop);
        var back = new StageMove(Rotation, Math.Round(stopped));
        await gateway.ConfirmAsync(await gateway.ProposeAsync(back, "Ada", Stop), "Ada", Stop);
        await gateway.ArriveAsync(back, 0.001, Eventually.Limit, Stop);
    }

    [Fact]
    public async Task ProposeAndConfirm_InEachState_AreRefusedWhereItStandsInTheWay()
    {
        await using ScriptedDevice scripted = await ScriptedDevice.StartAsync(beamline);
        using TangoGateway gateway = scripted.Connect();
        foreach (TangoState state in Enum.GetValues<TangoState>().Where(s => s != TangoState.Untold))
        {
            double from = (await gateway.ReadAsync([ScriptedDevice.Position], Stop))[0].Value!.Number;
            var move = new StageMove(ScriptedDevice.Position, from + 1);
            TangoProposal before = await gateway.ProposeAsync(move, "Ada", Stop);
            await scripted.BecomeAsync(state);
            Assert.Equal(state, (await gateway.ReadAsync([new("scripted", "State")], Stop))[0].Value!.State);
            if (state is TangoState.Moving or TangoState.Fault or TangoState.Init or TangoState.Disable)
            {
                string reason = $"scripted/Position cannot be written now: its device is {state.ToString().ToUpperInvariant()}";
                await RefusedAsync(() => gateway.ConfirmAsync(before, "Ada", Stop), reason);
                await RefusedAsync(() => gateway.ProposeAsync(move, "Ada", Stop), reason);
                Assert.Equal(from, (await gateway.ReadAsync([ScriptedDevice.Position], Stop))[0].Value!.Number);
            }
            else
            {
                await gateway.ConfirmAsync(before, "Ada", Stop);
                Assert.Equal(move.To, (await gateway.ArriveAsync(move, 0, Eventually.Limit, Stop)).Value!.Number);
            }

            // Without a confirmation, in every state; it stands ON again.
            await gateway.RunAsync(new TangoCommand("scripted", "Stop"), "Ada", Stop);
        }
    }

    [Fact]
    public async Task Arrive_InFault_SaysWhereItIs()
    {
        await using ScriptedDevice scripted = await ScriptedDevice.StartAsync(beamline);
        using TangoGateway gateway = scripted.Connect();
        await scripted.SetAsync("Position", 2);
        await scripted.BecomeAsync(TangoState.Moving);
        Task<TangoReading> arrival = gateway.ArriveAsync(new StageMove(ScriptedDevice.Position, 9), 0.5, Eventually.Limit, Stop);
        await scripted.BecomeAsync(TangoState.Fault);
        TangoException failed = await Assert.ThrowsAsync<TangoException>(() => arrival);
        Assert.Equal((TangoFailure.Device, "scripted/Position is in FAULT at 2, on its way to 9"), (failed.Failure, failed.Message));
    }

    [Fact]
    public async Task Propose_TangoTestInFault_IsRefusedUntilItRuns()
    {
        using TangoGateway gateway = beamline.Connect(o => o with
        {
            Permissions = [new("sys/tg_test/1", "boolean_scalar", false, 0, 1), new("sys/tg_test/1", "SwitchStates", true, null, null)],
        });
        var write = new StageMove(new("sys/tg_test/1", "boolean_scalar"), 1);
        await gateway.ProposeAsync(write, "Ada", Stop);
        await SwitchAsync();
        await RefusedAsync(() => gateway.ProposeAsync(write, "Ada", Stop), "sys/tg_test/1/boolean_scalar cannot be written now: its device is FAULT");
        await SwitchAsync();
        await gateway.ConfirmAsync(await gateway.ProposeAsync(write, "Ada", Stop), "Ada", Stop);

        async Task SwitchAsync() => await gateway.ConfirmAsync(
            await gateway.ProposeAsync(new TangoCommand("sys/tg_test/1", "SwitchStates"), "Ada", Stop), "Ada", Stop);
    }

    /// <summary>Every device of today's libraries has a State: those of an old one, and one whose State fails, are the test's.</summary>
    [Fact]
    public async Task Propose_StateCannotBeRead_IsRefusedUnlessThereIsNone()
    {
        beamline.Require();
        const string Program = """
            import sys
            sys.path[:0] = sys.argv[1:]
            import tango
            from tango_gateway import actions

            class Told:
                has_failed = True
                def __init__(self, reason):
                    self.reason = reason
                def get_err_stack(self):
                    error = tango.DevError()
                    error.reason, error.desc = self.reason, "as told"
                    return (error,)

            for reason in ("API_AttrNotFound", "HardwareGone"):
                try:
                    actions._check_ready("old/Position", Told(reason))
                    print("ready")
                except actions.Refused as refused:
                    print(refused)
            """;
        string wire = Environment.GetEnvironmentVariable("XRDCT_GATEWAY_WIRE") ?? Path.Combine(Repository.Root, ".artifacts", "tango-gateway");
        (int exitCode, string output) = await Server.RunAsync(
            TangoBeamline.Python, "/", "-c", Program, Path.Combine(Repository.Root, "tools", "tango-gateway"), wire);
        Assert.True(exitCode == 0, output);
        Assert.Equal("ready\nold/Position cannot be written: its device does not tell its state (HardwareGone: as told)", output.Trim());
    }

    private static async Task RefusedAsync(Func<Task> call, string reason)
    {
        TangoException refused = await Assert.ThrowsAsync<TangoException>(call);
        Assert.Equal((TangoFailure.Refused, reason), (refused.Failure, refused.Message));
    }
}
