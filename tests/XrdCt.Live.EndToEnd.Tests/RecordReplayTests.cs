using System.Globalization;
using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>A foreign sender's messages, recorded and replayed, reach a foreign receiver byte for byte.</summary>
public sealed class RecordReplayTests : IDisposable
{
    private const int Images = 40;

    // A header, an end, one image left out and one sent twice, and what is none of the dialect.
    private const int Others = 4;
    private const int Messages = Images + 2 + Others;

    private readonly WorkFolder _folder = new();

    private string Recording => _folder["stream.xrec"];

    [Theory]
    [InlineData("managed")]
    [InlineData("native")]
    public async Task Record_ThenReplay_IsByteForByteWhatWasSent(string library)
    {
        (FinishedProgram sender, JsonElement summary) = await RecordAsync(library);
        Assert.Equal(Messages, summary.GetProperty("messages").GetInt64());
        Assert.Equal(Images, summary.GetProperty("frames").GetInt64());
        Assert.Equal(1, summary.GetProperty("missing").GetInt64());
        Assert.Equal(1, summary.GetProperty("repeated").GetInt64());
        Assert.Equal(Others, summary.GetProperty("unread").GetInt64());
        Assert.Equal(1, summary.GetProperty("series").GetInt32());
        Assert.Equal(new FileInfo(Recording).Length, summary.GetProperty("file_bytes").GetInt64());

        (FinishedProgram replay, FinishedProgram receiver) = await ReplayAsync(Messages, "--speed", "2");
        replay.Succeeded();
        Assert.Equal(sender.Output, receiver.Output);
    }

