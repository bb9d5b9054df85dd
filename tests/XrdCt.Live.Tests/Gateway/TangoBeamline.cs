using System.Net;
using System.Net.Sockets;
using System.Text;
using XrdCt.Live.Gateway;

namespace XrdCt.Live.Tests.Gateway;

/// <summary>
/// Real Tango from Debian: a database with TangoTest, the simulated beamline without a database, and the gateway between them and us. Started
/// once; tests are skipped where a package lacks.
/// </summary>
public sealed class TangoBeamline : IAsyncLifetime
{
    public const string Python = "/usr/bin/python3";

    private const string Packages = "dbconfig-no-thanks tango-db tango-test mariadb-server mariadb-client python3-tango python3-grpcio"
        + " python3-protobuf python3-yaml protobuf-compiler protobuf-compiler-grpc";

    private static readonly string[] Needed =
    [
        Python, "/usr/lib/tango/DataBaseds", "/usr/lib/tango/TangoTest", "/usr/bin/tango_admin", "/usr/sbin/mariadbd", "/usr/bin/protoc",
        "/usr/bin/grpc_python_plugin",
    ];

    private readonly List<Server> _servers = [];
    private string? _missing;
    private TemporaryFolder? _folder;
    private bool _hasDatabase;

    /// <summary>Folder of configuration, tokens and logs of the shared gateway.</summary>
    internal string Folder => _folder!.Path;

    /// <summary>Host and port of the database.</summary>
    internal string TangoHost { get; private set; } = "";

    /// <summary>Port of the simulated beamline.</summary>
    internal int BeamlinePort { get; private set; }

    /// <summary>Port of a beamline that a test may start, and kill.</summary>
    internal int SecondPort { get; private set; }

    /// <summary>Port of the gateway's own device.</summary>
    internal int LivePort { get; private set; }

    /// <summary>Address of the shared gateway.</summary>
    internal Uri Address { get; private set; } = new("http://127.0.0.1:1");

    /// <summary>Lines of the gateway's audit log.</summary>
    internal string[] Audit => File.ReadAllLines(Path.Combine(Folder, "audit.jsonl"));

    private static string Simulators => Path.Combine(Repository.Root, "simulators", "tango");

    public async ValueTask InitializeAsync()
    {
        string[] lacking = [.. Needed.Where(f => !File.Exists(f))];
        if (lacking.Length > 0 || (await Server.RunAsync(Python, "/", "-c", "import tango, grpc, yaml, google.protobuf")).ExitCode != 0)
        {
            _missing = $"real Tango is not here (apt-get install --no-install-recommends {Packages})";
            return;
        }

        _folder = new TemporaryFolder("xrdct-tango-");
        BeamlinePort = FreePort();
        SecondPort = FreePort();
        LivePort = FreePort();
        int database = FreePort();
        TangoHost = $"127.0.0.1:{database}";
        _hasDatabase = true;
        Task<(int ExitCode, string Output)> started = Server.RunAsync(
            "bash", "/", Path.Combine(Simulators, "start-database.sh"), $"{database}", Path.Combine(Folder, "db"), $"{FreePort()}");
        _servers.Add(await StartBeamlineAsync(BeamlinePort));
        (int exitCode, string output) = await started;
        Assert.True(exitCode == 0, output);
        (Server gateway, Uri address) = await StartGatewayAsync(Folder, Configuration(LivePort));
        _servers.Add(gateway);
        Address = address;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Server server in Enumerable.Reverse(_servers))
        {
            await server.DisposeAsync();
        }

        if (_hasDatabase)
        {
            await Server.RunAsync("bash", "/", Path.Combine(Simulators, "stop-database.sh"), Path.Combine(Folder, "db"));
        }

