using System.CommandLine;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Server.Commands;

/// <summary>Options that say of a sinogram what its file does not.</summary>
internal sealed class SinogramOptionSet
{
    private const string Positions = "START:STOP:COUNT, both ends included, or the path of a dataset";

    private readonly Option<string?> _axes = new("--axes") { Description = "Sinogram: axes of the dataset, slowest first, such as translation,rotation,bin [default: as the layout has them]" };
    private readonly Option<string?> _angles_deg = new("--angles-deg", "--rotation") { Description = $"Sinogram: angles of the rotations: {Positions}" };
    private readonly Option<string?> _translations_um = new("--translations-um", "--translation") { Description = $"Sinogram: positions of the translations: {Positions}" };
    private readonly Option<string?> _radial = new("--radial") { Description = $"Sinogram: centres of the bins in --unit: {Positions}" };
    private readonly Option<string?> _unit = new("--unit") { Description = $"Sinogram: radial unit: {string.Join(", ", SetUp.UnitNames)}" };

    private readonly Option<bool> _corrected = new("--corrected") { Description = "Sinogram: the corrected one of a scan file instead of the raw one" };

    public void AddTo(Command command)
    {
        AddAxesTo(command);
        command.Options.Add(_corrected);
    }

    /// <summary>All but the choice between the raw and the corrected sinogram.</summary>
    public void AddAxesTo(Command command)
    {
        foreach (Option option in new Option[] { _axes, _angles_deg, _translations_um, _radial, _unit })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What they say.</summary>
    /// <exception cref="UserException">One of them cannot be understood.</exception>
    public SinogramReading Reading(ParseResult parsed, string? dataset) => new()
    {
        Dataset = dataset,
        IsCorrected = parsed.GetValue(_corrected),
        Axes = Value(parsed, _axes, SinogramReading.ParseAxes),
        Angles = Value(parsed, _angles_deg, AxisSource.Parse),
        Translations = Value(parsed, _translations_um, AxisSource.Parse),
        Radial = Value(parsed, _radial, AxisSource.Parse),
        Unit = parsed.GetValue(_unit) is string unit ? SetUp.Unit(unit, "the command line", "--unit") : null,
    };

    private static T? Value<T>(ParseResult parsed, Option<string?> option, Func<string, T> read)
        where T : class
    {
        try
        {
            return parsed.GetValue(option) is string text ? read(text) : null;
        }
        catch (FormatException e)
        {
            throw UserException.WrongUse($"{option.Name}: {e.Message}", e);
        }
    }
}
