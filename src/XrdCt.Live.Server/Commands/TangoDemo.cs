using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using XrdCt.Live.Server.Configuration;
using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Commands;

/// <summary>
/// The simulated beamline of <c>demo --tango</c>: real Tango devices for stages, monitor and shutter, the gateway to them, and tokens for this demo only. Everything ends and
/// is removed with it.
/// </summary>
internal sealed class TangoDemo : IAsyncDisposable
{
    private const string OurName = "xrdct", SimulatorName = "xrdct-sim";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // As in the repository: the scripts find each other.
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "beamline");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("xrdct-demo-");
    private readonly int _gatewayPort = DemoCommand.FreePort();
    private readonly List<ChildProgram> _programs = [];

    private TangoDemo()
    {
    }

    /// <summary>What a line costs on these stages besides its frames: turning, running up and down, and the gateway's two steps for each of them; 0.57 to 0.9 s, measured.</summary>
    public const double LineOverhead_s = 0.8;

    /// <summary>Name of the visitor who may move the stages.</summary>
    public static string Operator { get; } = Named(Environment.UserName);

    /// <summary>Their token.</summary>
    public string OperatorToken { get; } = Secret();

    /// <summary>What makes the simulator drive the stages.</summary>
    public IReadOnlyList<string> SimulatorOptions => ["--tango", Gateway, "--tango-token", In("simulator.token")];

    private string Gateway => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_gatewayPort}");

    /// <summary>Starts devices and gateway.</summary>
    /// <exception cref="UserException">Tango is not installed, or does not start; the message says what to do.</exception>
    public static async Task<TangoDemo> StartAsync(CancellationToken stop)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new UserException("demo --tango needs PyTango, which is there for Linux: leave --tango out");
        }

        var demo = new TangoDemo();
        try
        {
            await demo.StartProgramsAsync(stop).ConfigureAwait(false);
            return demo;
        }
        catch
        {
            await demo.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Lets a scan take positions and monitor values from the devices, show its results as one, and move the sample stages.</summary>
    /// <param name="configuration">Of the coarse scan; is changed.</param>
    /// <param name="rate_Hz">Frames per second: the detector counts all the time.</param>
    public void Apply(BeamlineConfiguration configuration, double rate_Hz)
    {
        // The log of moves lies beside the results, and is opened before them.
        string results = Directory.CreateDirectory(configuration.Output.Folder).FullName;
        configuration.Tango = new TangoSection
        {
            Gateway = Gateway,
            TokenFile = In("our.token"),
            Translation = "translation/Position",
            Rotation = "rotation/Position",
            Monitor = "monitor/Counts",
            Moves = new MovesSection { OperatorsFile = In("operators"), LogFile = Path.Combine(results, "moves.jsonl") },
        };
        configuration.Readings = new ReadingsSection { Key = "time", Needs = ["translation", "rotation", "monitor"], Exposure_ms = 1000 / rate_Hz };
        foreach ((MotorSection motor, string device) in new[] { (configuration.Stages!.First!, "px"), (configuration.Stages.Second!, "py") })
        {
            // The simulated stages count in µm, and reach half a millimetre either way.
            (motor.Device, motor.DeviceUnit_mm, motor.Lowest_mm, motor.Highest_mm, motor.Position_mm) = (device, 0.001, -0.5, 0.5, null);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (ChildProgram program in Enumerable.Reverse(_programs))
        {
            await program.DisposeAsync().ConfigureAwait(false);
        }

        _folder.Delete(recursive: true);
    }

    private async Task StartProgramsAsync(CancellationToken stop)
    {
        int beamlinePort = DemoCommand.FreePort();
        (string ours, string simulators) = (Secret(), Secret());
        Write("gateway.tokens", $"{OurName} {ours}\n{SimulatorName} {simulators}\n");
        Write("our.token", $"{OurName} {ours}\n");
        Write("simulator.token", $"{SimulatorName} {simulators}\n");
        Write("operators", $"{Operator} {OperatorToken}\n");
        Write("gateway.yml", GatewayConfiguration(beamlinePort));

        string devices = Path.Combine(Root, "simulators", "tango");
        string python = Environment.GetEnvironmentVariable("PYTHON") ?? "/usr/bin/python3";
        string port = beamlinePort.ToString(CultureInfo.InvariantCulture);
        _programs.Add(await ChildProgram.StartAsync(
            "simulated beamline", new ProcessStartInfo(python, ["-m", "beamline", "--port", port]) { WorkingDirectory = devices }, line: null, Patience, stop).ConfigureAwait(false));
        await using (ChildProgram ready = await ChildProgram.StartAsync(
            "simulated beamline", new ProcessStartInfo(python, ["-m", "beamline", "--port", port, "--ready", "30"]) { WorkingDirectory = devices }, line: null, Patience, stop).ConfigureAwait(false))
        {
            try
            {
                await ready.SucceedAsync(stop).ConfigureAwait(false);
            }
            catch (UserException e)
            {
                throw new UserException(
                    $"{e.Message} - demo --tango needs PyTango and gRPC (Debian: apt-get install python3-tango python3-grpcio python3-protobuf python3-yaml protobuf-compiler protobuf-compiler-grpc)", e);
            }
        }

        var start = new ProcessStartInfo("bash", [Path.Combine(Root, "tools", "tango-gateway", "start.sh"), In("gateway.yml")]);
        start.Environment["XRDCT_GATEWAY_WIRE"] = In("wire");
        _programs.Add(await ChildProgram.StartAsync("Tango gateway", start, "the Tango gateway listens on", Patience, stop).ConfigureAwait(false));
    }

    // That of the simulated beamline, on ports and with files of this demo.
    private string GatewayConfiguration(int beamlinePort)
    {
        string pattern = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "config", "tango-gateway.yml"));
        var gateway = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(pattern);
        gateway["listen"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_gatewayPort}");
        gateway["token_file"] = "gateway.tokens";
        gateway["audit_file"] = "audit.jsonl";
        var devices = (Dictionary<object, object>)gateway["devices"];
        foreach (object name in devices.Keys.ToArray())
        {
            devices[name] = string.Create(CultureInfo.InvariantCulture, $"tango://127.0.0.1:{beamlinePort}/sim/{name}/1#dbase=no");
        }

        ((Dictionary<object, object>)gateway["live_device"])["port"] = DemoCommand.FreePort();
        return new SerializerBuilder().Build().Serialize(gateway);
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private void Write(string name, string content)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(In(name), options);
        writer.Write(content);
    }

    private static string Secret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    private static string Named(string user) => user.Length > 0 && user.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? user : "visitor";
}
