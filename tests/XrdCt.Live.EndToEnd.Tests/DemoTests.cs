using System.Globalization;
using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>The demo: its map is the phantom, and a person in front of the page sees it grow.</summary>
public sealed class DemoTests(DemoScan demo) : IClassFixture<DemoScan>
{
    private const int Cells = DemoScan.Translations * DemoScan.Rotations;

    /// <summary>The finished map against the phantom blurred to the grid of the scan.</summary>
    private const double SameMap = 0.9;

    /// <summary>
    /// The disc itself is round: any orientation correlates well; the particles and voids must tell the right one.
    /// </summary>
    private const double Margin = 0.1;

    /// <summary>
    /// An empty pane has a dozen colours (frame, letters and their soft edges); a drawn map has hundreds.
    /// </summary>
    private const int ManyColours = 150;

    /// <summary>Neighbours in a slice differ so much less with Hann's filter than with Shepp and Logan's.</summary>
    private const double Smoother = 0.7;

    private static readonly string[] Changes =
    [
        "xrdct: 127.0.0.1 changed the reconstruction: filter shepp-logan → hann",
        "xrdct: 127.0.0.1 changed the reconstruction: axis from the data → 1.5 px",
        "xrdct: 127.0.0.1 changed the reconstruction: axis 1.5 px → from the data",
    ];

