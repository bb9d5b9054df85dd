using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using XrdCt.Live.Gateway;

namespace XrdCt.Live.Tests.Gateway;

/// <summary>Reading, writing and commanding real Tango devices through the real gateway.</summary>
[Collection(TangoCollection.Name)]
public sealed class TangoGatewayTests(TangoBeamline beamline)
{
    private static readonly TangoAttribute Rotation = TangoAttribute.Parse("rotation/Position");
    private static readonly TangoAttribute Px = TangoAttribute.Parse("px/Position");

    // Every kind of value, in spectra and an image of the one size that TangoTest takes, written and read by PyTango.
    private const string WriteAndRead = """
        import json, sys, numpy, tango
        device = tango.DeviceProxy(f"tango://{sys.argv[1]}/sys/tg_test/1")
        written = {
            "double_spectrum": [1.5, -2.25, 1e-300], "float_spectrum": [0.1, 16777216.0], "long_spectrum": [-2147483648, 2147483647],
            "short_spectrum": [-32768, 32767], "uchar_spectrum": [0, 255], "ushort_spectrum": [0, 65535], "boolean_spectrum": [True, False, True],
            "string_spectrum": ["", "two words", "\xb5m"],
            "double_image": numpy.arange(251.0 * 251.0).reshape(251, 251),
        }
        for name, value in written.items():
            device.write_attribute(name, numpy.array(value) if not name.startswith("string") else value)
        for name in ["string_scalar", "boolean_scalar", "State", "ulong_scalar", *written]:
            read = device.read_attribute(name)
            value = read.value.tolist() if hasattr(read.value, "tolist") else read.value
            flat = numpy.ravel(numpy.array(value, dtype=object)).tolist() if isinstance(value, (list, tuple)) else [value]
            print(name, read.dim_x, read.dim_y, "|".join(repr(float(v)) if isinstance(v, float) else str(v) for v in flat), sep="\t")
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Describe_TellsWhatItIsAndWhatMayBeDone()
    {
        using TangoGateway gateway = beamline.Connect();
        GatewayInfo info = await gateway.DescribeAsync(Stop);
        Assert.Equal("xrdct", info.Client);
        Assert.Equal("xrdct/live/1", info.LiveDevice);
        Assert.Equal(beamline.TangoHost, info.TangoHost);
        Assert.Equal(TimeSpan.FromSeconds(20), info.Confirmation);
        TangoPermission rotation = info.Permissions.Single(p => p is { Device: "rotation", Member: "Position" });
        Assert.Equal((false, -10.0, 900.0, true), (rotation.IsCommand, rotation.Lower, rotation.Upper, rotation.IsConfirmed));
        Assert.False(info.Permissions.Single(p => p is { Device: "rotation", Member: "Stop" }).IsConfirmed);
    }

    [Fact]
    public async Task ListDevices_NamesThoseOfTheConfigurationAndOfTheDatabase()
    {
        using TangoGateway gateway = beamline.Connect();
        IReadOnlyList<string> all = await gateway.ListDevicesAsync(null, Stop);
        Assert.Contains("rotation", all);
        Assert.Contains("sys/tg_test/1", all);
        Assert.Contains("xrdct/live/1", all);
        Assert.DoesNotContain("sys/tg_test/1", await gateway.ListDevicesAsync("xrdct/*", Stop));
    }

    [Fact]
    public async Task DescribeDevice_TellsClassLimitsAndCommands()
    {
        using TangoGateway gateway = beamline.Connect();
        TangoDevice device = await gateway.DescribeDeviceAsync("rotation", Stop);
        Assert.Equal(("Rotation", "sim/rotation/1", "beamline/sim"), (device.DeviceClass, device.TangoName, device.Server));
        TangoAttributeInfo position = device.Attributes.Single(a => a.Name == "Position");
        Assert.Equal(("deg", "DevDouble", "SCALAR", true, -180.0, 540.0), (position.Unit, position.DataType, position.DataFormat, position.IsWritable, position.Lower, position.Upper));
        Assert.Contains("Stop", device.Commands);
    }

    [Fact]
    public async Task Read_EveryKindOfValue_IsWhatPyTangoReads()
    {
        using TangoGateway gateway = beamline.Connect();
        string[][] expected;
        IReadOnlyList<TangoReading> readings;
        int attempts = 0;
        do
        {
            (int exitCode, string output) = await Server.RunAsync(TangoBeamline.Python, "/", "-c", WriteAndRead, beamline.TangoHost);
            Assert.True(exitCode == 0, output);
            expected = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))];
            Assert.Equal(13, expected.Length);
            readings = await gateway.ReadAsync([.. expected.Select(e => new TangoAttribute("sys/tg_test/1", e[0]))], Stop);
        }

        // TangoTest gives its scalars another value every few seconds, and may have done so in between.
        while (++attempts < 5 && expected.Zip(readings).Take(4).Any(r => r.First[3] != string.Join('|', r.Second.Value!.Items.Select(PythonText))));
        foreach ((string[] wanted, TangoReading reading) in expected.Zip(readings))
        {
            Assert.Null(reading.Error);
            Assert.Equal(wanted[3], string.Join('|', reading.Value!.Items.Select(PythonText)));
            bool isScalar = (wanted[1], wanted[2]) is ("1", "0") && reading.Value.Items.Count == 1 && !wanted[0].Contains("spectrum", StringComparison.Ordinal);
            Assert.Equal(isScalar ? (0, 0) : (int.Parse(wanted[1]), int.Parse(wanted[2])), (reading.Value.Columns, reading.Value.Rows));
        }

        // TangoTest's State is stamped when it is read.
        Assert.InRange((DateTimeOffset.UtcNow - readings[2].At!.Value).TotalSeconds, -1, 10);
    }

    [Fact]
    public async Task Read_WhatFails_StandsInItsReading()
    {
        using TangoGateway gateway = beamline.Connect();
        TangoAttribute[] attributes =
        [
            Rotation, new("rotation", "nothing"), new("nobody", "Position"), new("sys/tg_test/1", "throw_exception"),
            new("sys/tg_test/1", "string_image_ro"), new("no/such/device", "State"), new("second-monitor", "Counts"),
        ];
        IReadOnlyList<TangoReading> readings = await gateway.ReadAsync(attributes, Stop);
        Assert.Null(readings[0].Error);
        Assert.Contains("API_AttrNotFound", readings[1].Error);
        Assert.Contains("GATEWAY_UnknownDevice: the gateway knows no device 'nobody'", readings[2].Error);
        Assert.Contains("exception", readings[3].Error);
        Assert.Contains("GATEWAY_UnsupportedValue", readings[4].Error);
        Assert.Contains("DB_DeviceNotDefined", readings[5].Error);
        Assert.Contains("API_", readings[6].Error);
        Assert.All(readings.Skip(1), r => Assert.Null(r.Value));
    }

    [Fact]
    public async Task Confirm_MovesOnceAndIsLogged()
    {
        using TangoGateway gateway = beamline.Connect(o => o with { AuditFile = Path.Combine(beamline.Folder, "ours.jsonl") });
        double from = (await gateway.ReadAsync([Px], Stop))[0].Value!.Number;
        double to = from == 40 ? 30 : 40;
        TangoProposal proposal = await gateway.ProposeAsync(new StageMove(Px, to), "Ada", Stop);
        Assert.Equal((from, "um", -100.0, 100.0), (proposal.From, proposal.Unit, proposal.Lower, proposal.Upper));
        Assert.InRange((proposal.ExpiresAt - DateTimeOffset.UtcNow).TotalSeconds, 1, 21);
        Assert.Equal(from, (await gateway.ReadAsync([Px], Stop))[0].Value!.Number);

        await gateway.ConfirmAsync(proposal, "Ben", Stop);
        await ReachesAsync(gateway, Px, to);
        TangoException again = await Assert.ThrowsAsync<TangoException>(() => gateway.ConfirmAsync(proposal, "Ben", Stop));
        Assert.Equal(TangoFailure.Refused, again.Failure);
        Assert.Contains("was used before", again.Message);

        JsonElement[] log = Log(beamline.Audit).Where(e => Text(e, "device") == "px" && e.TryGetProperty("to", out JsonElement t) && t.GetDouble() == to).TakeLast(4).ToArray();
        Assert.Equal(["proposed", "started", "done", "refused"], log.Select(e => Text(e, "event")));
        Assert.Equal(("xrdct", "Ben", "Ada", from), (Text(log[2], "client"), Text(log[2], "operator"), Text(log[2], "proposed_by"), log[2].GetProperty("from").GetDouble()));
        Assert.StartsWith("ipv4:127.0.0.1:", Text(log[2], "peer"));
        Assert.InRange((DateTimeOffset.UtcNow - log[2].GetProperty("time").GetDateTimeOffset()).TotalMinutes, 0, 2);
        Assert.Equal(
            ["proposed", "confirmed", "done", "confirmed", "refused"], Log(File.ReadAllLines(Path.Combine(beamline.Folder, "ours.jsonl"))).Select(e => Text(e, "event")));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(beamline.Folder, "audit.jsonl")));
        }
    }

    [Fact]
    public async Task Confirm_AfterTheStageWasMovedByOthers_IsRefused()
    {
        using TangoGateway gateway = beamline.Connect();
        double from = (await gateway.ReadAsync([Px], Stop))[0].Value!.Number;
        TangoProposal first = await gateway.ProposeAsync(new StageMove(Px, from - 7), "Ada", Stop);
        TangoProposal second = await gateway.ProposeAsync(new StageMove(Px, from - 3), "Ben", Stop);
        await gateway.ConfirmAsync(second, "Ben", Stop);
        await ReachesAsync(gateway, Px, from - 3);
        TangoException refused = await Assert.ThrowsAsync<TangoException>(() => gateway.ConfirmAsync(first, "Ada", Stop));
        Assert.Equal(TangoFailure.Refused, refused.Failure);
        Assert.Contains("when it was proposed", refused.Message);
        Assert.Equal(from - 3, (await gateway.ReadAsync([Px], Stop))[0].Value!.Number, 3);
    }

    [Theory]
    [InlineData("translation/Position", 1, "the attribute translation/Position is not among the permissions of the configuration")]
    [InlineData("rotation/Velocity", 1, "the attribute rotation/Velocity is not among the permissions of the configuration")]
    [InlineData("rotation/Position", 801, "801 is outside the limits of rotation/Position, -20 to 800")]
    [InlineData("ROTATION/position", -15, "-15 is outside the limits of ROTATION/position, -10 to 900")]
    [InlineData("px/Position", 150, "150 is outside the limits of px/Position, -100 to 100")]
    [InlineData("rotation/Position", 541, "541 is outside the device's limits of rotation/Position, -180.0 to 540.0")]
    [InlineData("monitor/Counts", 1, "the attribute monitor/Counts is not among the permissions of the gateway")]
    [InlineData("sys/tg_test/1/ampli", 1, "sys/tg_test/1/ampli is no single value that can be read and written")]
    public async Task Propose_BeyondOurOrTheGatewaysOrTheDevicesLimits_IsRefusedAndLogged(string attribute, double to, string reason)
    {
        using var folder = new TemporaryFolder("xrdct-moves-");
        using TangoGateway gateway = beamline.Connect(o => o with { AuditFile = folder["moves.jsonl"] });
        TangoException refused = await Assert.ThrowsAsync<TangoException>(
            () => gateway.ProposeAsync(new StageMove(TangoAttribute.Parse(attribute), to), "Ada", Stop));
        Assert.Equal((TangoFailure.Refused, reason), (refused.Failure, refused.Message));
        JsonElement logged = Log(File.ReadAllLines(folder["moves.jsonl"])).Single();
        Assert.Equal(("refused", reason, "Ada", to), (Text(logged, "event"), Text(logged, "reason"), Text(logged, "operator"), logged.GetProperty("to").GetDouble()));
        bool isOurs = reason.EndsWith("configuration", StringComparison.Ordinal) || reason.EndsWith("-20 to 800", StringComparison.Ordinal);
        Assert.Equal(!isOurs, Log(beamline.Audit).Any(e => Text(e, "event") == "refused" && Text(e, "reason") == reason));
    }

    [Fact]
    public async Task Execute_WithoutTheRightConfirmation_IsRefusedAndLogged()
    {
        using TangoGateway gateway = beamline.Connect();
        var move = new Live.Gateway.Wire.Action { Device = "rotation", Attribute = "Position", Value = WireValues.Number(77) };
        Metadata ours = new() { { "authorization", $"Bearer {TangoBeamline.Token('a')}" } };
        Metadata others = new() { { "authorization", $"Bearer {TangoBeamline.Token('b')}" } };

        async Task<string> ExecuteAsync(Action<Live.Gateway.Wire.ExecuteRequest> change, Metadata? by = null)
        {
            Live.Gateway.Wire.Proposal proposal = await gateway.Client.ProposeAsync(new() { Action = move, Operator = "Ada" }, ours, cancellationToken: Stop);
            var request = new Live.Gateway.Wire.ExecuteRequest { Action = move.Clone(), From = proposal.From, Token = proposal.Token, Operator = "Ada" };
            change(request);
            int before = beamline.Audit.Length;
            RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Client.ExecuteAsync(request, by ?? ours, cancellationToken: Stop));
            Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
            JsonElement logged = Log(beamline.Audit[before..]).Single();
            Assert.Equal(("refused", refused.Status.Detail), (Text(logged, "event"), Text(logged, "reason")));
            Assert.DoesNotContain(beamline.Audit, line => line.Contains(proposal.Token, StringComparison.Ordinal));
            return refused.Status.Detail;
        }

        double from = (await gateway.ReadAsync([Rotation], Stop))[0].Value!.Number;
        Assert.Equal("it needs a confirmation: propose it first", await ExecuteAsync(r => r.Token = ""));
        Assert.StartsWith("its confirmation is none that the gateway gave", await ExecuteAsync(r => r.Token = "invented"));
        Assert.StartsWith("its confirmation is of another action", await ExecuteAsync(r => r.Action.Value.Numbers.Items[0] = 78));
        Assert.StartsWith("its confirmation is of a move from another position", await ExecuteAsync(r => r.From = WireValues.Number(from + 1e-9)));
        Assert.StartsWith("its confirmation was given to another client, xrdct", await ExecuteAsync(_ => { }, others));
        Assert.StartsWith("it names no operator", await ExecuteAsync(r => r.Operator = " "));
        Assert.StartsWith("it names no operator", await ExecuteAsync(r => r.Operator = "Ada\n{\"event\":\"done\"}"));
        Assert.Equal("what rotation/Position is to be set to is no single finite number", await ExecuteAsync(r => r.Action.Value = WireValues.Number(double.NaN)));
        Assert.Equal("rotation/Position needs a number between -10 and 900", await ExecuteAsync(r => r.Action.Value = null));
        Assert.Equal(from, (await gateway.ReadAsync([Rotation], Stop))[0].Value!.Number);
    }

    [Fact]
    public async Task Confirm_Expired_IsRefused()
    {
        beamline.Require();
        using var folder = new TemporaryFolder("xrdct-gateway-");
        string configuration = beamline.Configuration(null).Replace("confirmation_s: 20", "confirmation_s: 1", StringComparison.Ordinal);
        (Server server, Uri address) = await TangoBeamline.StartGatewayAsync(folder.Path, configuration);
        await using Server _ = server;
        using TangoGateway gateway = beamline.Connect(o => o with { Address = address });
        TangoProposal proposal = await gateway.ProposeAsync(new StageMove(Rotation, 10), "Ada", Stop);
        await Eventually.TrueAsync(() => DateTimeOffset.UtcNow > proposal.ExpiresAt, "the end of the proposal");
        TangoException refused = await Assert.ThrowsAsync<TangoException>(() => gateway.ConfirmAsync(proposal, "Ada", Stop));
        Assert.Equal("its confirmation has expired: propose it again", refused.Message);
    }

    [Fact]
    public async Task Command_RunsWithAndWithoutConfirmation()
    {
        using TangoGateway gateway = beamline.Connect();
        TangoProposal echo = await gateway.ProposeAsync(new TangoCommand("sys/tg_test/1", "DevDouble", 3.25), "Ada", Stop);
        Assert.Null(echo.From);
        Assert.Equal(3.25, (await gateway.ConfirmAsync(echo, "Ada", Stop))!.Number);

        Assert.Null(await gateway.RunAsync(new TangoCommand("rotation", "Stop"), "Ada", Stop));
        TangoException refused = await Assert.ThrowsAsync<TangoException>(
            () => gateway.RunAsync(new TangoCommand("shutter", "Close"), "Ada", Stop));
        Assert.Equal((TangoFailure.Refused, "it needs a confirmation: propose it first"), (refused.Failure, refused.Message));
        refused = await Assert.ThrowsAsync<TangoException>(
            () => gateway.ProposeAsync(new TangoCommand("sys/tg_test/1", "DevDouble", 11), "Ada", Stop));
        Assert.Equal("11 is outside the limits of sys/tg_test/1/DevDouble, 0 to 10", refused.Message);
    }

    [Fact]
    public async Task Command_ClosesTheShutterAndTheMonitorGoesDark()
    {
        using TangoGateway gateway = beamline.Connect();
        TangoAttribute[] attributes = [new("shutter", "State"), new("monitor", "Counts")];
        await RunAsync("Close");
        IReadOnlyList<TangoReading> closed = await gateway.ReadAsync(attributes, Stop);
        await RunAsync("Open");
        IReadOnlyList<TangoReading> open = await gateway.ReadAsync(attributes, Stop);
        Assert.Equal((TangoState.Close, TangoState.Open), (closed[0].Value!.State, open[0].Value!.State));
        Assert.InRange(closed[1].Value!.Number, 10, 14);
        Assert.InRange(open[1].Value!.Number, 5e5, 2e6);

        async Task RunAsync(string command) => await gateway.ConfirmAsync(
            await gateway.ProposeAsync(new TangoCommand("shutter", command), "Ada", Stop), "Ada", Stop);
    }

    [Fact]
    public async Task AnyCall_WithAnotherTokenOrNone_IsRefusedAndLogged()
    {
        using TangoGateway stranger = beamline.Connect(o => o with { Token = TangoBeamline.Token('c') });
        int before = beamline.Audit.Length;
        TangoException refused = await Assert.ThrowsAsync<TangoException>(() => stranger.DescribeAsync(Stop));
        Assert.Equal(TangoFailure.Unauthenticated, refused.Failure);
        Assert.Contains(Log(beamline.Audit[before..]), e => Text(e, "event") == "unauthenticated" && Text(e, "peer").StartsWith("ipv4:127.0.0.1:", StringComparison.Ordinal));

        Metadata[] wrong =
        [
            [], new() { { "authorization", TangoBeamline.Token('a') } }, new() { { "authorization", $"Bearer {TangoBeamline.Token('a')[..^1]}" } },
            new() { { "authorization", "Bearer " } },
            new() { { "authorization", $"Bearer {TangoBeamline.Token('a')}" }, { "authorization", $"Bearer {TangoBeamline.Token('c')}" } },
        ];
        foreach (Metadata metadata in wrong)
        {
            RpcException unary = await Assert.ThrowsAsync<RpcException>(async () => await stranger.Client.ListDevicesAsync(new(), metadata, cancellationToken: Stop));
            Assert.Equal(StatusCode.Unauthenticated, unary.StatusCode);
            using AsyncServerStreamingCall<Live.Gateway.Wire.SubscriptionMessage> stream = stranger.Client.Subscribe(
                new() { Attributes = { WireValues.Name(Rotation) } }, metadata, cancellationToken: Stop);
            RpcException streamed = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Stop));
            Assert.Equal(StatusCode.Unauthenticated, streamed.StatusCode);
        }
    }

    [Fact]
    public async Task AnyCall_WithTooMuchOrAnAddress_IsRefusedAndTheGatewayLives()
    {
        using TangoGateway gateway = beamline.Connect();
        Metadata ours = new() { { "authorization", $"Bearer {TangoBeamline.Token('a')}" } };
        var many = new Live.Gateway.Wire.ReadRequest();
        many.Attributes.AddRange(Enumerable.Range(0, 65).Select(i => WireValues.Name(new("rotation", $"a{i}"))));
        (Live.Gateway.Wire.ReadRequest Request, StatusCode Status)[] hostile =
        [
            (many, StatusCode.InvalidArgument),
            (new(), StatusCode.InvalidArgument),
            (new() { Attributes = { new Live.Gateway.Wire.AttributeName { Device = "rotation", Attribute = "a/b" } } }, StatusCode.InvalidArgument),
        ];
        foreach ((Live.Gateway.Wire.ReadRequest request, StatusCode status) in hostile)
        {
            Assert.Equal(status, (await Assert.ThrowsAsync<RpcException>(async () => await gateway.Client.ReadAsync(request, ours, cancellationToken: Stop))).StatusCode);
        }

        using GrpcChannel wide = GrpcChannel.ForAddress(beamline.Address, new GrpcChannelOptions { MaxSendMessageSize = 16 << 20 });
        var flood = new Live.Gateway.Wire.TangoGateway.TangoGatewayClient(wide);
        RpcException large = await Assert.ThrowsAsync<RpcException>(
            async () => await flood.DescribeDeviceAsync(new() { Device = new string('x', 2 << 20) }, ours, cancellationToken: Stop));
        Assert.Equal(StatusCode.ResourceExhausted, large.StatusCode);

        string address = $"tango://127.0.0.1:{beamline.BeamlinePort}/sim/rotation/1#dbase=no";
        RpcException unknown = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Client.DescribeDeviceAsync(new() { Device = address }, ours, cancellationToken: Stop));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
        Assert.Equal("rotation", (await gateway.DescribeDeviceAsync("rotation", Stop)).Name);
    }

    [Fact]
    public async Task Confirm_WhenTheLogCannotBeWritten_DoesNotMove()
    {
        beamline.Require();
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full here");
        using var folder = new TemporaryFolder("xrdct-gateway-");
        string configuration = beamline.Configuration(null).Replace("audit_file: audit.jsonl", "audit_file: /dev/full", StringComparison.Ordinal);
        (Server server, Uri address) = await TangoBeamline.StartGatewayAsync(folder.Path, configuration);
        await using Server _ = server;
        using TangoGateway gateway = beamline.Connect(o => o with { Address = address });
        double from = (await gateway.ReadAsync([Rotation], Stop))[0].Value!.Number;
        TangoException failed = await Assert.ThrowsAsync<TangoException>(
            () => gateway.ProposeAsync(new StageMove(Rotation, from + 5), "Ada", Stop));
        Assert.Contains("the audit log cannot be written", failed.Message);
        Assert.Equal(from, (await gateway.ReadAsync([Rotation], Stop))[0].Value!.Number);
    }

    private static async Task ReachesAsync(TangoGateway gateway, TangoAttribute attribute, double position)
    {
        double at = double.NaN;
        TangoAttribute[] both = [attribute, new(attribute.Device, "State")];
        for (TangoState? state = TangoState.Moving; state == TangoState.Moving || at != position;)
        {
            IReadOnlyList<TangoReading> readings = await gateway.ReadAsync(both, Stop);
            (at, state) = (readings[0].Value!.Number, readings[1].Value!.State);
            Assert.True(state != TangoState.Fault && (state == TangoState.Moving || at == position), $"{attribute} stands at {at}");
        }
    }

    private static string PythonText(object item) => item switch
    {
        double number => PythonFloat(number),
        TangoState state => state.ToString().ToUpperInvariant(),
        bool truth => truth ? "True" : "False",
        _ => item.ToString()!,
    };

    private static string PythonFloat(double number)
    {
        string text = number.ToString("R").Replace("E", "e", StringComparison.Ordinal);
        return text.Contains('.', StringComparison.Ordinal) || text.Contains('e', StringComparison.Ordinal) ? text : text + ".0";
    }

    private static IEnumerable<JsonElement> Log(IEnumerable<string> lines) => lines.Select(line => JsonDocument.Parse(line).RootElement);

    private static string Text(JsonElement entry, string key) => entry.TryGetProperty(key, out JsonElement value) ? value.GetString()! : "";
}
