using System.Globalization;
using System.Text;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Stages;

namespace XrdCt.Live.Server.Steering;

/// <summary>An ROI scan as a macro for SPEC, with its standard macros <c>umv</c>, <c>umvr</c> and <c>ascan</c> (motor, start, finish, intervals, time).</summary>
internal static class SpecMacro
{
    // A line of SPEC's must stay below 2,048 characters.
    private const int NumbersPerLine = 100;

    /// <summary>The text of the macro <c>xrdct_roi_N</c>.</summary>
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
        string start = MacroText.Number(fastFirst), finish = MacroText.Number(fastFirst + (fastStep * (scan.LineLength - 1)));
        var text = new StringBuilder();
        foreach (string line in MacroText.Head(plan, title))
        {
            text.Append(CultureInfo.InvariantCulture, $"# {line}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"def xrdct_roi_{plan.Number} '{{\n");
        if (plan.Obstacle is { } obstacle)
        {
            text.Append(CultureInfo.InvariantCulture, $"  print \"{obstacle}\"\n  exit\n");
        }

        IReadOnlyList<int>? lines = MacroText.Lines(scan);
        text.Append(lines is null ? "  local i\n" : "  local i line numbers\n");
        bool isRelative = plan.Moves.Any(m => m.To_mm is null);
        foreach (IReadOnlyList<(string Motor, double Place_mm)> step in plan.Moves.Count > 0 ? MacroText.Steps(plan, isRelative) : [])
        {
            text.Append(CultureInfo.InvariantCulture, $"  {(isRelative ? "umvr" : "umv")} {string.Join(' ', step.Select(s => $"{s.Motor} {MacroText.Number(s.Place_mm)}"))}\n");
        }

        if (lines is not null)
        {
            text.Append("  numbers = \"\"\n");
            foreach (int[] some in lines.Chunk(NumbersPerLine))
            {
                text.Append(CultureInfo.InvariantCulture, $"  numbers = numbers \"{string.Concat(some.Select(n => $"{n} "))}\"\n");
            }

            text.Append("  split(numbers, line)\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"  for (i = 0; i < {scan.LineCount}; i++) {{\n");
        text.Append(CultureInfo.InvariantCulture, $"    umv {slow} ({MacroText.Number(slowFirst)}+{MacroText.Exact(slowStep)}*{(lines is null ? "i" : "line[i]")})\n");
        string further = MacroText.LineOffset(scan) is { } offset ? $"+{offset}*i" : "";
        string forward = $"ascan {fast} {(further.Length > 0 ? $"({start}{further}) ({finish}{further})" : $"{start} {finish}")} {scan.LineLength - 1} {MacroText.Exact(plan.FrameTime_s)}";
        text.Append(scan.Path.IsZigzag
            ? $"    if (i % 2) {{\n      ascan {fast} {finish} {start} {scan.LineLength - 1} {MacroText.Exact(plan.FrameTime_s)}\n    }} else {{\n      {forward}\n    }}\n"
            : $"    {forward}\n");
        text.Append("  }\n}'\n");
        return text.ToString();
    }
}
