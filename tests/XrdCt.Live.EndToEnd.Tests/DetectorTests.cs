using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary><c>xrdct-sim detector</c> against a receiver of libzmq that is written from the specifications.</summary>
public sealed class DetectorTests
{
    private const int Images = 5;

    private static readonly string[] Modules = ["zmq", "cbor2", "msgpack", "h5py", "hdf5plugin", "lz4.block", "fabio"];

    [Theory]
    [InlineData("dectris-stream-2")]
    [InlineData("dectris-stream-1", "--dtype", "uint32", "--encoding", "lz4-block", "--hash")]
    [InlineData("dectris-stream-1")]
    [InlineData("stins")]
    [InlineData("pilatus-streamer")]
    [InlineData("array-1.0")]
    [InlineData("xrdct", "--encoding", "lz4")]
    public async Task Detector_CbfFilesInEveryDialect_ReceiverFindsTheSamePixels(string dialect, params string[] more)
    {
        using var folder = new WorkFolder();
        string[] expected = await MakeAsync(folder);
        (JsonElement[] messages, JsonElement summary) = await ExchangeAsync(dialect, Images, ["--cbf", folder.Path, .. more]);
        Assert.Equal(expected, Pixels(messages));
        JsonElement series = Assert.Single(summary.GetProperty("series").EnumerateArray());
        Assert.Equal((Images, Images), (series.GetProperty("sent").GetInt32(), series.GetProperty("frames").GetInt32()));
        Assert.Equal(dialect, summary.GetProperty("dialect").GetString());
    }

    [Theory]
    [InlineData("", "int32")]
    [InlineData("::/packed", "int32")]
    [InlineData("::/small", "uint16")]
    public async Task Detector_Hdf5Stack_ReceiverFindsTheSamePixels(string path, string type)
    {
        using var folder = new WorkFolder();
        string[] expected = await MakeAsync(folder);
        (JsonElement[] messages, _) = await ExchangeAsync("stins", 2 * Images, ["--hdf5", folder["stack.h5"] + path, "--frames", "10"]);
        Assert.All(messages.Where(IsImage), m => Assert.Equal(type, m.GetProperty("pixels").GetProperty("dtype").GetString()));
        string[] pixels = Pixels(messages);
        Assert.Equal(pixels[..Images], pixels[Images..]);
        if (type == "int32")
        {
            Assert.Equal(expected, pixels[..Images]);
        }
    }

    [Fact]
    public async Task Detector_AbortedAndRearmed_GoesOnFromZeroUnderTheNextNumber()
    {
        using var folder = new WorkFolder();
        await MakeAsync(folder);
        (JsonElement[] messages, JsonElement summary) = await ExchangeAsync(
            "xrdct",
            3 + Images,
            ["--cbf", folder.Path, "--abort-at", "3", "--rearm", "--series-id", "41", "--cycle", "5"]);
        Assert.Equal(
            [(41, 0), (41, 1), (41, 2), (42, 0), (42, 1), (42, 2), (42, 3), (42, 4)],
            messages.Where(IsImage).Select(m => (m.GetProperty("series").GetInt32(), m.GetProperty("index").GetInt32())));
        Assert.Equal(
            ["start", "image", "image", "image", "start", "image", "image", "image", "image", "image", "end"],
            messages.Select(m => m.GetProperty("kind").GetString()));
        JsonElement[] series = [.. summary.GetProperty("series").EnumerateArray()];
        Assert.Equal(3, series[0].GetProperty("died_at").GetInt32());
        Assert.Equal(JsonValueKind.Null, series[1].GetProperty("died_at").ValueKind);
        Assert.Equal([false, true], series.Select(s => s.GetProperty("end_sent").GetBoolean()));
    }