    [Fact]
    public void Demo_Finished_SaysWhatItDid()
    {
        Assert.Equal(0, demo.Ended!.ExitCode);
        Assert.Equal(demo.Seen is null ? [] : [.. Changes, .. ZoneChanges()], demo.Ended.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("Complete", demo.Summary.GetProperty("phase").GetString());
        Assert.Equal(Cells, demo.Summary.GetProperty("cells").GetInt32());
        Assert.Equal(Cells, demo.Summary.GetProperty("counters").GetProperty("placed").GetInt32());
        Assert.True(demo.Summary.GetProperty("rate_hz").GetDouble() > 0);
        Assert.True(demo.Summary.GetProperty("latency_ms").GetDouble() > 0);
        Assert.True(File.Exists(demo.Saved));
    }

    [Fact]
    public async Task Demo_FinishedMap_IsThePhantomTheRightWayUp()
    {
        double step_um = (await ForeignPython.ReadScanAsync(demo.Saved)).GetProperty("step_um").GetDouble();
        FinishedProgram truth = await RunningProgram.RunAsync(
            BuiltProgram.Simulator,
            "truth", "--translations", $"{DemoScan.Translations}", "--rotations", $"{DemoScan.Rotations}",
            "--step-um", FormattableString.Invariant($"{step_um}"), "--output", demo["truth.npy"]);
        truth.Succeeded();
        JsonElement file = await ForeignPython.ReadScanAsync(
            demo.Saved, "--truth", demo["truth.npy"], "--channel", "NMC (003)");

        Assert.Equal(DemoScan.Rotations, file.GetProperty("projections").GetInt32());
        Dictionary<string, double> correlations =
            file.GetProperty("correlations").EnumerateObject().ToDictionary(c => c.Name, c => c.Value.GetDouble());
        string all = string.Join(", ", correlations.Select(c => $"{c.Key} {c.Value:F3}"));
        TestContext.Current.SendDiagnosticMessage(all);
        Assert.True(correlations.Remove("as it is", out double asItIs));
        Assert.True(asItIs >= SameMap, all);
        Assert.All(correlations, other => Assert.True(other.Value < asItIs - Margin, all));
        JsonElement made = file.GetProperty("reconstruction");
        Assert.Equal((demo.Seen is null ? "shepp-logan" : "hann", 0), (made.GetProperty("filter").GetString(), made.GetProperty("axis_set_by_operator").GetInt32()));
        Assert.True(file.GetProperty("roi_count").GetInt32() > 0, "no place for the ROI was suggested");

        // The one zone that was drawn and left stands in the file, and the places there keep off it.
        double[][] forbidden = [.. file.GetProperty("forbidden_um").EnumerateArray().Select(Numbers)];
        Assert.Equal(demo.Seen is null ? [] : [Zone()], forbidden);
        Assert.All(forbidden, z => Assert.All(file.GetProperty("roi_um").EnumerateArray().Select(Numbers), c => Assert.True(IsClear(c, z))));
    }

    [Fact]
    public void Page_MidScan_ShowsTheScanGrowing()
    {
        JsonElement seen = Seen("middle");
        Assert.Equal("Running", seen.GetProperty("phase").GetString());
        Assert.InRange(seen.GetProperty("progress").GetDouble(), 0.45, 0.999);
        Assert.True(seen.GetProperty("slice_colours").GetInt32() > ManyColours, "the slice is not drawn");
        Assert.True(seen.GetProperty("sinogram_colours").GetInt32() > ManyColours, "the sinogram is not drawn");
        Assert.True(seen.GetProperty("rate_hz").GetDouble() > 0);
        Assert.True(seen.GetProperty("latency_ms").GetDouble() > 0);
        Assert.Contains("ROI", seen.GetProperty("roi").GetString());
        Assert.Empty(seen.GetProperty("banners").EnumerateArray());

        // The visitor is told what it is and how long it takes.
        Assert.Contains("2040 full-size frames", seen.GetProperty("body").GetString());
    }

    [Fact]
    public void Page_AtTheEnd_ShowsTheResult()
    {
        JsonElement seen = Seen("end");
        Assert.Equal("Complete", seen.GetProperty("phase").GetString());
        Assert.Equal(1, seen.GetProperty("progress").GetDouble());
        Assert.True(seen.GetProperty("slice_colours").GetInt32() > ManyColours, "the slice is not drawn");
        Assert.Contains("ROI", seen.GetProperty("roi").GetString());
        Assert.Equal(demo.Saved, seen.GetProperty("saved").GetString());
        Assert.StartsWith("100 %", seen.GetProperty("title").GetString());
        JsonElement shown = seen.GetProperty("counters");
        Assert.Equal(Cells, shown.GetProperty("placed").GetInt32());
        Assert.Equal(Cells, shown.GetProperty("received").GetInt32());
        Assert.Equal(0, shown.GetProperty("missing").GetInt32());
        Assert.Equal(12, shown.EnumerateObject().Count());
        Assert.Equal(0, seen.GetProperty("overflow_px").GetInt32());
    }

    [Fact]
    public void Page_EveryChannel_HasItsOwnMap()
    {
        JsonElement channels = Report().GetProperty("channels");
        Assert.Equal(
            ["NMC (003)", "NMC (104)", "total", "spottiness"],
            channels.EnumerateArray().Select(c => c.GetProperty("name").GetString()));
        Assert.All(
            channels.EnumerateArray(),
            c => Assert.True(c.GetProperty("slice_colours").GetInt32() > ManyColours));
        Assert.True(Report().GetProperty("noise_colours").GetInt32() > ManyColours, "the noise map is not drawn");
    }

    [Fact]
    public void Page_OnASmallScreen_KeepsItsPanelsApart()
    {
        JsonElement small = Report().GetProperty("small");
        Assert.Empty(small.GetProperty("overlaps").EnumerateArray().Select(o => o.GetString()));
        Assert.Equal(0, small.GetProperty("overflow_px").GetInt32());
    }

    [Fact]
    public void Page_FilterChangedMidScan_IsSeenInTheSliceAndByAll()
    {
        JsonElement changed = Report().GetProperty("changed");
        double before = changed.GetProperty("before").GetDouble();
        double after = changed.GetProperty("after").GetDouble();
        Assert.True(after < Smoother * before, $"neighbours differ by {before:G3} before and {after:G3} after");
        Assert.Equal("hann", changed.GetProperty("shown").GetString());
        Assert.StartsWith("from the data (", changed.GetProperty("placeholder").GetString());

        // While it ran, and when it was over.
        Assert.Equal([200, 409], changed.GetProperty("posted").EnumerateArray().Select(s => s.GetInt32()));
        Assert.True(changed.GetProperty("fixed").GetBoolean());
    }

    [Fact]
    public void Page_ZoneDrawnOverTheSuggestion_MovesItAwayAndIsListed()
    {
        JsonElement forbidden = Report().GetProperty("forbidden");
        double[] zone = Zone();
        double[] before = Circle(forbidden.GetProperty("before"));
        Assert.Equal(1, forbidden.GetProperty("sketched").GetInt32());

        // Centre and half the radius of the circle that it was drawn over, to the pixels of the screen.
        Assert.InRange(Math.Sqrt(Math.Pow(zone[0] - before[0], 2) + Math.Pow(zone[1] - before[1], 2)), 0, 5);
        Assert.InRange(zone[2], (before[2] / 2) - 5, (before[2] / 2) + 5);
        Assert.NotEmpty(forbidden.GetProperty("after").EnumerateArray());
        Assert.All(forbidden.GetProperty("after").EnumerateArray(), c => Assert.True(IsClear(Circle(c), zone)));
        Assert.EndsWith($"· r {Math.Round(zone[2], MidpointRounding.AwayFromZero)} µm×", forbidden.GetProperty("entry").GetString());

        // What others forbid is shown and can be taken back; after the scan nothing can.
        Assert.Equal([200, 409], forbidden.GetProperty("posted").EnumerateArray().Select(s => s.GetInt32()));
        Assert.Equal("false", forbidden.GetProperty("isDrawing").GetString());
        Assert.Equal((0, 1), (forbidden.GetProperty("tools").GetInt32(), forbidden.GetProperty("entries").GetInt32()));
    }

    [Fact]
    public void Page_PointerOverTheSlice_ShowsThePatternOfTheVoxel()
    {
        JsonElement voxel = Report().GetProperty("voxel");
        Assert.StartsWith("voxel (", voxel.GetProperty("key").GetString());
        Assert.Equal(2048, voxel.GetProperty("bins").GetInt32());

        // All bins that the detector sees, and a powder in the middle of the electrode.
        Assert.InRange(voxel.GetProperty("finite").GetInt32(), 1900, 2048);
        Assert.True(voxel.GetProperty("brightest").GetDouble() > 0);
    }

    [Fact]
    public void Page_AllTheTime_HasNoErrorsAndAsksNobodyElse()
    {
        Assert.Empty(Report().GetProperty("complaints").EnumerateArray().Select(c => c.GetString()));
        Assert.Empty(Report().GetProperty("foreign").EnumerateArray().Select(c => c.GetString()));
    }

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(n => n.GetDouble())];

