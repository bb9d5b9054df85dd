using System.Text.Json;
using XrdCt.Live.Gateway;

namespace XrdCt.Live.Tests.Gateway;

/// <summary>What is known of an action whose call failed: both sides say the same, and a move that nobody answered for is not said to have failed.</summary>
[Collection(TangoCollection.Name)]
public sealed class TangoOutcomeTests(TangoBeamline beamline)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Confirm_DeadlineIsOver_IsUnknownAndHappensAllTheSame()
    {
        await using ScriptedDevice scripted = await ScriptedDevice.StartAsync(beamline);
        await scripted.SetAsync("Delay_s", 3);
        using TangoGateway patient = scripted.Connect();
        using TangoGateway hasty = scripted.Connect(o => o with { Deadline = TimeSpan.FromSeconds(1) });
        var move = new StageMove(ScriptedDevice.Position, 5);
        TangoProposal proposal = await patient.ProposeAsync(move, "Ada", Stop);
        TangoException failed = await Assert.ThrowsAsync<TangoException>(() => hasty.ConfirmAsync(proposal, "Ada", Stop));
        Assert.Equal((TangoFailure.Unavailable, TangoOutcome.Unknown), (failed.Failure, failed.Outcome));
        Assert.EndsWith("did not answer within 1 s; it may have been done, or may be done yet", failed.Message);
        Assert.Equal(["proposed", "confirmed", "unknown"], Events(scripted.Moves));
        Assert.Equal(failed.Message, Last(scripted.Moves).GetProperty("reason").GetString());

        // The device writes for 3 s, and then its readings come.
        Assert.Equal(5, (await patient.ArriveAsync(move, 0, Eventually.Limit, Stop)).Value!.Number);
        await Eventually.TrueAsync(() => Events(scripted.Audit).Last() == "done", "the gateway's word");
    }

    [Fact]
    public async Task Confirm_DeviceDoesNotAnswer_IsUnknownToBothLogs()
    {
        await using ScriptedDevice scripted = await ScriptedDevice.StartAsync(beamline, deviceTimeout_s: 1);
        await scripted.SetAsync("Delay_s", 3);
        using TangoGateway gateway = scripted.Connect();
        TangoProposal proposal = await gateway.ProposeAsync(new StageMove(ScriptedDevice.Position, 5), "Ada", Stop);
        TangoException failed = await Assert.ThrowsAsync<TangoException>(() => gateway.ConfirmAsync(proposal, "Ada", Stop));
        Assert.Equal((TangoFailure.Device, TangoOutcome.Unknown), (failed.Failure, failed.Outcome));
        Assert.StartsWith("API_DeviceTimedOut: Timeout (1000 mS) exceeded", failed.Message);
        Assert.Equal(["proposed", "confirmed", "unknown"], Events(scripted.Moves));
        Assert.Equal(["proposed", "started", "unknown"], Events(scripted.Audit).TakeLast(3));
    }

    [Fact]
    public async Task Confirm_DeviceServerDiesMeanwhile_IsUnknownToBothLogs()
    {
        await using ScriptedDevice scripted = await ScriptedDevice.StartAsync(beamline);
        await scripted.SetAsync("Delay_s", 60);
        using TangoGateway gateway = scripted.Connect();
        TangoProposal proposal = await gateway.ProposeAsync(new StageMove(ScriptedDevice.Position, 5), "Ada", Stop);
        Task<TangoValue?> confirmed = gateway.ConfirmAsync(proposal, "Ada", Stop);
        await Eventually.TrueAsync(() => Events(scripted.Audit).Last() == "started", "the write");
        await scripted.Device.KillAsync();
        TangoException failed = await Assert.ThrowsAsync<TangoException>(() => confirmed);
        Assert.Equal((TangoFailure.Device, TangoOutcome.Unknown), (failed.Failure, failed.Outcome));
        Assert.Equal("unknown", Events(scripted.Moves).Last());
        Assert.Equal("unknown", Events(scripted.Audit).Last());
    }

    [Fact]
    public async Task Confirm_DeviceServerIsGone_IsFailedBeforeItStarts()
    {
        await using ScriptedDevice scripted = await ScriptedDevice.StartAsync(beamline);
        using TangoGateway gateway = scripted.Connect();
        TangoProposal proposal = await gateway.ProposeAsync(new StageMove(ScriptedDevice.Position, 5), "Ada", Stop);
        await scripted.Device.KillAsync();
        TangoException failed = await Assert.ThrowsAsync<TangoException>(() => gateway.ConfirmAsync(proposal, "Ada", Stop));
        Assert.Equal((TangoFailure.Device, TangoOutcome.NotDone), (failed.Failure, failed.Outcome));
        Assert.Equal(["proposed", "confirmed", "failed"], Events(scripted.Moves));
        Assert.Equal(["proposed", "failed"], Events(scripted.Audit));
        Assert.StartsWith("nothing was started: API_", Last(scripted.Audit).GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Confirm_GatewayDiesMeanwhile_IsUnknown()
    {
        await using ScriptedDevice scripted = await ScriptedDevice.StartAsync(beamline);
        await scripted.SetAsync("Delay_s", 60);
        using TangoGateway gateway = scripted.Connect();
        TangoProposal proposal = await gateway.ProposeAsync(new StageMove(ScriptedDevice.Position, 5), "Ada", Stop);
        Task<TangoValue?> confirmed = gateway.ConfirmAsync(proposal, "Ada", Stop);
        await Eventually.TrueAsync(() => Events(scripted.Audit).Last() == "started", "the write");
        await scripted.Gateway.KillAsync();
        TangoException failed = await Assert.ThrowsAsync<TangoException>(() => confirmed);
        Assert.Equal((TangoFailure.Unavailable, TangoOutcome.Unknown), (failed.Failure, failed.Outcome));
        Assert.Equal(["proposed", "confirmed", "unknown"], Events(scripted.Moves));
    }

    [Fact]
    public async Task Confirm_GatewayIsGone_IsFailed()
    {
        await using ScriptedDevice scripted = await ScriptedDevice.StartAsync(beamline);
        using TangoGateway before = scripted.Connect();
        TangoProposal proposal = await before.ProposeAsync(new StageMove(ScriptedDevice.Position, 5), "Ada", Stop);
        await scripted.Gateway.KillAsync();
        using TangoGateway gateway = scripted.Connect();
        TangoException failed = await Assert.ThrowsAsync<TangoException>(() => gateway.ConfirmAsync(proposal, "Ada", Stop));
        Assert.Equal((TangoFailure.Unavailable, TangoOutcome.NotDone), (failed.Failure, failed.Outcome));
        Assert.Equal(["proposed", "confirmed", "failed"], Events(scripted.Moves));
    }

    [Fact]
    public async Task Confirm_NotWaitedFor_IsUnknown()
    {
        await using ScriptedDevice scripted = await ScriptedDevice.StartAsync(beamline);
        await scripted.SetAsync("Delay_s", 3);
        using TangoGateway gateway = scripted.Connect();
        TangoProposal proposal = await gateway.ProposeAsync(new StageMove(ScriptedDevice.Position, 5), "Ada", Stop);
        using var giveUp = new CancellationTokenSource();
        Task<TangoValue?> confirmed = gateway.ConfirmAsync(proposal, "Ada", giveUp.Token);
        await Eventually.TrueAsync(() => Events(scripted.Audit).Last() == "started", "the write");
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => confirmed);
        Assert.Equal(["proposed", "confirmed", "unknown"], Events(scripted.Moves));
        Assert.Equal("it was not waited for", Last(scripted.Moves).GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Propose_DeadlineIsOver_IsFailedBecauseNothingMoves()
    {
        await using ScriptedDevice scripted = await ScriptedDevice.StartAsync(beamline);
        using TangoGateway hasty = scripted.Connect(o => o with { Deadline = TimeSpan.FromSeconds(1) });
        scripted.Gateway.Pause();
        TangoException failed = await Assert.ThrowsAsync<TangoException>(
            () => hasty.ProposeAsync(new StageMove(ScriptedDevice.Position, 5), "Ada", Stop));
        Assert.Equal((TangoFailure.Unavailable, TangoOutcome.NotDone), (failed.Failure, failed.Outcome));
        Assert.EndsWith("did not answer within 1 s", failed.Message);
        Assert.Equal(["failed"], Events(scripted.Moves));
        scripted.Gateway.Resume();
    }

    [Fact]
    public async Task Confirm_ResultCannotBeTold_IsDone()
    {
        await using ScriptedDevice scripted = await ScriptedDevice.StartAsync(beamline);
        using TangoGateway gateway = scripted.Connect();
        TangoProposal proposal = await gateway.ProposeAsync(new TangoCommand("scripted", "Tell"), "Ada", Stop);
        TangoException failed = await Assert.ThrowsAsync<TangoException>(() => gateway.ConfirmAsync(proposal, "Ada", Stop));
        Assert.Equal(TangoOutcome.Done, failed.Outcome);
        Assert.StartsWith("the command Tell was run, but its result cannot be told", failed.Message);
        Assert.Equal(["proposed", "confirmed", "done"], Events(scripted.Moves));
        Assert.Equal(["proposed", "started", "done"], Events(scripted.Audit));
    }

    private static IEnumerable<string?> Events(string[] lines) => lines.Select(l => JsonDocument.Parse(l).RootElement.GetProperty("event").GetString());

    private static JsonElement Last(string[] lines) => JsonDocument.Parse(lines[^1]).RootElement;
}
