using XrdCt.Live.Model.Stages;
using XrdCt.Live.Server.Steering;

namespace XrdCt.Live.Server.Configuration;

/// <summary>Who may move which stages from the page, checked.</summary>
/// <param name="Operators">The people who may.</param>
/// <param name="Stages">The stages; the motors on top have a device and limits.</param>
/// <param name="LogFile">The log of moves.</param>
/// <param name="Tolerance_um">How far from its target a motor may stand, µm.</param>
internal sealed record MovesSetUp(Operators Operators, SampleStages Stages, string LogFile, double Tolerance_um)
{
    private const double LargestTolerance_um = 1000;

    /// <summary>Checks the section; the tokens are read.</summary>
    /// <param name="configuration">What the file says.</param>
    /// <param name="folder">Folder that paths in it are relative to.</param>
    /// <param name="file">Name of the file, for messages.</param>
    /// <returns>Null where nothing is moved.</returns>
    public static MovesSetUp? Of(BeamlineConfiguration configuration, string folder, string file)
    {
        if (configuration.Tango?.Moves is not { } moves)
        {
            return null;
        }

        SampleStages stages = StagesSetUp.Of(configuration, file) ?? throw UserException.WrongUse($"{file}: tango.moves needs stages: which motors bring a place onto the axis");
        _ = SetUp.Required(configuration.Roi?.Scan, file, "roi.scan");
        foreach ((StageMotor motor, string key) in new[] { (stages.First, "stages.first"), (stages.Second, "stages.second") })
        {
            _ = SetUp.Required(motor.Device, file, $"{key}.device");
            if (!double.IsFinite(motor.Lowest_mm) || !double.IsFinite(motor.Highest_mm))
            {
                throw UserException.WrongUse($"{file}: tango.moves moves {motor.Name} only within limits: set {key}.lowest_mm and {key}.highest_mm");
            }
        }

        double tolerance_um = SetUp.Within(moves.Tolerance_um, LargestTolerance_um, file, "tango.moves.tolerance_um");
        if (new[] { stages.First, stages.Second }.FirstOrDefault(m => m.Backlash_um > 0 && m.Backlash_um <= 2 * tolerance_um) is { } near)
        {
            throw UserException.WrongUse(string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{file}: tango.moves.tolerance_um {tolerance_um} must be less than half the backlash of {near.Name}, {near.Backlash_um} µm: it would count as there before it came from the right side"));
        }

        string operators = Path.Combine(folder, SetUp.Required(moves.OperatorsFile, file, "tango.moves.operators_file"));
        string log = Path.Combine(folder, SetUp.Required(moves.LogFile, file, "tango.moves.log_file"));
        try
        {
            return new MovesSetUp(Operators.Read(operators), stages, log, tolerance_um);
        }
        catch (IOException e)
        {
            throw UserException.WrongUse($"{file}: tango.moves: {SetUp.Sentence(e)}", e);
        }
    }
}
