using System.Globalization;
using XrdCt.Live.Model.Stages;

namespace XrdCt.Live.Server.Configuration;

/// <summary>Checks the stages of a configuration, and what an ROI scan by them would be.</summary>
internal static class StagesSetUp
{
    private const double LongestTravel_mm = 10_000;
    private const double LargestBacklash_um = 10_000;
    private const double FastestFrames_Hz = 1e6;
    private const double LongestOverhead_s = 3600;

    private static readonly Dictionary<string, bool> Approaches = new() { ["below"] = true, ["above"] = false };

    /// <summary>The stages; null where the configuration has none.</summary>
    public static SampleStages? Of(BeamlineConfiguration configuration, string file)
    {
        if (configuration.Stages is not { } stages)
        {
            return null;
        }

        StageMotor first = Motor(SetUp.Required(stages.First, file, "stages.first"), file, "stages.first");
        StageMotor second = Motor(SetUp.Required(stages.Second, file, "stages.second"), file, "stages.second");
        try
        {
            return new SampleStages(first, second)
            {
                Translation = stages.Translation is { } translation ? AlongTheScan(Motor(translation, file, "stages.translation"), file) : null,
                Rotation = stages.Rotation is { } rotation ? Named(rotation, file, "stages.rotation") : null,
                CalibratedAt_deg = Finite(stages.CalibratedAt_deg, file, "stages.calibrated_at_deg"),
                RotationZero_deg = configuration.Readings?.RotationZero_deg ?? 0,
                TranslationZero_mm = configuration.Readings?.TranslationZero_mm ?? 0,
            };
        }
        catch (ArgumentException e)
        {
            throw UserException.WrongUse($"{file}: {e.Message.Split(" (Parameter", StringSplitOptions.None)[0]}: put stages.first.direction_deg and stages.second.direction_deg right", e);
        }
    }

    /// <summary>The ROI scan at a place.</summary>
    /// <param name="configuration">Of the coarse scan; has <c>roi.scan</c>.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="number">Number of the scan in a list, from 1.</param>
    /// <param name="place_um">The place, sample coordinates of the coarse scan, µm.</param>
    /// <param name="axis_um">Where the coarse scan found the rotation axis, µm from where its plan has it.</param>
    public static RoiScanPlan Plan(BeamlineConfiguration configuration, string file, int number, (double X_um, double Y_um) place_um, double axis_um)
    {
        RoiScanSection scan = SetUp.Required(SetUp.Required(configuration.Roi, file, "roi").Scan, file, "roi.scan");
        double rate_Hz = SetUp.Within(SetUp.Required(scan.Rate_Hz, file, "roi.scan.rate_Hz"), FastestFrames_Hz, file, "roi.scan.rate_Hz");
        if (!(scan.LineOverhead_s >= 0 && scan.LineOverhead_s <= LongestOverhead_s))
        {
            throw UserException.WrongUse(string.Create(CultureInfo.InvariantCulture, $"{file}: roi.scan.line_overhead_s must be 0 to {LongestOverhead_s} s, not {scan.LineOverhead_s}"));
        }

        if (scan.Slices < 1 || (scan.Slices > 1 && scan.SliceStep_um is null or 0 or double.NaN))
        {
            throw UserException.WrongUse($"{file}: roi.scan.slices must be at least 1, and roi.scan.slice_step_um say how far they are apart");
        }

        SampleStages? stages = Of(configuration, file);
        (MotorMove First, MotorMove Second)? moves = stages?.Bring(place_um.X_um, place_um.Y_um);
        return new RoiScanPlan(number, place_um.X_um, place_um.Y_um, SetUp.RoiScan(scan, configuration.Scan?.Anchor ?? "centre", file))
        {
            Stages = stages,
            TranslationZero_mm = configuration.Readings?.TranslationZero_mm ?? 0,
            RotationZero_deg = configuration.Readings?.RotationZero_deg ?? 0,
            Moves = moves is { } both ? [both.First, both.Second] : [],
            Axis_um = axis_um,
            Slices = scan.Slices,
            SliceStep_um = scan.SliceStep_um ?? 0,
            FrameTime_s = 1 / rate_Hz,
            LineOverhead_s = scan.LineOverhead_s,
        };
    }

    private static StageMotor Motor(MotorSection motor, string file, string key)
    {
        string name = Named(SetUp.Required(motor.Name, file, $"{key}.name"), file, $"{key}.name");
        double lowest_mm = motor.Lowest_mm ?? double.NegativeInfinity, highest_mm = motor.Highest_mm ?? double.PositiveInfinity;
        if (!(lowest_mm < highest_mm))
        {
            throw UserException.WrongUse(string.Create(CultureInfo.InvariantCulture, $"{file}: {key}.lowest_mm {lowest_mm} must be below {key}.highest_mm {highest_mm}"));
        }

        if (motor.Position_mm is { } position_mm && !(position_mm >= lowest_mm && position_mm <= highest_mm))
        {
            throw UserException.WrongUse(string.Create(CultureInfo.InvariantCulture, $"{file}: {key}.position_mm {position_mm} is not within its limits {lowest_mm} to {highest_mm}"));
        }

        return new StageMotor(name)
        {
            Direction_deg = Finite(SetUp.Required(motor.Direction_deg, file, $"{key}.direction_deg"), file, $"{key}.direction_deg"),
            Lowest_mm = lowest_mm,
            Highest_mm = highest_mm,
            Backlash_um = motor.Backlash_um == 0 ? 0 : SetUp.Within(motor.Backlash_um, LargestBacklash_um, file, $"{key}.backlash_um"),
            ApproachesUp = SetUp.OneOf(Approaches, motor.Approach, file, $"{key}.approach"),
            Speed_mm_s = SetUp.Within(motor.Speed_mm_s, LongestTravel_mm, file, $"{key}.speed_mm_s"),
            Position_mm = motor.Position_mm,
            Device = motor.Device,
            DeviceUnit_mm = double.IsFinite(motor.DeviceUnit_mm) && motor.DeviceUnit_mm != 0
                ? motor.DeviceUnit_mm
                : throw UserException.WrongUse(string.Create(CultureInfo.InvariantCulture, $"{file}: {key}.device_unit_mm must be a number other than 0, not {motor.DeviceUnit_mm}")),
        };
    }

    // It goes into macros, which are run.
    private static string Named(string name, string file, string key) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(name[0])
            ? name
            : throw UserException.WrongUse($"{file}: {key} must be a name of letters, digits and underscores, not '{name}'");

    private static StageMotor AlongTheScan(StageMotor translation, string file) => translation.Direction_deg is 0 or 180
        ? translation
        : throw UserException.WrongUse(string.Create(
            CultureInfo.InvariantCulture, $"{file}: stages.translation.direction_deg must be 0 or 180, not {translation.Direction_deg}: the motor is the scan's translation"));

    private static double Finite(double value, string file, string key) => double.IsFinite(value)
        ? value
        : throw UserException.WrongUse($"{file}: {key} must be a number");
}
