using System.Text.Json;

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
    public string Section => SectionOf("monitor: monitor/Counts, rotation: rotation/Position");

    /// <summary>The section <c>tango:</c> with these quantities.</summary>
    public string SectionOf(string quantities) => $"{{ gateway: 'http://127.0.0.1:{_gatewayPort}', token_file: token, {quantities} }}";

    /// <summary>Options of <c>xrdct-sim scan</c> that drive the stages.</summary>
    public string[] DriveOptions => ["--tango", $"http://127.0.0.1:{_gatewayPort}", "--tango-token", _folder["token"], "--operator", "Ada"];

    /// <summary>Lines of the gateway's audit log.</summary>
    public string[] Audit => File.ReadAllLines(_folder["tango-audit.jsonl"]);

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

    /// <summary>Starts the gateway with the configuration as it is delivered, again where it was killed.</summary>
    public async Task StartGatewayAsync()
    {
        string delivered = await File.ReadAllTextAsync(Path.Combine(Root, "config", "tango-gateway.yml"));
        (string From, string To)[] ours =
        [
            ("listen: 127.0.0.1:50061", $"listen: 127.0.0.1:{_gatewayPort}"),
            ("token_file: ~/.config/xrdct/tango.tokens", "token_file: token"),
            ("tango://127.0.0.1:11000/", $"tango://127.0.0.1:{_beamlinePort}/"),
            ("port: 11001", $"port: {FreePort.Find()}"),
        ];
        foreach ((string from, string to) in ours)
        {
            Assert.Contains(from, delivered);
            delivered = delivered.Replace(from, to, StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(_folder["gateway.yml"], delivered);
        _gateway = RunningProgram.StartCommand("gateway", "bash", [Path.Combine(Root, "tools", "tango-gateway", "start.sh"), _folder["gateway.yml"]]);
        await _gateway.LineAsync(line => line.StartsWith("the Tango gateway listens on", StringComparison.Ordinal));
    }

    /// <summary>Moves stages and reads devices with PyTango, past the gateway.</summary>
    /// <param name="moves">DEVICE=POSITION.</param>
    /// <returns>State, and position and velocity where there are, by device.</returns>
    public Task<JsonElement> DevicesAsync(params string[] moves) => ForeignPython.RunAsync("beamline_devices.py", ["tango"], [$"{_beamlinePort}", .. moves]);

    /// <summary>kill -9 of the device servers.</summary>
    public async ValueTask KillBeamlineAsync()
    {
        if (Interlocked.Exchange(ref _beamline, null) is RunningProgram beamline)
        {
            await beamline.DisposeAsync();
        }
    }

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
