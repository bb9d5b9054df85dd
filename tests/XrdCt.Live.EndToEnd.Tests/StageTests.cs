using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>A stage that turns back after every line, with backlash, although the configuration says that it does not.</summary>
public sealed class StageTests
{
    [Fact]
    public async Task Run_ZigzagSaidToBeARaster_IsReportedAndSavedAsWhatItWas()
    {
        using var folder = new WorkFolder();
        int port = FreePort.Find();
        var said = new BeamlineFile { DetectorPort = port, Order = "translation-fast" };
        BeamlineFile truth = said with { Order = "translation-fast-zigzag" };
        await using RunningProgram simulator = RunningProgram.Start(
            BuiltProgram.Simulator, truth.SimulatorOptions("--seed", "5", "--backlash-um", "35"));
        FinishedProgram run = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct, BeamlineFile.RunOptions(said.Write(folder), folder, "--json"));
        run.Succeeded();
        (await simulator.EndAsync()).Succeeded();

        JsonElement stage = (await ForeignPython.ReadScanAsync(run.Json().GetProperty("saved").GetString()!)).GetProperty("stage");
        Assert.Equal("translation-fast", stage.GetProperty("configured_order").GetString());
        Assert.Equal("translation-fast-zigzag", stage.GetProperty("order").GetString());
        Assert.Equal("zigzag", stage.GetProperty("direction_of_data").GetString());
        Assert.Contains("not translation-fast as the configuration says", stage.GetProperty("remark").GetString());
        Assert.Equal(35 / 50.0, stage.GetProperty("line_shift").GetDouble(), 0.15);
        Assert.Equal(stage.GetProperty("line_shift").GetDouble(), stage.GetProperty("line_shift_applied").GetDouble());
    }
}
