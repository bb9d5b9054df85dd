using XrdCt.Live.Gateway;

namespace XrdCt.Live.Tests.Gateway;

/// <summary>
/// A real Tango device that does what a test tells it (stands in any state, answers late, stamps ahead of the clock), and a gateway of its own.
/// Neither needs a database.
/// </summary>
internal sealed class ScriptedDevice : IAsyncDisposable
{
    private const string Program = """
        import sys, time
        from tango import AttrQuality, AttrWriteType, DevState
        from tango.server import Device, attribute, command, run

        class Scripted(Device):
            def init_device(self):
                super().init_device()
                self._position = self._delay_s = self._ahead_s = 0.0
                self.set_state(DevState.ON)

            @attribute(dtype=float, access=AttrWriteType.READ_WRITE)
            def Position(self):
                return self._position, time.time() + self._ahead_s, AttrQuality.ATTR_VALID

            @Position.write
            def Position(self, position):
                time.sleep(self._delay_s)
                self._position = position

            @attribute(dtype=float, access=AttrWriteType.READ_WRITE)
            def Delay_s(self):
                return self._delay_s

            @Delay_s.write
            def Delay_s(self, delay_s):
                self._delay_s = delay_s

            @attribute(dtype=float, access=AttrWriteType.READ_WRITE)
            def Ahead_s(self):
                return self._ahead_s

            @Ahead_s.write
            def Ahead_s(self, ahead_s):
                self._ahead_s = ahead_s

            @command(dtype_in=int)
            def Become(self, state):
                self.set_state(DevState.values[state])

            @command(dtype_out="DevVarDoubleStringArray")
            def Tell(self):
                return [[1.0], ["one"]]

            @command
            def Stop(self):
                self.set_state(DevState.ON)

        where = f"giop:tcp:127.0.0.1:{sys.argv[1]}"
        run((Scripted,), args=["scripted", "1", "-nodb", "-dlist", "Scripted::test/scripted/1", "-ORBendPoint", where])
        """;

    private readonly TangoBeamline _beamline;
    private readonly TemporaryFolder _folder;

    private ScriptedDevice(TangoBeamline beamline, TemporaryFolder folder, Server device)
    {
        _beamline = beamline;
        _folder = folder;
        Device = device;
    }

    public static TangoAttribute Position => TangoAttribute.Parse("scripted/Position");

    /// <summary>The device server.</summary>
    public Server Device { get; }

    /// <summary>The gateway.</summary>
    public Server Gateway { get; private set; } = null!;

    /// <summary>Address of the gateway.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Lines of the gateway's audit log.</summary>
    public string[] Audit => File.ReadAllLines(_folder["audit.jsonl"]);

    /// <summary>Lines of the log of the clients.</summary>
    public string[] Moves => File.ReadAllLines(_folder["moves.jsonl"]);

    /// <summary>Starts both; skips the test where there is no Tango.</summary>
    public static async Task<ScriptedDevice> StartAsync(TangoBeamline beamline, double deviceTimeout_s = 20)
    {
        beamline.Require();
        int port = TangoBeamline.FreePort();
        var folder = new TemporaryFolder("xrdct-scripted-");
        var scripted = new ScriptedDevice(beamline, folder, Server.Start(TangoBeamline.Python, folder.Path, "-u", "-c", Program, $"{port}"));
        await scripted.Device.SaysAsync("Ready to accept request");
        (scripted.Gateway, scripted.Address) = await TangoBeamline.StartGatewayAsync(folder.Path, $$"""
            listen: 127.0.0.1:0
            token_file: tokens
            audit_file: audit.jsonl
            confirmation_s: 60
            device_timeout_s: {{deviceTimeout_s}}
            devices:
              scripted: tango://127.0.0.1:{{port}}/test/scripted/1#dbase=no
            permissions:
              - { device: scripted, attribute: Position, lower: -100, upper: 100 }
              - { device: scripted, attribute: Delay_s, lower: 0, upper: 100 }
              - { device: scripted, attribute: Ahead_s, lower: 0, upper: 10000 }
              - { device: scripted, command: Become, lower: 0, upper: 13 }
              - { device: scripted, command: Tell }
              - { device: scripted, command: Stop, confirm: false }
            """);
        return scripted;
    }

    /// <summary>A client.</summary>
    public TangoGateway Connect(Func<TangoGatewayOptions, TangoGatewayOptions>? change = null) => _beamline.Connect(o =>
    {
        TangoGatewayOptions options = o with
        {
            Address = Address,
            AuditFile = _folder["moves.jsonl"],
            Deadline = Eventually.Limit,
            Permissions =
            [
                new("scripted", "Position", false, -100, 100),
                new("scripted", "Delay_s", false, 0, 100),
                new("scripted", "Ahead_s", false, 0, 10_000),
                new("scripted", "Become", true, 0, 13),
                new("scripted", "Tell", true, null, null),
                new("scripted", "Stop", true, null, null),
            ],
        };
        return change?.Invoke(options) ?? options;
    });

    /// <summary>Tells the device what to do, through the gateway.</summary>
    public async Task DoAsync(TangoAction action)
    {
        using TangoGateway gateway = Connect(o => o with { AuditFile = null });
        CancellationToken stop = TestContext.Current.CancellationToken;
        await gateway.ConfirmAsync(await gateway.ProposeAsync(action, "script", stop), "script", stop);
    }

    /// <summary>Sets an attribute of the device.</summary>
    public Task SetAsync(string attribute, double to) => DoAsync(new StageMove(new TangoAttribute("scripted", attribute), to));

    /// <summary>Brings the device into a state.</summary>
    public Task BecomeAsync(TangoState state) => DoAsync(new TangoCommand("scripted", "Become", (int)state - 1));

    public async ValueTask DisposeAsync()
    {
        if (Gateway is not null)
        {
            await Gateway.DisposeAsync();
        }

        await Device.DisposeAsync();
        _folder.Dispose();
    }
}
