using System.CommandLine;
using System.Globalization;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Detector;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Simulator.Files;

namespace XrdCt.Live.Simulator.Commands;

/// <summary>Options that say which scan of which sample is meant; the same for all commands.</summary>
internal sealed class PlanOptions
{
    private readonly Option<int> _translations = new("--translations")
    {
        Description = "Number of translations",
        DefaultValueFactory = _ => 101,
    };

    private readonly Option<int> _rotations = new("--rotations")
    {
        Description = "Number of rotations over the range",
        DefaultValueFactory = _ => 80,
    };

    private readonly Option<double> _step_um = new("--step-um")
    {
        Description = "Distance of two translations, µm",
        DefaultValueFactory = _ => 10,
    };

    private readonly Option<double> _range_deg = new("--range-deg")
    {
        Description = "Angular range, degrees: 180 or 360",
        DefaultValueFactory = _ => 180,
    };

    private readonly Option<string> _order = new("--order")
    {
        Description = "Order of the cells in time",
        DefaultValueFactory = _ => "translation-fast",
    };

    private readonly Option<int> _subsets = new("--subsets")
    {
        Description = "Subsets of angles of the interlaced order",
        DefaultValueFactory = _ => 4,
    };

    private readonly Option<double> _backlash_um = new("--backlash-um")
    {
        Description = "How far the stage lies beyond the positions of the plan on lines that run backwards over translations, µm",
    };

    private readonly Option<double> _axisOffset_um = new("--axis-offset-um")
    {
        Description = "Where the rotation axis is on the plan's translation axis, µm",
    };

    private readonly Option<string?> _sampleShift_um = new("--sample-shift-um")
    {
        Description = "X,Y by which the stages on top of the rotation have moved the sample, sample coordinates, µm",
    };

    private readonly Option<double> _jitter_um = new("--position-jitter-um")
    {
        Description = "How far the stage is off its position in every frame, at most, µm; what it tells is where it was",
    };

    private readonly Option<double> _attenuation_perMm = new("--attenuation-per-mm")
    {
        Description = "Linear attenuation coefficient of the sample, 1/mm; the transmission is then sent with every frame, where the dialect carries it",
    };

    private readonly Option<long> _seed = new("--seed")
    {
        Description = "Seed of sample, detector defects, noise and faults",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<FileInfo?> _poni = new("--poni")
    {
        Description = "Geometry of the detector (PONI file); a built-in one at 0.5 m and 50 keV if not given",
    };

    public PlanOptions() => _order.AcceptOnlyFromAmong([.. ScanPath.ByName.Keys]);

    public IEnumerable<Option> All => [_translations, _rotations, _step_um, _range_deg, _order, _subsets, _backlash_um, _axisOffset_um, _sampleShift_um, _jitter_um, _attenuation_perMm, _seed, _poni];

    public long Seed(ParseResult result) => result.GetValue(_seed);

    /// <summary>The option that puts the stage off its positions.</summary>
    public string JitterName => _jitter_um.Name;

    /// <summary>Whether it does.</summary>
    public bool HasJitter(ParseResult result) => result.GetValue(_jitter_um) != 0;

    /// <exception cref="UsageException">The options do not make a plan.</exception>
    public ScanPlan Plan(ParseResult result)
    {
        try
        {
            return new ScanPlan(
                result.GetValue(_translations),
                result.GetValue(_rotations),
                result.GetValue(_step_um),
                ScanPath.ByName[result.GetValue(_order)!],
                result.GetValue(_range_deg),
                AngleOrder.BitReversed(Math.Min(result.GetValue(_subsets), result.GetValue(_rotations))));
        }
        catch (ArgumentException e)
        {
            string value = e is ArgumentOutOfRangeException range ? $" = {range.ActualValue}" : "";
            throw new UsageException(
                $"the scan cannot be made ({e.ParamName}{value}): see --translations, --rotations, --step-um, --range-deg, --subsets",
                e);
        }
    }

    public DetectorGeometry Geometry(ParseResult result) =>
        result.GetValue(_poni) is { } file ? PoniFile.Read(file.FullName) : PilatusCdTe2M.DefaultGeometry;

    /// <summary>The scan of the phantom.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="moved">By how much stages have moved the sample beyond what the options say, sample coordinates, µm.</param>
    /// <param name="beam">Beam intensity of a frame relative to the start of the scan; null for the simulator's own.</param>
    /// <exception cref="UsageException">The options do not make a plan.</exception>
    public VirtualExperiment Experiment(ParseResult result, (double X_um, double Y_um) moved = default, Func<int, double>? beam = null) => new(Plan(result), Geometry(result), Seed(result))
    {
        Beam = beam,
        Backlash_um = Finite(result, _backlash_um),
        AxisOffset_um = Finite(result, _axisOffset_um),
        SampleShift = (Shift(result).X_um + moved.X_um, Shift(result).Y_um + moved.Y_um),
        PositionJitter_um = Finite(result, _jitter_um),
        Attenuation_perMm = Finite(result, _attenuation_perMm) is >= 0 and var attenuation_perMm
            ? attenuation_perMm
            : throw new UsageException($"{_attenuation_perMm.Name} must be 0 or more, not {result.GetValue(_attenuation_perMm)}"),
    };

    private (double X_um, double Y_um) Shift(ParseResult result)
    {
        if (result.GetValue(_sampleShift_um) is not string text)
        {
            return (0, 0);
        }

        return text.Split(',') is [var x, var y]
            && double.TryParse(x, NumberStyles.Float, CultureInfo.InvariantCulture, out double x_um) && double.IsFinite(x_um)
            && double.TryParse(y, NumberStyles.Float, CultureInfo.InvariantCulture, out double y_um) && double.IsFinite(y_um)
                ? (x_um, y_um)
                : throw new UsageException($"{_sampleShift_um.Name} must be X,Y in µm, such as -120,35.5, not '{text}'");
    }

    private static double Finite(ParseResult result, Option<double> option) => result.GetValue(option) is var value && double.IsFinite(value)
        ? value
        : throw new UsageException($"{option.Name} must be a number, not {value}");
}
