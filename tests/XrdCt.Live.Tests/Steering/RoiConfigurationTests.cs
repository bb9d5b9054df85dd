using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Stages;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Server.Steering;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Steering;

/// <summary>ROI scans from the configuration of the coarse scan, and their own.</summary>
public sealed class RoiConfigurationTests : IDisposable
{
    private static readonly string Demo = Path.Combine(AppContext.BaseDirectory, "config", "demo.yml");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_DemoConfiguration_IsAConfigurationOfTheRoiScanWhereverItLies()
    {
        BeamlineConfiguration coarse = Coarse();
        coarse.Corrections.Beam = "air";
        coarse.Readings = new ReadingsSection { TranslationZero_mm = 1, RotationZero_deg = 5 };
        coarse.Scan!.NormaliseToMonitor = false;
        coarse.Tango = new TangoSection { TokenFile = "tango.token", TrustedCertificates = "gw.pem" };
        RoiScanPlan plan = StagesSetUp.Plan(coarse, "coarse.yml", 1, (50, -30.26), axis_um: 12);
        string path = _folder.File("roi.yml");
        File.WriteAllText(path, RoiConfiguration.Of(plan, coarse, Path.GetDirectoryName(Demo)!, "results/coarse.nxs"));

        BeamlineConfiguration roi = ConfigurationFile.Read(path);

        Assert.Equal("NMC electrode, coarse scan, ROI 1 at (50.0, -30.3) µm", roi.Title);
        Assert.Equal(("interlaced", 5, 251, 250, 1.0, 180.0), (roi.Scan!.Order, roi.Scan.Subsets, roi.Scan.Translations, roi.Scan.Rotations, roi.Scan.Step_um, roi.Scan.Range_deg));
        Assert.Equal(Path.GetFullPath("results/coarse.nxs"), roi.Scan.Coarse);
        Assert.Equal((50, -30.26), (roi.Reconstruction.Outside.X_um, roi.Reconstruction.Outside.Y_um));
        Assert.Equal(Path.Combine(Path.GetDirectoryName(Demo)!, "demo.poni"), roi.Geometry!.Poni);

        // Not that of the file: results lie relative to where the program is started.
        Assert.Equal(Path.GetFullPath(coarse.Output.Folder), roi.Output.Folder);
        Assert.Null(roi.Corrections.Beam);
        Assert.Equal((1.012, 5), (roi.Readings!.TranslationZero_mm, roi.Readings.RotationZero_deg));
        Assert.Equal(coarse.Channels.Count, roi.Channels.Count);
        Assert.False(roi.Scan.NormaliseToMonitor);
        Assert.All([roi.Tango!.TokenFile, roi.Tango.TrustedCertificates], path => Assert.StartsWith(Path.GetDirectoryName(Demo)!, path, StringComparison.Ordinal));
        Assert.StartsWith("# ROI 1 of NMC electrode, coarse scan: (50.0, -30.3) µm of the coarse slice", File.ReadAllText(path), StringComparison.Ordinal);

        // The scan's 0° is 5° on from where the directions were found.
        Assert.Contains("# px: by -0.04717 mm, to -0.04717 mm\n# py: by 0.0345 mm, to 0.0345 mm\n", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, null, null)]
    [InlineData(3, -4.0, 2.0)]
    public void Of_AnotherHeight_IsAConfigurationThatCanBeRun(int slices, double? start_um, double? step_um)
    {
        BeamlineConfiguration coarse = Coarse();
        (coarse.Roi!.Scan!.Slices, coarse.Roi.Scan.SliceStep_um) = (slices, slices > 1 ? 2 : null);
        RoiScanPlan plan = StagesSetUp.Plan(coarse, "coarse.yml", 2, (50, -30), 0) with { Z_um = -4 };
        string path = _folder.File("roi.yml");
        File.WriteAllText(path, RoiConfiguration.Of(plan, coarse, Path.GetDirectoryName(Demo)!, "coarse.nxs"));

        BeamlineConfiguration roi = ConfigurationFile.Read(path);

        StackSetUp? stack = SetUp.Stack(roi, path);
        Assert.Equal((start_um, step_um), (stack?.Start_um, stack?.Step_um));
        Assert.Equal("NMC electrode, coarse scan, ROI 2 at (50.0, -30.0) µm, z = -4 µm", roi.Title);
    }

