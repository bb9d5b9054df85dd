using System.Globalization;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Stages;

namespace XrdCt.Live.Server.Steering;

/// <summary>What the macros of all control systems say: where the motors go, and in which order the lines are measured.</summary>
internal static class MacroText
{
    /// <summary>A number as all of them read it, to a hundredth of a micrometre.</summary>
    public static string Number(double value)
    {
        string text = value.ToString("0.#####", CultureInfo.InvariantCulture);
        return text == "-0" ? "0" : text;
    }

    /// <summary>A step as all of them read it: many of them must not add up to an error.</summary>
    public static string Exact(double step) => step.ToString("G12", CultureInfo.InvariantCulture);

    /// <summary>By how much the fast positions of a line lie beyond those of the line before it: a rotation that never turns back goes on; null for not at all.</summary>
    public static string? LineOffset(ScanPlan scan) => scan.Path.Order == ScanOrder.ContinuousRotation ? Number(scan.Range_deg) : null;

    /// <summary>Lines of comment at the top, without their marks.</summary>
    public static IEnumerable<string> Head(RoiScanPlan plan, string title)
    {
        TimeSpan duration = TimeSpan.FromSeconds(Math.Ceiling(plan.Duration_s));
        string[] lines =
        [
            string.Create(CultureInfo.InvariantCulture, $"ROI {plan.Number} of {OneLine(title)}: ({plan.X_um:F1}, {plan.Y_um:F1}) µm of the coarse slice comes onto the rotation axis."),
            string.Create(
                CultureInfo.InvariantCulture,
                $"{plan.Scan.TranslationCount} translations of {plan.Scan.Step_um:G6} µm × {plan.Scan.RotationCount} rotations{(plan.Slices > 1 ? $" × {plan.Slices} slices" : "")}, {plan.Scan.Path.Name}; about {duration:c}."),
            .. plan.Z_um != 0 ? (string[])[string.Create(CultureInfo.InvariantCulture, $"The slice {plan.Z_um:G6} µm above that of the coarse scan: move the sample there before.")] : [],
            .. plan.Moves.Any(m => m.To_mm is null) ? (string[])["Relative moves: the motors must stand where they stood during the coarse scan."] : [],
            .. plan.Slices > 1 ? (string[])[string.Create(CultureInfo.InvariantCulture, $"Measures one slice: move the sample by {plan.SliceStep_um:G6} µm along the axis and call it again.")] : [],
            .. plan.Obstacle is { } obstacle ? (string[])[$"DO NOT RUN: {obstacle}."] : [],
        ];
        return lines;
    }

    /// <summary>Moves of the motors on top, in the order in which they are made: first beyond the target, where they would meet it from the wrong side.</summary>
    public static IEnumerable<IReadOnlyList<(string Motor, double Place_mm)>> Steps(RoiScanPlan plan, bool isRelative)
    {
        if (plan.Moves.Any(m => m.Beyond_mm != 0))
        {
            yield return [.. plan.Moves.Select(m => (m.Motor.Name, isRelative ? m.By_mm + m.Beyond_mm : m.To_mm!.Value + m.Beyond_mm))];
        }

        yield return [.. plan.Moves.Select(m => (m.Motor.Name, isRelative ? -m.Beyond_mm + (plan.Moves.Any(o => o.Beyond_mm != 0) ? 0 : m.By_mm) : m.To_mm!.Value))];
    }

    /// <summary>Numbers of the lines' rotations (or translations) in the order in which they are measured; null where that is 0, 1, 2 and so on.</summary>
    public static IReadOnlyList<int>? Lines(ScanPlan scan)
    {
        // Of a rotation that never turns back the plan names the cell, which lies on the other side for every other line: the stage is not there.
        if (scan.Path.Order == ScanOrder.ContinuousRotation)
        {
            return null;
        }

        bool isOverRotations = scan.Path.LinesRunOverRotations;
        int[] lines =
        [
            .. Enumerable.Range(0, scan.LineCount).Select(line => scan.CellOf(line * scan.LineLength)).Select(cell => isOverRotations ? cell.Translation : cell.Rotation),
        ];
        return lines.SequenceEqual(Enumerable.Range(0, lines.Length)) ? null : lines;
    }

    /// <summary>First position of an axis and the distance of two: translations in mm of the motor, rotations in degrees.</summary>
    public static (double First, double Step) Axis(RoiScanPlan plan, bool isTranslation)
    {
        if (isTranslation)
        {
            return (plan.Translation_mm(0), plan.Translation_mm(1) - plan.Translation_mm(0));
        }

        return (plan.RotationZero_deg + plan.Scan.Angle_deg(0), plan.Scan.Step_deg);
    }

    // A title must not end a comment.
    private static string OneLine(string title) => string.Concat(title.Select(c => char.IsControl(c) ? ' ' : c));
}
