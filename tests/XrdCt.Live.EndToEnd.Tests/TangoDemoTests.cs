using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>
/// The closed loop: a coarse scan on real Tango stages, a place that is taken on the page in a real browser, stages that go there, and the scan of that place.
/// </summary>
public sealed partial class TangoDemoTests
{
    [Fact]
    public async Task Demo_PlaceTakenOnThePage_StagesGoThereAndItsScanLiesThere()
    {
        await TangoPrograms.RequireAsync();
        string whyNot = await Browser.WhyNotAsync();
        Assert.SkipUnless(whyNot.Length == 0, whyNot);
        using var folder = new WorkFolder();
        string results = folder["results"];
        await using RunningProgram demo = RunningProgram.Start(
            BuiltProgram.Xrdct, "demo", "--tango", "--translations", "31", "--rotations", "24", "--no-browser", "--port", "0", "--output", results);
        string token = (await demo.LineAsync(line => line.StartsWith("the stages are moved by", StringComparison.Ordinal))).Split(' ')[^1];
        string page = (await demo.LineAsync(line => line.StartsWith("live page: ", StringComparison.Ordinal)))["live page: ".Length..];
        await using RunningProgram steered = RunningProgram.StartCommand(
            "steer.mjs", "node", [Path.Combine(Browser.Folder, "steer.mjs"), $"{page}#operator={token}", DemoScan.Screenshots, Browser.Chromium]);
        FinishedProgram looked = await steered.EndAsync();
        looked.Succeeded();
        await demo.InterruptAsync();
        FinishedProgram ended = await demo.EndAsync();
        ended.Succeeded();

        JsonElement seen = looked.Json();
        Assert.Empty(seen.GetProperty("errors").EnumerateArray());
        Assert.DoesNotContain(token, seen.GetProperty("address").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, seen.GetProperty("buttonsWhileMeasuring").GetInt32());
        Assert.Equal((2, 1), (seen.GetProperty("proposed").GetProperty("moves").GetArrayLength(), seen.GetProperty("proposed").GetProperty("left").GetInt32()));
        Assert.InRange(seen.GetProperty("again").GetInt32(), 1, 3);
        string[] saved = [.. ended.Output.Split('\n').Where(l => l.StartsWith("saved: ", StringComparison.Ordinal)).Select(l => l["saved: ".Length..].Trim())];
        Assert.Equal(2, saved.Length);
        Assert.Equal($"ROI 1 was measured: {saved[1]}.", seen.GetProperty("measured").GetString());

        // Which place it was: -(px, py), as the devices told where they came to stand.
        double[] motors_mm = [.. seen.GetProperty("there").GetProperty("motors_mm").EnumerateArray().Select(m => m.GetDouble())];
        Match title = Place().Match(saved[1]);
        (double x_um, double y_um) = (Number(title.Groups[1]), Number(title.Groups[2]));
        Assert.Equal([-x_um / 1000, -y_um / 1000], motors_mm, (a, b) => Math.Abs(a - b) < 0.0006);

        JsonElement compared = await ForeignPython.RunAsync("compare_slices.py", ["h5py", "numpy", "scipy"], saved[0], saved[1]);
        JsonElement said = compared.GetProperty("said");
        Assert.Equal("completion", said.GetProperty("mode").GetString());
        Assert.StartsWith("fitted on ", said.GetProperty("status").GetString());
        Assert.Equal(x_um, said.GetProperty("x").GetDouble(), 3.0);
        Assert.Equal(y_um, said.GetProperty("y").GetDouble(), 3.0);
        Assert.InRange(compared.GetProperty("level").GetDouble(), 0.97, 1.03);

        // Who moved what from where to where: two motors, by way of the side from which targets are met.
        JsonElement[] moves = [.. File.ReadLines(Path.Combine(results, "moves.jsonl")).Select(l => JsonElement.Parse(l)).Where(l => l.GetProperty("event").GetString() == "done")];
        Assert.Equal(["px", "py", "px", "py"], moves.Select(m => m.GetProperty("device").GetString()));
        Assert.Equal(motors_mm[0] * 1000, moves[2].GetProperty("to").GetDouble(), 0.1);
        Assert.Equal(moves[2].GetProperty("to").GetDouble() - 5, moves[0].GetProperty("to").GetDouble(), 0.1);
        Assert.All(moves, m => Assert.Matches("^[A-Za-z0-9_.-]+$", m.GetProperty("operator").GetString()));
    }

    private static double Number(Group text) => double.Parse(text.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("ROI_1_at_(-?[0-9.]+)_(-?[0-9.]+)_")]
    private static partial Regex Place();
}