    [Fact]
    public void Plan_StagesOfTheDemo_BringThePlaceThere()
    {
        RoiScanPlan plan = StagesSetUp.Plan(Coarse(), "coarse.yml", 3, (50, -30), 0);
        Assert.Equal((3, -0.05, 0.03), (plan.Number, plan.Moves[0].By_mm, plan.Moves[1].By_mm));
        Assert.Equal(ScanOrder.Interlaced, plan.Scan.Path.Order);
        Assert.Equal(0.004, plan.FrameTime_s);
        Assert.Null(plan.Obstacle);
    }

    [Theory]
    [InlineData("stages.first' is missing", "first", null)]
    [InlineData("nearly the same line", "direction", "0")]
    [InlineData("a name of letters, digits and underscores, not 'p x'", "name", "p x")]
    [InlineData("a name of letters, digits and underscores, not '1px'", "name", "1px")]
    [InlineData("stages.rotation must be a name of letters, digits and underscores, not 'rot-1'", "rotation", "rot-1")]
    [InlineData("lowest_mm 3 must be below", "lowest", "3")]
    [InlineData("position_mm 5 is not within its limits", "position", "5")]
    [InlineData("'stages.second.approach' must be one of below, above, not 'left'", "approach", "left")]
    [InlineData("'stages.second.backlash_um' must be above 0", "backlash", "-1")]
    [InlineData("'stages.second.speed_mm_s' must be above 0", "speed", "0")]
    [InlineData("stages.translation.direction_deg must be 0 or 180, not 90", "along", "90")]
    [InlineData("'roi.scan' is missing", "scan", null)]
    [InlineData("'roi.scan.rate_Hz' is missing", "rate", null)]
    [InlineData("'roi.scan.order' must be one of", "order", "spiral")]
    [InlineData("roi.scan.line_overhead_s must be 0 to 3600 s, not -1", "overhead", "-1")]
    [InlineData("roi.scan.slices must be at least 1", "slices", "2")]
    public void Plan_WrongValue_IsRefusedWithItsKey(string expected, string what, string? value)
    {
        BeamlineConfiguration configuration = Coarse();
        MotorSection second = configuration.Stages!.Second!;
        RoiScanSection scan = configuration.Roi!.Scan!;
        double number = double.TryParse(value, out double parsed) ? parsed : 0;
        switch (what)
        {
            case "first": configuration.Stages.First = null; break;
            case "direction": second.Direction_deg = number; break;
            case "rotation": configuration.Stages.Rotation = value; break;
            case "name": second.Name = value; break;
            case "lowest": second.Lowest_mm = number; break;
            case "position": second.Position_mm = number; break;
            case "approach": second.Approach = value!; break;
            case "backlash": second.Backlash_um = number; break;
            case "speed": second.Speed_mm_s = number; break;
            case "along": configuration.Stages.Translation!.Direction_deg = number; break;
            case "scan": configuration.Roi.Scan = null; break;
            case "rate": scan.Rate_Hz = null; break;
            case "order": scan.Order = value!; break;
            case "overhead": scan.LineOverhead_s = number; break;
            case "slices": scan.Slices = (int)number; break;
        }

        UserException e = Assert.Throws<UserException>(() => StagesSetUp.Plan(configuration, "f.yml", 1, (0, 0), 0));
        Assert.Equal(2, e.ExitCode);
        Assert.StartsWith("f.yml: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    private static BeamlineConfiguration Coarse()
    {
        BeamlineConfiguration configuration = ConfigurationFile.Read(Demo);
        configuration.Stages = new StagesSection
        {
            First = new MotorSection { Name = "px", Direction_deg = 0, Lowest_mm = -2, Highest_mm = 2, Position_mm = 0 },
            Second = new MotorSection { Name = "py", Direction_deg = 90, Lowest_mm = -2, Highest_mm = 2, Position_mm = 0 },
            Translation = new MotorSection { Name = "ty", Direction_deg = 0 },
            Rotation = "rot",
        };
        configuration.Roi!.Scan = new RoiScanSection { Order = "interlaced", Subsets = 5, Translations = 251, Rotations = 250, Step_um = 1, Rate_Hz = 250 };
        return configuration;
    }
}