        _folder?.Dispose();
    }

    /// <summary>
    /// A port of the loopback address that nobody uses, below those that Linux gives to connections: between the asking and the listening
    /// nobody else is given it.
    /// </summary>
    internal static int FreePort()
    {
        while (true)
        {
            int port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }

    /// <summary>Starts the simulated beamline and waits until it answers.</summary>
    internal static async Task<Server> StartBeamlineAsync(int port)
    {
        Server server = Server.Start(Python, Simulators, "-m", "beamline", "--port", $"{port}");
        (int exitCode, _) = await Server.RunAsync(Python, Simulators, "-m", "beamline", "--port", $"{port}", "--ready", "30");
        Assert.True(exitCode == 0, server.Output);
        return server;
    }

    /// <summary>Starts a gateway and waits until it listens.</summary>
    /// <param name="folder">Where its configuration, tokens and audit log are.</param>
    /// <param name="configuration">The configuration; its port may be 0.</param>
    /// <param name="scheme">https with TLS.</param>
    internal static async Task<(Server Gateway, Uri Address)> StartGatewayAsync(string folder, string configuration, string scheme = "http")
    {
        const string Listens = "the Tango gateway listens on ";
        Server gateway = StartGateway(folder, configuration);
        await gateway.SaysAsync(Listens);
        string endpoint = gateway.Output.Split(Listens)[1].Split(' ')[0];
        return (gateway, new Uri($"{scheme}://{endpoint}"));
    }

    /// <summary>Starts a gateway, which may refuse its configuration.</summary>
    internal static Server StartGateway(string folder, string configuration)
    {
        string tokens = Path.Combine(folder, "tokens");
        if (!File.Exists(tokens))
        {
            WriteSecret(tokens, $"# made for a test\nxrdct {Token('a')}\ndisplay {Token('b')}\n");
        }

        string file = Path.Combine(folder, "gateway.yml");
        File.WriteAllText(file, configuration);
        return Server.Start("bash", folder, Path.Combine(Repository.Root, "tools", "tango-gateway", "start.sh"), file);
    }

    /// <summary>Writes a file that only its owner can read.</summary>
    internal static void WriteSecret(string path, string content)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, Encoding.ASCII, options);
        writer.Write(content);
    }

    /// <summary>A token of the tests' token file: of the client <c>xrdct</c> (a) or <c>display</c> (b).</summary>
    internal static string Token(char letter) => new(letter, 64);

    /// <summary>The configuration of the shared gateway, or of another one like it.</summary>
    internal string Configuration(int? livePort, string more = "") => $$"""
        listen: 127.0.0.1:0
        token_file: tokens
        audit_file: audit.jsonl
        tango_host: {{TangoHost}}
        confirmation_s: 20
        devices:
          rotation: tango://127.0.0.1:{{BeamlinePort}}/sim/rotation/1#dbase=no
          translation: tango://127.0.0.1:{{BeamlinePort}}/sim/translation/1#dbase=no
          px: tango://127.0.0.1:{{BeamlinePort}}/sim/px/1#dbase=no
          py: tango://127.0.0.1:{{BeamlinePort}}/sim/py/1#dbase=no
          monitor: tango://127.0.0.1:{{BeamlinePort}}/sim/monitor/1#dbase=no
          shutter: tango://127.0.0.1:{{BeamlinePort}}/sim/shutter/1#dbase=no
          second-monitor: tango://127.0.0.1:{{SecondPort}}/sim/monitor/1#dbase=no
          second-rotation: tango://127.0.0.1:{{SecondPort}}/sim/rotation/1#dbase=no
        permissions:
          - { device: rotation, attribute: Position, lower: -10, upper: 900, tolerance: 0.001 }
          - { device: px, attribute: Position, lower: -100, upper: 100, tolerance: 0.001 }
          - { device: rotation, command: Stop, confirm: false }
          - { device: shutter, command: Open }
          - { device: shutter, command: Close }
          - { device: sys/tg_test/1, command: DevDouble, lower: 0, upper: 10 }
          - { device: sys/tg_test/1, attribute: ampli, lower: 0, upper: 10 }
          - { device: second-rotation, attribute: Position, lower: 0, upper: 360 }
          - { device: py, attribute: Position, lower: -100, upper: 100, tolerance: 0.001 }
          - { device: px, command: Stop, confirm: false }
          - { device: py, command: Stop, confirm: false }
          - { device: rotation, attribute: Velocity, lower: 1, upper: 360 }
          - { device: sys/tg_test/1, attribute: boolean_scalar, lower: 0, upper: 1, tolerance: 1 }
          - { device: sys/tg_test/1, command: SwitchStates }
        {{(livePort is null ? "" : $"live_device: {{ name: xrdct/live/1, server: xrdctlive/test, port: {livePort}, stale_after_s: 2 }}")}}
        {{more}}
        """;

    /// <summary>A client of the shared gateway; skips the test where there is none.</summary>
    internal TangoGateway Connect(Func<TangoGatewayOptions, TangoGatewayOptions>? change = null)
    {
        Require();
        Assert.True(_servers[^1].Ending is null, _servers[^1].Ending);
        var options = new TangoGatewayOptions
        {
            Address = Address,
            Token = Token('a'),
            Permissions =
            [
                new("rotation", "Position", false, -20, 800),
                new("px", "Position", false, -200, 200),
                new("rotation", "Stop", true, null, null),
                new("shutter", "Open", true, null, null),
                new("shutter", "Close", true, null, null),
                new("sys/tg_test/1", "DevDouble", true, 0, 10),
                new("sys/tg_test/1", "ampli", false, 0, 10),
                new("monitor", "Counts", false, 0, 10),
                new("second-rotation", "Position", false, 0, 360),
            ],
        };
        return new TangoGateway(change?.Invoke(options) ?? options);
    }

    /// <summary>Skips the test where there is no Tango.</summary>
    internal void Require()
    {
        if (_missing is not null)
        {
            Assert.Skip(_missing);
        }
    }
}
