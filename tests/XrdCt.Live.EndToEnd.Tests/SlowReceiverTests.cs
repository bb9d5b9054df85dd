using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>The simulated detector loses nothing at its end, however far behind the receiver is.</summary>
public sealed class SlowReceiverTests
{
    [Fact]
    public async Task Scan_ReceiverFarBehindAtTheEnd_GetsEveryImage()
    {
        int port = FreePort.Find();
        await using RunningProgram receiver = await ForeignPython.StartAsync("receive_slowly.py", ["zmq"], $"{port}");
        FinishedProgram scan = await RunningProgram.RunAsync(
            BuiltProgram.Simulator,
            "scan", "--to", $"tcp://127.0.0.1:{port}", "--translations", "6", "--rotations", "3", "--step-um", "150");
        scan.Succeeded();
        FinishedProgram received = await receiver.EndAsync();
        received.Succeeded();
        Assert.Contains("images 18", received.Output);
    }
}