    [Fact]
    public async Task Replay_PartOfItTwice_SendsThese()
    {
        (FinishedProgram sender, _) = await RecordAsync("auto");
        (FinishedProgram replay, FinishedProgram receiver) =
            await ReplayAsync(10, "--max", "--from", "7", "--count", "5", "--loop", "2");
        Assert.Equal(10, replay.Succeeded().Json().GetProperty("messages").GetInt32());
        string[] wanted = [.. sender.Output.Split('\n').Skip(7).Take(5)];
        Assert.Equal([.. wanted, .. wanted], receiver.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Replay_DamagedRecording_SendsWhatIsWholeAndNamesThePlace()
    {
        (FinishedProgram sender, _) = await RecordAsync("auto");
        byte[] bytes = await File.ReadAllBytesAsync(Recording, TestContext.Current.CancellationToken);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(Recording, bytes, TestContext.Current.CancellationToken);

        // Record 0 has one part, the others of 1,000 bytes and more are alike: the middle lies in one of them.
        int whole = int.Parse((await SentenceAsync()).Split("record ")[1].Split(':')[0], CultureInfo.InvariantCulture);
        Assert.InRange(whole, 15, 27);
        (FinishedProgram replay, FinishedProgram receiver) = await ReplayAsync(whole, "--max");
        replay.FailedWith(1, Recording, "damaged at byte", $"record {whole}: the parts do not have their checksum", $"{whole} messages");
        Assert.Equal(sender.Output.Split('\n').Take(whole), receiver.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Replay_OriginalSpeed_KeepsTheSpacing()
    {
        await RecordAsync("auto", interval_s: "0.02");
        (FinishedProgram replay, FinishedProgram receiver) = await ReplayAsync(Messages, "--speed", "0.5");
        replay.Succeeded();
        double[] times = [.. receiver.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => double.Parse(l, CultureInfo.InvariantCulture))];

        // 40 images, one every 20 ms at the least, at half the speed: 1.6 s. Half of that even where the recorder was slow to begin.
        Assert.True(times[^1] - times[0] > 0.8, $"{times[^1] - times[0]} s");
    }

    [Fact]
    public async Task Record_CtrlC_EndsWhole()
    {
        int port = FreePort.Find();
        await using RunningProgram record = RunningProgram.Start(
            BuiltProgram.Xrdct, "record", "--source", $"tcp://127.0.0.1:{port}", "--dialect", "stins", "--output", Recording);
        await record.LineAsync(l => l.StartsWith("recording", StringComparison.Ordinal));
        await using RunningProgram sender = await ForeignPython.StartAsync("send_messages.py", ["zmq"], $"{port}", $"{Images}", "1000");
        (await sender.EndAsync()).Succeeded();
        await record.InterruptAsync();
        FinishedProgram ended = await record.EndAsync();
        Assert.Contains("messages (", ended.Succeeded().Output);

        // Whatever had arrived: the file is whole.
        FinishedProgram nothing = await RunningProgram.RunAsync(
            BuiltProgram.Xrdct, "replay", Recording, "--to", $"tcp://127.0.0.1:{FreePort.Find()}", "--from", "1000", "--max");
        nothing.FailedWith(1, "has no message 1000");
    }

    [Fact]
    public async Task Record_Killed_HasWhatHadComeASecondBefore()
    {
        int port = FreePort.Find();
        await using RunningProgram record = RunningProgram.Start(
            BuiltProgram.Xrdct, "record", "--source", $"tcp://127.0.0.1:{port}", "--dialect", "stins", "--output", Recording);
        await using RunningProgram sender = await ForeignPython.StartAsync("send_messages.py", ["zmq"], $"{port}", $"{Images}", "1000");
        FinishedProgram sent = (await sender.EndAsync()).Succeeded();
        using (var limit = new CancellationTokenSource(RunningProgram.LongestRun))
        {
            // All of it is far less than a block, so only the writer's own flush brings it to the disk.
            while (!File.Exists(Recording) || new FileInfo(Recording).Length < Images * 1000)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
            }
        }

        record.Kill();
        await record.EndAsync();
        string sentence = await SentenceAsync();
        Assert.Contains("ends without an end mark", sentence);
        int whole = int.Parse(sentence.Split("record ")[1].Split(':')[0], CultureInfo.InvariantCulture);
        (_, FinishedProgram receiver) = await ReplayAsync(whole, "--max");
        Assert.Equal(sent.Output.Split('\n').Take(whole), receiver.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.InRange(whole, Images, Messages);
    }

    [Fact]
    public async Task Record_WrongUse_IsOneSentence()
    {
        (await RunAsync("record", "--source", "nowhere", "--output", Recording)).FailedWith(2, "nowhere", "tcp://host:port");
        (await RunAsync("record", "--source", "tcp://127.0.0.1:9", "--dialect", "morse", "--output", Recording))
            .FailedWith(2, "morse", "stins");
        (await RunAsync("record", "--source", "tcp://127.0.0.1:9", "--output", _folder["no/such/folder/x"]))
            .FailedWith(1, "no/such/folder", "does not exist");
        (await RunAsync("replay", _folder["absent"], "--to", "tcp://127.0.0.1:9")).FailedWith(1, "absent", "does not exist");
        Directory.CreateDirectory(_folder["folder"]);
        (await RunAsync("replay", _folder["folder"], "--to", "tcp://127.0.0.1:9")).FailedWith(1, "folder", "name a recording");
        (await RunAsync("record", "--source", "tcp://127.0.0.1:9", "--memory-limit-mb", "2e9", "--output", Recording))
            .FailedWith(2, "--memory-limit-mb", "at most 1000000000");
        await File.WriteAllTextAsync(_folder["text"], "no recording, but long enough", TestContext.Current.CancellationToken);
        (await RunAsync("replay", _folder["text"], "--to", "tcp://127.0.0.1:9")).FailedWith(1, "no recording");
    }

    public void Dispose() => _folder.Dispose();

    private static Task<FinishedProgram> RunAsync(params string[] arguments) => RunningProgram.RunAsync(BuiltProgram.Xrdct, arguments);

    private async Task<(FinishedProgram Sender, JsonElement Summary)> RecordAsync(string library, string interval_s = "0.002")
    {
        int port = FreePort.Find();
        await using RunningProgram record = RunningProgram.Start(
            BuiltProgram.Xrdct,
            "record", "--source", $"tcp://127.0.0.1:{port}", "--dialect", "stins", "--output", Recording, "--zeromq", library,
            "--stop-after-series", "1", "--json");
        await using RunningProgram sender = await ForeignPython.StartAsync(
            "send_messages.py", ["zmq"], $"{port}", $"{Images}", "1000", interval_s);
        FinishedProgram sent = (await sender.EndAsync()).Succeeded();
        return (sent, (await record.EndAsync()).Succeeded().Json());
    }

    private async Task<(FinishedProgram Replay, FinishedProgram Receiver)> ReplayAsync(int messages, params string[] options)
    {
        int port = FreePort.Find();
        await using RunningProgram receiver = await ForeignPython.StartAsync("receive_messages.py", ["zmq"], $"{port}", $"{messages}");
        FinishedProgram replay = await RunAsync(["replay", Recording, "--to", $"tcp://127.0.0.1:{port}", "--json", .. options]);
        return (replay, (await receiver.EndAsync()).Succeeded());
    }

    private async Task<string> SentenceAsync()
    {
        int port = FreePort.Find();
        await using RunningProgram receiver = await ForeignPython.StartAsync("receive_messages.py", ["zmq"], $"{port}", $"{Messages}");
        return (await RunAsync("replay", Recording, "--to", $"tcp://127.0.0.1:{port}", "--max")).FailedWith(1).Errors;
    }
}
