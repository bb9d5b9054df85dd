using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>The simulated detector loses nothing at its end, however far behind the receiver is.</summary>
public sealed class SlowReceiverTests
{
    [Fact]
    public async Task Scan_ReceiverFarBehindAtTheEnd_GetsEveryImage()
    {
        await using RunningProgram receiver = await ForeignPython.StartAsync("receive_slowly.py", ["zmq"]);
        string port = (await receiver.LineAsync(line => line.StartsWith("port ", StringComparison.Ordinal)))[5..];
        FinishedProgram scan = await RunningProgram.RunAsync(
            BuiltProgram.Simulator,
            "scan", "--connect", "--to", $"tcp://127.0.0.1:{port}", "--translations", "20", "--rotations", "3", "--step-um", "50");
        scan.Succeeded();
        FinishedProgram received = await receiver.EndAsync();
        received.Succeeded();
        Assert.Contains("images 60", received.Output);
    }
}
