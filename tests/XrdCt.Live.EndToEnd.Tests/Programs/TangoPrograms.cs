namespace XrdCt.Live.EndToEnd.Tests.Programs;

/// <summary>Real Tango without a database: the simulated beamline and the gateway to it. Tests are skipped where Debian's packages lack.</summary>
internal sealed class TangoPrograms : IAsyncDisposable
{
    private const string Python = "/usr/bin/python3";

    private static readonly string Root = FindRoot();
    private static readonly string Simulators = Path.Combine(Root, "simulators", "tango");

    private readonly WorkFolder _folder;
    private readonly int _beamlinePort = FreePort.Find();
    private readonly int _gatewayPort = FreePort.Find();
    private RunningProgram? _beamline;
    private RunningProgram? _gateway;

    private TangoPrograms(WorkFolder folder) => _folder = folder;

    /// <summary>The section <c>tango:</c> of a configuration.</summary>
    public string Section => $"{{ gateway: 'http://127.0.0.1:{_gatewayPort}', token_file: token, monitor: monitor/Counts, rotation: rotation/Position }}";

    /// <summary>The gateway.</summary>
    public RunningProgram Gateway => _gateway!;

    /// <summary>Skips the test where Tango is not installed.</summary>
    public static async Task RequireAsync()
    {
        bool isHere = File.Exists("/usr/bin/protoc") && File.Exists("/usr/bin/grpc_python_plugin")
            && await RunningProgram.CanRunAsync(Python, "-c", "import tango, grpc, yaml, google.protobuf");
        Assert.SkipUnless(
            isHere,
            "real Tango is not here (apt-get install --no-install-recommends python3-tango python3-grpcio python3-protobuf python3-yaml protobuf-compiler protobuf-compiler-grpc)");
    }

    /// <summary>Starts both.</summary>
    /// <param name="folder">Where their files go.</param>
    public static async Task<TangoPrograms> StartAsync(WorkFolder folder)
    {
        await RequireAsync();
        var programs = new TangoPrograms(folder);
        using (var writer = new StreamWriter(folder["token"], System.Text.Encoding.ASCII, Secret()))
        {
            writer.WriteLine($"xrdct {new string('t', 64)}");
        }

        await programs.StartBeamlineAsync();
        await programs.StartGatewayAsync();
        return programs;
    }

    /// <summary>Starts the beamline, again where it was killed.</summary>
    public async Task StartBeamlineAsync()
    {
        string start = $"cd '{Simulators}' && exec {Python} -m beamline --port {_beamlinePort}";
        _beamline = RunningProgram.StartCommand("beamline", "bash", ["-c", start]);
        await using RunningProgram ready = RunningProgram.StartCommand("ready", "bash", ["-c", $"{start} --ready 60"]);
        (await ready.EndAsync()).Succeeded();
    }

    /// <summary>Starts the gateway, again where it was killed.</summary>
    public async Task StartGatewayAsync()
    {
        File.WriteAllText(_folder["gateway.yml"], $$"""
            listen: 127.0.0.1:{{_gatewayPort}}
            token_file: token
            audit_file: audit.jsonl
            devices:
              rotation: tango://127.0.0.1:{{_beamlinePort}}/sim/rotation/1#dbase=no
              monitor: tango://127.0.0.1:{{_beamlinePort}}/sim/monitor/1#dbase=no
            live_device: { port: {{FreePort.Find()}} }
            """);
        _gateway = RunningProgram.StartCommand("gateway", "bash", [Path.Combine(Root, "tools", "tango-gateway", "start.sh"), _folder["gateway.yml"]]);
        await _gateway.LineAsync(line => line.StartsWith("the Tango gateway listens on", StringComparison.Ordinal));
    }

    /// <summary>kill -9 of the device servers.</summary>
    public ValueTask KillBeamlineAsync() => _beamline!.DisposeAsync();

    /// <summary>kill -9 of the gateway.</summary>
    public ValueTask KillGatewayAsync() => _gateway!.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await KillGatewayAsync();
        await KillBeamlineAsync();
    }

    private static FileStreamOptions Secret()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "XrdCt.Live.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("XrdCt.Live.sln is not above the test's folder");
    }
}
