using System.Globalization;
using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>CBF files that a foreign program writes reach a foreign receiver once each, in order, whatever happens on the way.</summary>
public sealed class ForwardTests : IDisposable
{
    private static readonly string[] Modules = ["zmq", "cbor2", "h5py", "hdf5plugin", "fabio"];

    private readonly WorkFolder _folder = new();

    public ForwardTests() => Directory.CreateDirectory(Frames);

    private string Frames => _folder["frames"];

    [Fact]
    public async Task Forward_FilesThereAndComing_ArriveInOrderAndAreDeleted()
    {
        Written[] before = await WriteAsync("a", 0, 8);
        int port = FreePort.Find();
        await using RunningProgram forward = Forward(port, "--delete", "--json");
        await using RunningProgram receiver = await ReceiveAsync(port, 2);
        await receiver.LineAsync(l => l.StartsWith("image 5 ", StringComparison.Ordinal));
        Written[] coming = await WriteAsync("a", 8, 20, "--slowly");
        Written[] other = await WriteAsync("b", 0, 5);
        FinishedProgram received = (await receiver.EndAsync()).Succeeded();
        await forward.InterruptAsync();
        JsonElement summary = (await forward.EndAsync()).Succeeded().Json();

        string[] expected =
        [
            "start", .. before.Concat(coming).Select(w => $"image {w.Number} {w.File}"), "end",
            "start", .. other.Select(w => $"image {w.Number} {w.File}"), "end",
        ];
        Assert.Equal(expected, Lines(received));
        Assert.Equal(33, summary.GetProperty("files").GetInt32());
        Assert.Equal(33, summary.GetProperty("deleted").GetInt32());
        Assert.Empty(Directory.EnumerateFiles(Frames, "*.cbf"));
    }

    [Fact]
    public async Task Forward_AsStream2_CarriesThePixels()
    {
        Written[] written = await WriteAsync("a", 0, 6);
        int port = FreePort.Find();
        await using RunningProgram receiver = await ReceiveAsync(port, 1);
        FinishedProgram forward = await Forward(
            port, "--dialect", "dectris-stream-2", "--images", "6", "--energy-kev", "71", "--once", "--series-timeout-s", "1").EndAsync();
        forward.Succeeded();
        string[] received = Lines((await receiver.EndAsync()).Succeeded());
        Assert.Equal(["start", .. written.Select(w => $"image {w.Number} {w.Pixels}"), "end"], received);
    }

    [Fact]
    public async Task Forward_SlowReceiver_LosesNothing()
    {
        Written[] written = await WriteAsync("a", 0, 40, "--full");
        int port = FreePort.Find();
        await using RunningProgram receiver = await ReceiveAsync(port, 1, "--pause", "0.03");
        (await Forward(port, "--once", "--series-timeout-s", "1").EndAsync()).Succeeded();
        string[] received = Lines((await receiver.EndAsync()).Succeeded());
        Assert.Equal(["start", .. written.Select(w => $"image {w.Number} {w.File}"), "end"], received);
    }

    [Fact]
    public async Task Forward_KilledAndStartedAgain_SendsNothingTwiceAndNamesWhatIsUncertain()
    {
        Written[] first = await WriteAsync("a", 0, 30, "--full");
        int port = FreePort.Find();
        List<string> received = [];
        await using (RunningProgram receiver = await ReceiveAsync(port, 1, "--pause", "0.2"))
        {
            await using RunningProgram forward = Forward(port);
            await receiver.LineAsync(l => l.StartsWith("image 4 ", StringComparison.Ordinal));
            forward.Kill();
            await forward.EndAsync();
            receiver.Kill();
            received.AddRange(Lines(await receiver.EndAsync()).Where(l => l.StartsWith("image", StringComparison.Ordinal)));
        }

        Written[] second = await WriteAsync("a", 30, 10);
        int again = FreePort.Find();
        await using RunningProgram later = await ReceiveAsync(again, 1);
        FinishedProgram restarted = await Forward(again, "--once", "--series-timeout-s", "1", "--json").EndAsync();
        received.AddRange(Lines((await later.EndAsync()).Succeeded()).Where(l => l.StartsWith("image", StringComparison.Ordinal)));

        // What was in flight is named, once each, and everything else has come exactly once.
        Assert.Equal(1, restarted.ExitCode);
        string[] unconfirmed = [.. restarted.Json().GetProperty("unconfirmed").EnumerateArray().Select(e => e.GetString()!)];
        Assert.NotEmpty(unconfirmed);
        Assert.All(unconfirmed, name => Assert.Contains($"{name} may have arrived or not", restarted.Errors));
        Assert.Equal(received.Count, received.Distinct().Count());
        string[] missing = [.. first.Concat(second).Where(w => !received.Contains($"image {w.Number} {w.File}")).Select(w => w.Name)];
        Assert.Empty(missing.Except(unconfirmed));
        Assert.All(second, w => Assert.Contains($"image {w.Number} {w.File}", received));

        // A third start knows that all is said.
        int third = FreePort.Find();
        FinishedProgram nothing = await Forward(third, "--once", "--json").EndAsync();
        Assert.Equal(0, nothing.Succeeded().Json().GetProperty("files").GetInt32());
    }