    [Theory]
    [InlineData("cbor")]
    [InlineData("legacy")]
    public async Task Detector_OverRest_ArmsAndTriggersAsSimplonDoes(string format)
    {
        using var folder = new WorkFolder();
        string[] expected = await MakeAsync(folder);
        int rest = FreePort.Find();
        int port = FreePort.Find();
        await using RunningProgram detector = RunningProgram.Start(
            BuiltProgram.Simulator, "detector", "--to", $"tcp://127.0.0.1:{port}", "--cbf", folder.Path, "--rest", $"{rest}");
        await detector.LineAsync(line => line.Contains($"http://127.0.0.1:{rest}", StringComparison.Ordinal));
        JsonElement log = await ForeignPython.RunAsync("stream_peer.py", Modules, "simplon", $"{rest}", $"{port}", format);
        Assert.Equal(
            ["na", "idle", "ready", "idle", "idle"],
            new[] { "before", "initialized", "ready", "after", "disarmed" }.Select(k => log.GetProperty(k).GetString()));
        Assert.Equal(1, log.GetProperty("armed").GetProperty("sequence id").GetInt32());
        Assert.Equal(2, log.GetProperty("second").GetInt32());
        Assert.Equal(2, log.GetProperty("nimages").GetProperty("value").GetInt32());
        Assert.Equal("uint", log.GetProperty("nimages").GetProperty("value_type").GetString());
        Assert.Contains("nimages", log.GetProperty("changed").EnumerateArray().Select(k => k.GetString()));
        Assert.Equal((404, 400), (log.GetProperty("unknown")[0].GetInt32(), log.GetProperty("bad")[0].GetInt32()));
        Assert.Contains("colour", log.GetProperty("unknown")[1].GetString(), StringComparison.Ordinal);
        Assert.Contains("nimages", log.GetProperty("bad")[1].GetString(), StringComparison.Ordinal);
        Assert.Equal(400, log.GetProperty("unarmed")[0].GetInt32());

        JsonElement[] messages = [.. log.GetProperty("messages").EnumerateArray()];
        Assert.Equal(
            ["start", "image", "image", "image", "image", "image", "image", "end", "start", "end"],
            messages.Select(m => m.GetProperty("kind").GetString()));
        Assert.Equal([.. expected, expected[0]], Pixels(messages));
        JsonElement start = messages[0];
        JsonElement facts = format == "cbor" ? start : start.GetProperty("configuration");
        Assert.Equal(60000, facts.GetProperty(format == "cbor" ? "incident_energy" : "photon_energy").GetDouble(), 1e-6);
        Assert.Equal(0.02, facts.GetProperty("frame_time").GetDouble(), 1e-9);
        Assert.Equal("sample 7", start.GetProperty(format == "cbor" ? "user_data" : "appendix").GetString());
    }

    private static bool IsImage(JsonElement message) => message.GetProperty("kind").GetString() == "image";

    private static string[] Pixels(JsonElement[] messages) =>
        [.. messages.Where(IsImage).Select(m => m.GetProperty("pixels").GetProperty("md5").GetString()!)];

    /// <summary>Images as fabio and h5py write them.</summary>
    /// <returns>Digests of their int32 pixels.</returns>
    private static async Task<string[]> MakeAsync(WorkFolder folder)
    {
        JsonElement images = await ForeignPython.RunAsync("stream_peer.py", Modules, "make", folder.Path, $"{Images}");
        return [.. images.EnumerateArray().Select(i => i.GetProperty("md5").GetString()!)];
    }

    private static async Task<(JsonElement[] Messages, JsonElement Summary)> ExchangeAsync(
        string dialect, int images, string[] options)
    {
        int port = FreePort.Find();
        await using RunningProgram receiver = await ForeignPython.StartAsync(
            "stream_peer.py", Modules, "receive", dialect, $"{port}", $"{images}");
        FinishedProgram detector = await RunningProgram.RunAsync(
            BuiltProgram.Simulator,
            ["detector", "--dialect", dialect, "--connect", "--to", $"tcp://127.0.0.1:{port}", "--json", .. options]);
        JsonElement summary = detector.Succeeded().Json();
        FinishedProgram received = await receiver.EndAsync();
        return ([.. received.Succeeded().Json().EnumerateArray()], summary);
    }
}
