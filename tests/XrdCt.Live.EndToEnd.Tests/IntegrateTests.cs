using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>The program on a series of frames, as a shell starts it.</summary>
public sealed class IntegrateTests
{
    [Fact]
    public async Task Integrate_QuotedPatternWithADamagedFrame_SaysWhichAndKeepsTheRest()
    {
        using var folder = new WorkFolder();
        FinishedProgram made = await RunningProgram.RunAsync(
            BuiltProgram.Simulator, "frame", "--output", folder["f_9.edf"]);
        made.Succeeded();
        byte[] frame = await File.ReadAllBytesAsync(folder["f_9.edf"], TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(folder["f_10.edf"], frame[..(frame.Length / 2)], TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(folder["f_11.edf"], frame, TestContext.Current.CancellationToken);

        FinishedProgram run = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct, "integrate", folder["f_*.edf"], "--poni", Path.Combine(BuiltProgram.Config, "demo.poni"), "--output", folder["out.h5"], "--json");

        run.FailedWith(1, "f_10.edf");
        JsonElement summary = run.Json();
        Assert.Equal(3, summary.GetProperty("frames").GetInt32());
        Assert.Equal(2, summary.GetProperty("integrated").GetInt32());
        JsonElement failure = Assert.Single(summary.GetProperty("failures").EnumerateArray());
        Assert.EndsWith("f_10.edf", failure.GetProperty("file").GetString(), StringComparison.Ordinal);
        Assert.Equal([folder["out.h5"]], summary.GetProperty("written").EnumerateArray().Select(w => w.GetString()));
    }
}
