using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>
/// The bounded form of the kill loop: each way of dying once. The full form is in docs/robustness.md.
/// </summary>
public sealed class KillLoopTests
{
    [Fact]
    public async Task Run_SenderNetworkAndProcessorKilled_EveryFrameIsProcessedOrListed()
    {
        using var folder = new WorkFolder();
        await using RunningProgram loop = await ForeignPython.StartAsync(
            "kill_loop.py",
            ["zmq", "cbor2", "h5py", "numpy"],
            "--folder",
            folder.Path,
            "--rounds",
            "4",
            "--seed",
            "7",
            "--xrdct",
            "dotnet",
            BuiltProgram.Xrdct);
        JsonElement told = (await loop.EndAsync()).Succeeded().Json();

        Assert.Empty(told.GetProperty("problems").EnumerateArray().Select(p => p.GetString()));
        Assert.Equal(4, told.GetProperty("clean_series_complete").GetInt32());
        Assert.Equal(1, told.GetProperty("processor_kills").GetInt32());
    }
}
