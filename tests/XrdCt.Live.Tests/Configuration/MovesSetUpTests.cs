using XrdCt.Live.Gateway;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Tests.Gateway;

namespace XrdCt.Live.Tests.Configuration;

/// <summary><c>tango.moves:</c> who may move what, and how far.</summary>
public sealed class MovesSetUpTests : IDisposable
{
    private readonly Storage.TemporaryFolder _folder = new();

    public MovesSetUpTests()
    {
        TangoBeamline.WriteSecret(_folder.File("operators"), $"ada {new string('a', 32)}\n");
        TangoBeamline.WriteSecret(_folder.File("token"), $"xrdct {new string('t', 32)}\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_StagesWithDevicesAndLimits_PermitsThoseAndNothingElse()
    {
        TangoSetUp tango = SetUp.Tango(Configured(_ => { }), _folder.Path, "f.yml")!;
        Assert.Equal(
            [
                new TangoPermission("px", "Position", false, -200, 200), new TangoPermission("px", "Stop", true, null, null),
                new TangoPermission("id15/py/1", "Position", false, -0.3, 0.1), new TangoPermission("id15/py/1", "Stop", true, null, null),
            ],
            tango.Gateway.Permissions);
        Assert.Equal((_folder.File("moves.jsonl"), 0.5), (tango.Gateway.AuditFile, tango.Moves!.Tolerance_um));
        Assert.Equal("ada", tango.Moves.Operators.NameOf(new string('a', 32)));
        Assert.Empty(SetUp.Tango(Configured(c => c.Tango!.Moves = null), _folder.Path, "f.yml")!.Gateway.Permissions);
    }

    [Theory]
    [InlineData("stages", "tango.moves needs stages")]
    [InlineData("scan", "'roi.scan' is missing")]
    [InlineData("device", "'stages.second.device' is missing")]
    [InlineData("limit", "tango.moves moves px only within limits: set stages.first.lowest_mm and stages.first.highest_mm")]
    [InlineData("unit", "stages.first.device_unit_mm must be a number other than 0, not 0")]
    [InlineData("tolerance", "'tango.moves.tolerance_um' must be above 0")]
    [InlineData("coarse tolerance", "tango.moves.tolerance_um 2.5 must be less than half the backlash of px, 5 µm")]
    [InlineData("operators", "'tango.moves.operators_file' is missing")]
    [InlineData("absent", "tango: cannot read the operators' file")]
    [InlineData("log", "'tango.moves.log_file' is missing")]
    [InlineData("folder", "cannot write the log of moves")]
    public void Of_WrongValue_IsRefusedWithItsKey(string what, string expected)
    {
        BeamlineConfiguration configuration = Configured(c =>
        {
            MovesSection moves = c.Tango!.Moves!;
            switch (what)
            {
                case "stages": c.Stages = null; break;
                case "scan": c.Roi!.Scan = null; break;
                case "device": c.Stages!.Second!.Device = null; break;
                case "limit": c.Stages!.First!.Highest_mm = null; break;
                case "unit": c.Stages!.First!.DeviceUnit_mm = 0; break;
                case "tolerance": moves.Tolerance_um = 0; break;
                case "coarse tolerance": moves.Tolerance_um = 2.5; break;
                case "operators": moves.OperatorsFile = null; break;
                case "absent": moves.OperatorsFile = "none"; break;
                case "log": moves.LogFile = null; break;
                case "folder": moves.LogFile = "none/moves.jsonl"; break;
            }
        });
        UserException e = Assert.Throws<UserException>(() => SetUp.Tango(configuration, _folder.Path, "f.yml"));
        Assert.Equal(2, e.ExitCode);
        Assert.StartsWith("f.yml: ", e.Message);
        Assert.Contains(expected, e.Message.Replace("tango.moves: ", "tango: ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static BeamlineConfiguration Configured(Action<BeamlineConfiguration> change)
    {
        BeamlineConfiguration configuration = ConfigurationFile.Read(Path.Combine(AppContext.BaseDirectory, "config", "demo.yml"));
        configuration.Tango = new TangoSection { TokenFile = "token", Moves = new MovesSection { OperatorsFile = "operators", LogFile = "moves.jsonl" } };
        MotorSection first = configuration.Stages!.First!, second = configuration.Stages.Second!;
        (first.Device, first.DeviceUnit_mm, first.Lowest_mm, first.Highest_mm) = ("px", 0.001, -0.2, 0.2);

        // Counts mm, the other way.
        (second.Device, second.DeviceUnit_mm, second.Lowest_mm, second.Highest_mm) = ("id15/py/1", -1, -0.1, 0.3);
        change(configuration);
        return configuration;
    }
}
