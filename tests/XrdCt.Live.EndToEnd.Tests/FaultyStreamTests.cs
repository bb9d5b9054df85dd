using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>
/// Dropped, repeated and shuffled frames change nothing but the flagged cells, and the counters say what happened.
/// </summary>
public sealed class FaultyStreamTests
{
    [Theory]
    [InlineData("interlaced")]
    [InlineData("rotation-fast-zigzag")]
    public async Task Run_DroppedRepeatedShuffledFrames_ChangeOnlyTheFlaggedCells(string order)
    {
        using var folder = new WorkFolder();
        (JsonElement clean, _) = await ScanAsync(folder, order, exitCode: 0);
        (JsonElement faulty, JsonElement sent) =
            await ScanAsync(folder, order, exitCode: 1, "--drop", "1", "--repeat", "1", "--shuffle", "20");
        int cells = 21 * 15;
        int[] dropped = [.. sent.GetProperty("dropped").EnumerateArray().Select(i => i.GetInt32())];
        int repeated = sent.GetProperty("repeated").GetArrayLength();
        Assert.Equal((3, 3), (dropped.Length, repeated));

        JsonElement file = await ForeignPython.ReadScanAsync(
            faulty.GetProperty("saved").GetString()!, "--compare", clean.GetProperty("saved").GetString()!);
        Assert.Equal(0, file.GetProperty("cells_differing").GetInt32());
        Assert.Equal(0, file.GetProperty("channel_cells_differing").GetInt32());
        Assert.Equal(0, file.GetProperty("clean_cells_equal_to_their_neighbour").GetInt32());
        Assert.True(file.GetProperty("nan_where_uncovered").GetBoolean());
        Assert.True(file.GetProperty("channel_nan_where_uncovered").GetBoolean());
        Assert.Equal(cells - dropped.Length, file.GetProperty("covered").GetInt32());
        Assert.Equal(
            dropped.Select(i => Cell(order, i)).Order(),
            file.GetProperty("uncovered").EnumerateArray().Select(c => (c[0].GetInt32(), c[1].GetInt32())).Order());

        Dictionary<string, long> expected = new()
        {
            ["received"] = sent.GetProperty("sent").GetInt64(),
            ["integrated"] = sent.GetProperty("sent").GetInt64(),
            ["placed"] = cells - dropped.Length,
            ["duplicate"] = repeated,
            ["missing"] = dropped.Length,
            ["out_of_order"] = sent.GetProperty("out_of_order").GetInt64(),
            ["malformed"] = 0,
            ["truncated"] = 0,
            ["wrong_shape"] = 0,
            ["foreign_series"] = 0,
            ["outside_plan"] = 0,
            ["before_header"] = 0,
        };
        Assert.True(expected["out_of_order"] > 0);
        Assert.Equal(expected, Counters(faulty));
        Assert.Equal(expected, Counters(file));
        Assert.Equal("Incomplete", faulty.GetProperty("phase").GetString());
        Assert.All(
            Counters(clean),
            c => Assert.True(c.Value == (c.Key is "received" or "integrated" or "placed" ? cells : 0)));
    }

    private static async Task<(JsonElement Summary, JsonElement Sent)> ScanAsync(
        WorkFolder folder, string order, int exitCode, params string[] faults)
    {
        var beamline = new BeamlineFile { DetectorPort = FreePort.Find(), Order = order };
        await using RunningProgram simulator = RunningProgram.Start(
            BuiltProgram.Simulator, beamline.SimulatorOptions(["--seed", "5", .. faults]));
        FinishedProgram run = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(beamline.Write(folder), folder, "--json"));
        if (exitCode == 0)
        {
            run.Succeeded();
        }
        else
        {
            run.FailedWith(exitCode, "3 of 315 frames missing");
        }

        return (run.Json(), (await simulator.EndAsync()).Succeeded().Json());
    }

    /// <summary>
    /// Translation and rotation of a frame, worked out anew: the program's own table is what is tested.
    /// </summary>
    private static (int Translation, int Rotation) Cell(string order, int index)
    {
        if (order == "interlaced")
        {
            // Every fourth angle from 0, then from 2, 1 and 3.
            int[] lines = [0, 4, 8, 12, 2, 6, 10, 14, 1, 5, 9, 13, 3, 7, 11];
            return (index % 21, lines[index / 21]);
        }

        int translation = index / 15;
        int step = index % 15;
        return (translation, translation % 2 == 0 ? step : 14 - step);
    }

    private static Dictionary<string, long> Counters(JsonElement owner) =>
        owner.GetProperty("counters").EnumerateObject().ToDictionary(c => c.Name, c => c.Value.GetInt64());
}
