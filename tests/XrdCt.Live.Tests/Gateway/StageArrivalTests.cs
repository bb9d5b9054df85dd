using XrdCt.Live.Gateway;

namespace XrdCt.Live.Tests.Gateway;

/// <summary>The end of a move, with the simulated stages.</summary>
[Collection(TangoCollection.Name)]
public sealed class StageArrivalTests(TangoBeamline beamline)
{
    private static readonly TangoAttribute Rotation = TangoAttribute.Parse("rotation/Position");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Arrive_AtTheEndOfAMove_TellsWhereItStands()
    {
        using TangoGateway gateway = beamline.Connect();
        StageMove move = await ConfirmAsync(gateway, 30);
        TangoReading arrived = await gateway.ArriveAsync(move, 0.001, Eventually.Limit, Stop);
        Assert.Equal((Rotation, move.To, TangoQuality.Valid), (arrived.Attribute, arrived.Value!.Number, arrived.Quality));
        IReadOnlyList<TangoReading> now = await gateway.ReadAsync([Rotation, new("rotation", "State")], Stop);
        Assert.Equal((move.To, TangoState.On), (now[0].Value!.Number, now[1].Value!.State));
    }

    [Fact]
    public async Task Arrive_StoppedHalfway_SaysWhereItStands()
    {
        using TangoGateway gateway = beamline.Connect();
        StageMove move = await ConfirmAsync(gateway, 180);
        Task<TangoReading> arrival = gateway.ArriveAsync(move, 0.5, Eventually.Limit, Stop);
        await gateway.RunAsync(new TangoCommand("rotation", "Stop"), "Ada", Stop);
        TangoException failed = await Assert.ThrowsAsync<TangoException>(() => arrival);
        double at = (await gateway.ReadAsync([Rotation], Stop))[0].Value!.Number;
        Assert.True(Math.Abs(at - move.To) > 1, $"it was stopped at {at}, which is no place between");
        Assert.Equal((TangoFailure.Device, $"rotation/Position stands at {at:G9} and not at {move.To:G9}; its state is ON"), (failed.Failure, failed.Message));
    }

    [Fact]
    public async Task Arrive_LimitIsOver_SaysWhereItIs()
    {
        using TangoGateway gateway = beamline.Connect();
        StageMove move = await ConfirmAsync(gateway, 180);
        TangoException failed = await Assert.ThrowsAsync<TangoException>(() => gateway.ArriveAsync(move, 0.5, TimeSpan.FromSeconds(1), Stop));
        Assert.Equal(TangoFailure.Device, failed.Failure);
        Assert.Matches($"^rotation/Position was not at {move.To:G9} within 1 s: it is at -?[0-9.E-]+, MOVING$", failed.Message);
        await gateway.RunAsync(new TangoCommand("rotation", "Stop"), "Ada", Stop);
    }

    [Fact]
    public async Task Arrive_NotWaitedFor_IsCancelled()
    {
        using TangoGateway gateway = beamline.Connect();
        StageMove move = await ConfirmAsync(gateway, 180);
        using var giveUp = new CancellationTokenSource();
        Task<TangoReading> arrival = gateway.ArriveAsync(move, 0.5, Eventually.Limit, giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => arrival);
        await gateway.RunAsync(new TangoCommand("rotation", "Stop"), "Ada", Stop);
    }

    [Fact]
    public async Task Arrive_GatewayKilledAndStartedAgainOnTheWay_Arrives()
    {
        beamline.Require();
        using var folder = new TemporaryFolder("xrdct-gateway-");
        string configuration = beamline.Configuration(null);
        (Server server, Uri address) = await TangoBeamline.StartGatewayAsync(folder.Path, configuration);
        await using Server first = server;
        using TangoGateway gateway = beamline.Connect(o => o with { Address = address, Deadline = TimeSpan.FromSeconds(1) });
        StageMove move = await ConfirmAsync(gateway, 30);
        await server.KillAsync();
        Task<TangoReading> arrival = gateway.ArriveAsync(move, 0.001, Eventually.Limit, Stop);
        (Server again, Uri _) = await TangoBeamline.StartGatewayAsync(
            folder.Path, configuration.Replace("listen: 127.0.0.1:0", $"listen: 127.0.0.1:{address.Port}", StringComparison.Ordinal));
        await using Server second = again;
        Assert.Equal(move.To, (await arrival).Value!.Number);
    }

    [Fact]
    public async Task Arrive_WithoutAGateway_SaysSoAtTheLimit()
    {
        using var gateway = new TangoGateway(new TangoGatewayOptions
        {
            Address = new Uri($"http://127.0.0.1:{TangoBeamline.FreePort()}"),
            Token = TangoBeamline.Token('a'),
            FirstPause = TimeSpan.FromMilliseconds(10),
            LongestPause = TimeSpan.FromMilliseconds(20),
        });
        TangoException failed = await Assert.ThrowsAsync<TangoException>(
            () => gateway.ArriveAsync(new StageMove(Rotation, 5), 0.5, TimeSpan.FromSeconds(2), Stop));
        Assert.Equal(TangoFailure.Unavailable, failed.Failure);
        Assert.StartsWith("rotation/Position was not at 5 within 2 s: the Tango gateway at http://127.0.0.1:", failed.Message);
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(-0.1, 1)]
    [InlineData(0.1, 0)]
    [InlineData(0.1, 86401)]
    public void Arrive_ToleranceOrLimitOutOfRange_IsRefused(double tolerance, double limit_s)
    {
        using var gateway = new TangoGateway(new TangoGatewayOptions { Address = new Uri("http://127.0.0.1:1"), Token = TangoBeamline.Token('a') });
        Assert.Throws<ArgumentException>(() => { _ = gateway.ArriveAsync(new StageMove(Rotation, 5), tolerance, TimeSpan.FromSeconds(limit_s), Stop); });
    }

    /// <summary>Begins a move of so many degrees, within the limits of both sides, from where a stage stands.</summary>
    private static async Task<StageMove> ConfirmAsync(TangoGateway gateway, double by_deg)
    {
        double from = (await gateway.ReadAsync([Rotation], Stop))[0].Value!.Number;
        var move = new StageMove(Rotation, from < 200 ? from + by_deg : from - by_deg);
        await gateway.ConfirmAsync(await gateway.ProposeAsync(move, "Ada", Stop), "Ada", Stop);
        return move;
    }
}
