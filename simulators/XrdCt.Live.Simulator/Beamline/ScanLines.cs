using System.Globalization;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Simulator.Beamline;

/// <summary>A scan plan as lines that two stages can run: one stands, the other runs at constant velocity.</summary>
internal sealed class ScanLines
{
    // The fast axis runs for so long before the first exposure and after the last one: several of its readings, 20 a second, lie there, so that no
    // exposure is on a straight line between one reading that moves and one that stands.
    private const double Lead_s = 0.25;
    private const double MillimetresPerMicrometre = 1e-3;

    private readonly ScanPlan _plan;
    private readonly double _step;

    /// <summary>Finds out whether stages can run a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="rate_Hz">Exposures per second.</param>
    /// <exception cref="ArgumentException">They cannot; the message is one sentence that says why.</exception>
    public ScanLines(ScanPlan plan, double rate_Hz)
    {
        if (plan.Path.Order is ScanOrder.Positions or ScanOrder.ContinuousRotation)
        {
            throw new ArgumentException($"the stages cannot be driven in the order {plan.Path.Name}: choose one of lines that begin and end");
        }

        if (!(rate_Hz > 0) || !double.IsFinite(rate_Hz))
        {
            throw new ArgumentException($"stages that are driven need a --rate above 0, not {rate_Hz}");
        }

        _plan = plan;
        (Fast, Slow) = plan.Path.LinesRunOverRotations ? (StageAxis.Rotation, StageAxis.Translation) : (StageAxis.Translation, StageAxis.Rotation);
        _step = plan.Path.LinesRunOverRotations ? plan.Step_deg : plan.Step_um * MillimetresPerMicrometre;
        Period = TimeSpan.FromSeconds(1 / rate_Hz);
        Velocity = _step * rate_Hz;
        if (Velocity < Fast.Slowest || Velocity > Fast.Fastest)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"--rate {rate_Hz:G6} needs a {Fast.Device} of {Velocity:G4} {Fast.Unit}/s, which goes {Fast.Slowest:G4} to {Fast.Fastest:G4} {Fast.Unit}/s: choose a {(Velocity > Fast.Fastest ? "lower" : "higher")} rate"));
        }

        LineMotion[] lines = [.. Enumerable.Range(0, plan.LineCount).Select(Line)];
        FastRange = RangeOf(lines.SelectMany<LineMotion, double>(l => [l.RunUp, l.RunOut]));
        SlowRange = RangeOf(lines.Select(l => l.Slow));
        Check(Fast, FastRange);
        Check(Slow, SlowRange);
    }

    /// <summary>The axis that runs in a line.</summary>
    public StageAxis Fast { get; }

    /// <summary>The axis that stands in a line.</summary>
    public StageAxis Slow { get; }

    /// <summary>Velocity of the fast axis in a line, units per second.</summary>
    public double Velocity { get; }

    /// <summary>How long an exposure lasts; the next one begins at its end.</summary>
    public TimeSpan Period { get; }

    /// <summary>Where the fast axis goes.</summary>
    public (double Lowest, double Highest) FastRange { get; }

    /// <summary>Where the slow axis goes.</summary>
    public (double Lowest, double Highest) SlowRange { get; }

    /// <summary>Number of lines.</summary>
    public int Count => _plan.LineCount;

    /// <summary>Line and place in the line of a frame, both from 0, in order of time.</summary>
    public (int Line, int Cell) PlaceOf(int index) => Math.DivRem(index, _plan.LineLength);

    /// <summary>Where the axes are in a line.</summary>
    public LineMotion Line(int line)
    {
        ScanCell first = _plan.CellOf(line * _plan.LineLength);
        double translation_mm = _plan.Position_um(first.Translation) * MillimetresPerMicrometre;
        double rotation_deg = _plan.Angle_deg(first.Rotation);
        (double fast, double slow) = _plan.Path.LinesRunOverRotations ? (rotation_deg, translation_mm) : (translation_mm, rotation_deg);
        return new LineMotion(slow, fast, _plan.IsBackward(line) ? -_step : _step, _plan.LineLength, (Velocity * Lead_s) + (_step / 2));
    }

    private static (double Lowest, double Highest) RangeOf(IEnumerable<double> positions) =>
        positions.Aggregate((Lowest: double.MaxValue, Highest: double.MinValue), (range, p) => (Math.Min(range.Lowest, p), Math.Max(range.Highest, p)));

    private static void Check(StageAxis axis, (double Lowest, double Highest) range)
    {
        if (range.Lowest < axis.Lower || range.Highest > axis.Upper)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"the scan needs the {axis.Device} from {range.Lowest:G5} to {range.Highest:G5} {axis.Unit}, run-up and run-out included, and it goes {axis.Lower:G5} to {axis.Upper:G5} {axis.Unit}"));
        }
    }
}