    [Fact]
    public async Task Forward_ReceiverDies_NextOneGetsTheRestAndWhatWasOnTheWayIsNamedAndKept()
    {
        Written[] written = await WriteAsync("a", 0, 30, "--full");
        int port = FreePort.Find();
        await using RunningProgram forward = Forward(port, "--delete", "--once", "--series-timeout-s", "2", "--json");
        List<string> received = [];
        await using (RunningProgram first = await ReceiveAsync(port, 1, "--pause", "0.2"))
        {
            await first.LineAsync(l => l.StartsWith("image 4 ", StringComparison.Ordinal));
            first.Kill();
            received.AddRange(Lines(await first.EndAsync()));
        }

        Written[] more = await WriteAsync("a", 30, 5);
        await using RunningProgram second = await ReceiveAsync(port, 1);
        received.AddRange(Lines((await second.EndAsync()).Succeeded()));
        FinishedProgram ended = await forward.EndAsync();
        Assert.Equal(1, ended.ExitCode);
        string[] unconfirmed = [.. ended.Json().GetProperty("unconfirmed").EnumerateArray().Select(e => e.GetString()!)];
        string[] images = [.. received.Where(l => l.StartsWith("image", StringComparison.Ordinal))];
        Assert.Equal(images.Length, images.Distinct().Count());
        string[] lost = [.. written.Concat(more).Where(w => !images.Contains($"image {w.Number} {w.File}")).Select(w => w.Name)];
        Assert.NotEmpty(lost);
        Assert.Empty(lost.Except(unconfirmed));
        Assert.Equal(unconfirmed.Order(), Directory.EnumerateFiles(Frames, "*.cbf").Select(p => Path.GetFileName(p)).Order());
    }

    [Fact]
    public async Task Forward_InterruptedWhenTheReceiverHasGone_EndsAndSaysWhatWasNotDelivered()
    {
        await WriteAsync("a", 0, 1);
        int port = FreePort.Find();
        await using RunningProgram forward = Forward(port);
        await using (RunningProgram receiver = await ReceiveAsync(port, 1))
        {
            await receiver.LineAsync(l => l.StartsWith("image 0 ", StringComparison.Ordinal));
            receiver.Kill();
            await receiver.EndAsync();
        }

        await forward.InterruptAsync();
        FinishedProgram ended = await forward.EndAsync();
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("the end of the last series was not delivered", ended.Errors);
    }

    [Fact]
    public async Task Forward_IncompleteAndBrokenFiles_AreNamedAndTheOthersSent()
    {
        Written[] written = await WriteAsync("a", 0, 6);
        string cut = Path.Combine(Frames, written[2].Name);
        byte[] whole = await File.ReadAllBytesAsync(cut, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(cut, whole.AsMemory(0, whole.Length / 2), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Frames, "a_00006.cbf"), "no CBF", TestContext.Current.CancellationToken);
        int port = FreePort.Find();
        await using RunningProgram receiver = await ReceiveAsync(port, 2);
        FinishedProgram ended = await Forward(port, "--once", "--series-timeout-s", "1", "--patience-s", "0.5").EndAsync();
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains($"not sent: {written[2].Name}: {whole.Length / 2} of", ended.Errors);
        Assert.Contains("not sent: a_00006.cbf", ended.Errors);

        // It is whole at last: the next start sends it, and only it.
        File.Delete(Path.Combine(Frames, "a_00006.cbf"));
        await File.WriteAllBytesAsync(cut, whole, TestContext.Current.CancellationToken);
        (await Forward(port, "--once", "--series-timeout-s", "1").EndAsync()).Succeeded();
        string[] received = Lines((await receiver.EndAsync()).Succeeded());
        Assert.Equal(
            [
                "start", .. written.Where(w => w.Number != 2).Select(w => $"image {w.Number} {w.File}"), "end",
                "start", $"image 2 {written[2].File}", "end",
            ],
            received);
    }

    [Fact]
    public async Task Forward_WrongUse_IsOneSentence()
    {
        (await Forward(1, "--dialect", "dectris-stream-2").EndAsync()).FailedWith(2, "--images");
        (await Forward(1, "--dialect", "morse").EndAsync()).FailedWith(2, "morse", "pilatus-streamer");
        (await RunningProgram.RunAsync(BuiltProgram.Xrdct, "forward", _folder["absent"], "--to", "tcp://127.0.0.1:9"))
            .FailedWith(1, "absent", "does not exist");
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Lines(FinishedProgram program) => program.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static Task<RunningProgram> ReceiveAsync(int port, int series, params string[] options) =>
        ForeignPython.StartAsync("receive_files.py", Modules, [$"{port}", $"{series}", .. options]);

    private RunningProgram Forward(int port, params string[] options) => RunningProgram.Start(
        BuiltProgram.Xrdct, ["forward", Frames, "--to", $"tcp://127.0.0.1:{port}", .. options]);

    private async Task<Written[]> WriteAsync(string name, int first, int count, params string[] options)
    {
        await using RunningProgram writer = await ForeignPython.StartAsync(
            "write_cbf.py", Modules, [Frames, name, $"{first}", $"{count}", .. options]);
        return [.. Lines((await writer.EndAsync()).Succeeded()).Select(Written.Of)];
    }

    private sealed record Written(string Name, int Number, string File, string Pixels)
    {
        public static Written Of(string line)
        {
            string[] fields = line.Split(' ');
            return new Written(fields[0], int.Parse(fields[0].AsSpan(2, 5), CultureInfo.InvariantCulture), fields[1], fields[2]);
        }
    }
}
