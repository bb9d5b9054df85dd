using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Stages;
using XrdCt.Live.Server.Steering;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Steering;

/// <summary>Macros for BLISS and SPEC: run with motors that only write down where they are.</summary>
public sealed partial class MacroTests
{
    public static TheoryData<string> Orders => [.. ScanPath.ByName.Keys.Where(order => order != "positions")];

    [Theory]
    [MemberData(nameof(Orders))]
    public void Bliss_RunByPython_MeasuresTheFramesOfThePlanInTheirOrder(string order)
    {
        RoiScanPlan plan = RoiScanPlans.At(120, -80, order, RoiScanPlans.Stages());
        JsonElement ran = RunBliss(BlissMacro.Of(plan, "a \"title\"\n# of two lines"));

        Check(plan, [.. ran.GetProperty("frames").EnumerateArray().Select(f => (f.GetProperty("ty").GetDouble(), f.GetProperty("rot").GetDouble()))]);
        JsonElement there = ran.GetProperty("frames")[0];
        Assert.Equal((0.37, 0.33), (Math.Round(there.GetProperty("px").GetDouble(), 9), Math.Round(there.GetProperty("py").GetDouble(), 9)));
        Assert.Equal(0.004, ran.GetProperty("time").GetDouble());
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Spec_Read_MeasuresTheFramesOfThePlanInTheirOrder(string order)
    {
        RoiScanPlan plan = RoiScanPlans.At(120, -80, order, RoiScanPlans.Stages());
        Check(plan, RunSpec(SpecMacro.Of(plan, "a title")));
    }

    [Fact]
    public void Zeros_WithoutStages_AreThoseOfTheReadings()
    {
        RoiScanPlan plan = RoiScanPlans.At(0, 0, "translation-fast", null) with { FrameTime_s = 1 / 3000.0 };
        string bliss = BlissMacro.Of(plan, "t"), spec = SpecMacro.Of(plan, "t");

        // The axis is 4 µm beyond the zero at 1.5 mm, and the scan reaches 6 µm to either side.
        Assert.Contains("    positions = [1.498 + 0.0015 * i for i in range(9)]\n", bliss, StringComparison.Ordinal);
        Assert.Contains("        umv(rotation, 10 + 22.5 * line)\n        scan_line(translation, positions, 0.000333333333333)\n", bliss, StringComparison.Ordinal);
        Assert.Contains("    ascan translation 1.498 1.51 8 0.000333333333333\n", spec, StringComparison.Ordinal);
        Assert.Equal(1.504, plan.Axis_mm, 1e-12);
    }

    [Fact]
    public void Moves_WithBacklash_MeetTheTargetFromTheSameSide()
    {
        // px moves the sample to −x: for −120 µm it goes by −0.12 mm, and meets its target from below.
        string bliss = BlissMacro.Of(RoiScanPlans.At(-120, 80, "translation-fast", RoiScanPlans.Stages(backlash_um: 5)), "t");
        Assert.Contains("    umv(px, 0.125, py, 0.17)\n    umv(px, 0.13, py, 0.17)\n", bliss, StringComparison.Ordinal);
        Assert.Contains("    umv(px, 0.365, py, 0.17)\n    umv(px, 0.37, py, 0.17)\n    positions", BlissMacro.Of(RoiScanPlans.At(120, 80, "translation-fast", RoiScanPlans.Stages(backlash_um: 5)), "t"), StringComparison.Ordinal);
        string spec = SpecMacro.Of(RoiScanPlans.At(-120, 80, "translation-fast", RoiScanPlans.Stages(null, backlash_um: 5)), "t");
        Assert.Contains("  umvr px -0.125 py -0.08\n  umvr px 0.005 py 0\n", spec, StringComparison.Ordinal);
    }

    [Fact]
    public void Obstacle_BeyondALimit_MakesAMacroThatRefuses()
    {
        RoiScanPlan plan = RoiScanPlans.At(1900, 0, "translation-fast", RoiScanPlans.Stages());
        Assert.Equal("px would go to 2.1500 mm, beyond its limits -2 to 2 mm", plan.Obstacle);
        Assert.Contains("RuntimeError", RunBliss(BlissMacro.Of(plan, "t")).GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("  print \"px would go to 2.1500 mm, beyond its limits -2 to 2 mm\"\n  exit\n", SpecMacro.Of(plan, "t"), StringComparison.Ordinal);
    }

    [Fact]
    public void Translation_BeyondItsLimits_IsAnObstacle()
    {
        SampleStages stages = RoiScanPlans.Stages();
        stages = stages with { Translation = stages.Translation! with { Lowest_mm = 1.491 } };

        // The axis is at 1.5 − 0.004 mm, and the scan reaches 6 µm to either side.
        Assert.StartsWith("ty would go to 1.4900 mm", RoiScanPlans.At(0, 0, "translation-fast", stages).Obstacle, StringComparison.Ordinal);
    }

    [Fact]
    public void Duration_FramesLinesAndTheWay_AddUp()
    {
        RoiScanPlan plan = RoiScanPlans.At(120, -80, "rotation-fast", RoiScanPlans.Stages()) with { Slices = 3, SliceStep_um = 2 };
        Assert.Equal(216, plan.FrameCount);
        Assert.Equal((216 * 0.004) + (27 * 0.5) + 0.24, plan.Duration_s, 1e-9);
    }

    // Where the stage is for each frame, and where the plan has the frame.
    private static void Check(RoiScanPlan plan, IReadOnlyList<(double Translation_mm, double Rotation_deg)> frames)
    {
        ScanPlan scan = plan.Scan;
        Assert.Equal(scan.CellCount, frames.Count);
        for (int index = 0; index < frames.Count; index++)
        {
            ScanCell cell = scan.CellOf(index);
            double translation_um = scan.Position_um(cell.Translation), rotation_deg = scan.Angle_deg(cell.Rotation);
            (double x_um, double angle_deg) = (1000 * (1.5 - frames[index].Translation_mm) - 4, frames[index].Rotation_deg - 10);

            // A ray is the same seen from behind.
            double turns = Math.Round((angle_deg - rotation_deg) / 180);
            Assert.Equal(rotation_deg + (180 * turns), angle_deg, 1e-6);
            Assert.Equal(turns % 2 == 0 ? translation_um : -translation_um, x_um, 1e-6);
        }
    }

    private static JsonElement RunBliss(string macro)
    {
        using TemporaryFolder folder = new();
        string script = folder.File("run.py");
        File.WriteAllText(script, $$"""
            import json
            px, py, ty, rot = "px", "py", "ty", "rot"
            at = {"px": 0.25, "py": 0.25, "ty": 0.0, "rot": 0.0}
            frames, times, error = [], set(), ""
            def umv(*moves):
                at.update(zip(moves[::2], moves[1::2]))
            def umvr(*moves):
                at.update((m, at[m] + by) for m, by in zip(moves[::2], moves[1::2]))
            def pointscan(motor, positions, count_time):
                for position in positions:
                    at[motor] = position
                    times.add(count_time)
                    frames.append(dict(at))
            {{macro}}
            try:
                xrdct_roi_2()
            except RuntimeError as e:
                error = repr(e)
            print(json.dumps({"frames": frames, "time": max(times, default=0), "error": error}))
            """);
        using var python = Process.Start(new ProcessStartInfo("python3", [script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = python.StandardOutput.ReadToEnd();
        string errors = python.StandardError.ReadToEnd();
        python.WaitForExit();
        Assert.True(python.ExitCode == 0, errors);
        return JsonDocument.Parse(output).RootElement;
    }

    // As much of SPEC as the macro uses.
    private static List<(double, double)> RunSpec(string macro)
    {
        Match loop = Loop().Match(macro);
        int[] lines = [.. Numbers().Matches(macro).SelectMany(m => m.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(int.Parse)];
        string[] scans = [.. macro.Split('\n').Where(l => l.TrimStart().StartsWith("ascan ", StringComparison.Ordinal))];
        Match slow = Slow().Match(macro);
        var at = new Dictionary<string, double> { ["ty"] = 0, ["rot"] = 0 };
        var frames = new List<(double, double)>();
        for (int i = 0; i < int.Parse(loop.Groups[1].Value, CultureInfo.InvariantCulture); i++)
        {
            at[slow.Groups[1].Value] = Number(slow.Groups[2].Value) + (Number(slow.Groups[3].Value) * (slow.Groups[4].Value == "i" ? i : lines[i]));
            string[] scan = scans[scans.Length == 2 && i % 2 == 0 ? 1 : 0].Trim().Split(' ');
            (double start, double finish, int intervals) = (Place(scan[2], i), Place(scan[3], i), int.Parse(scan[4], CultureInfo.InvariantCulture));
            for (int k = 0; k <= intervals; k++)
            {
                at[scan[1]] = start + ((finish - start) * k / intervals);
                frames.Add((at["ty"], at["rot"]));
            }
        }

        return frames;

        double Place(string word, int i) => word.Trim('(', ')').Split('+') is [var first, var further] ? Number(first) + (Number(further.Split('*')[0]) * i) : Number(word);
        double Number(string word) => double.Parse(word, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"for \(i = 0; i < (\d+); i\+\+\)")]
    private static partial Regex Loop();

    [GeneratedRegex(@"numbers ""([\d ]+)""")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"umv (\w+) \(([-\d.]+)\+([-\d.E]+)\*(i|line\[i\])\)")]
    private static partial Regex Slow();
}
