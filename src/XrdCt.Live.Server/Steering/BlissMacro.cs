using System.Globalization;
using System.Text;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Stages;

namespace XrdCt.Live.Server.Steering;

/// <summary>
/// An ROI scan as a function for a BLISS session. Lines are measured with <c>pointscan(motor, positions, count_time)</c>, whose positions mean the same in every version
/// (<c>ascan</c> counted points once and intervals later); a beamline gives its own continuous scan instead.
/// </summary>
internal static class BlissMacro
{
    /// <summary>The text of the function <c>xrdct_roi_N</c>.</summary>
    /// <param name="plan">The scan.</param>
    /// <param name="title">Title of the coarse scan.</param>
    public static string Of(RoiScanPlan plan, string title)
    {
        ScanPlan scan = plan.Scan;
        bool isOverRotations = scan.Path.LinesRunOverRotations;
        string translation = plan.Stages?.Translation?.Name ?? "translation";
        string rotation = plan.Stages?.Rotation ?? "rotation";
        (string fast, string slow) = isOverRotations ? (rotation, translation) : (translation, rotation);
        (double fastFirst, double fastStep) = MacroText.Axis(plan, isTranslation: !isOverRotations);
        (double slowFirst, double slowStep) = MacroText.Axis(plan, isTranslation: isOverRotations);
        var text = new StringBuilder();
        foreach (string line in MacroText.Head(plan, title))
        {
            text.Append(CultureInfo.InvariantCulture, $"# {line}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"def xrdct_roi_{plan.Number}(scan_line=pointscan):\n");
        if (plan.Obstacle is { } obstacle)
        {
            text.Append(CultureInfo.InvariantCulture, $"    raise RuntimeError(\"{obstacle}\")\n");
        }

        bool isRelative = plan.Moves.Any(m => m.To_mm is null);
        foreach (IReadOnlyList<(string Motor, double Place_mm)> step in plan.Moves.Count > 0 ? MacroText.Steps(plan, isRelative) : [])
        {
            text.Append(CultureInfo.InvariantCulture, $"    {(isRelative ? "umvr" : "umv")}({string.Join(", ", step.Select(s => $"{s.Motor}, {MacroText.Number(s.Place_mm)}"))})\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"    positions = [{MacroText.Number(fastFirst)} + {MacroText.Exact(fastStep)} * i for i in range({scan.LineLength})]\n");
        string order = MacroText.Lines(scan) is { } lines ? $"[{string.Join(", ", lines)}]" : $"range({scan.LineCount})";
        text.Append(CultureInfo.InvariantCulture, $"    for number, line in enumerate({order}):\n");
        text.Append(CultureInfo.InvariantCulture, $"        umv({slow}, {MacroText.Number(slowFirst)} + {MacroText.Exact(slowStep)} * line)\n");
        string along = scan.Path.IsZigzag ? "positions[::-1] if number % 2 else positions"
            : MacroText.LineOffset(scan) is { } offset ? $"[p + {offset} * number for p in positions]"
            : "positions";
        text.Append(CultureInfo.InvariantCulture, $"        scan_line({fast}, {along}, {MacroText.Exact(plan.FrameTime_s)})\n");
        return text.ToString();
    }
}