    private static double[] Circle(JsonElement c) => [c.GetProperty("x_um").GetDouble(), c.GetProperty("y_um").GetDouble(), c.GetProperty("radius_um").GetDouble()];

    private static bool IsClear(double[] circle, double[] zone) =>
        Math.Sqrt(Math.Pow(circle[0] - zone[0], 2) + Math.Pow(circle[1] - zone[1], 2)) >= circle[2] + zone[2];

    private double[] Zone() => Circle(Report().GetProperty("forbidden").GetProperty("zone"));

    private IEnumerable<string> ZoneChanges()
    {
        double[] zone = Zone();
        return new[]
        {
            string.Create(CultureInfo.InvariantCulture, $"added {zone[2]} µm around ({zone[0]}, {zone[1]}) µm"),
            "added 20 µm around (300, -300) µm", "removed 20 µm around (300, -300) µm",
            "added 40 µm around (-400, -400) µm", "removed 40 µm around (-400, -400) µm",
        }.Select(change => $"xrdct: 127.0.0.1 changed the forbidden zones: {change}");
    }

    private JsonElement Seen(string when) => Report().GetProperty(when);

    private JsonElement Report()
    {
        if (demo.Seen is null)
        {
            Assert.Skip(demo.WhyNoBrowser);
        }

        return demo.Seen!.Succeeded().Json();
    }
}
