using System.Globalization;
using System.Text.Json;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Ingest.ZeroMq;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Tests.Ingest;

/// <summary>Every dialect over ZeroMQ, from senders that share no code with the readers, whichever library receives.</summary>
public abstract class ForeignStreamContract(ZmqLibrary library)
{
    internal const string PeerModules = "fabio, h5py, hdf5plugin, lz4.block, msgpack, zmq";

    // Only a broken test waits so long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("dectris-stream-1", "stream1_peer.py", false)]
    [InlineData("dectris-stream-1", "stream1_peer.py", true)]
    [InlineData("stins", "stins_peer.py", false)]
    [InlineData("pilatus-streamer", "stins_peer.py", true)]
    [InlineData("array-1.0", "array_peer.py", false)]
    [InlineData("array-1.0", "array_peer.py", true)]
    [InlineData("xrdct", "xrdct_peer.py", false)]
    [InlineData("xrdct", "xrdct_peer.py", true)]
    public void Receive_EveryFormOfADialect_GivesWhatWasSentOrSaysWhyNot(string dialect, string script, bool checksDigests) =>
        ReceiveAll(dialect, script, new ImageShape(37, 53), "small", checksDigests);

    [Theory]
    [InlineData("dectris-stream-1", "stream1_peer.py")]
    [InlineData("stins", "stins_peer.py")]
    [InlineData("array-1.0", "array_peer.py")]
    [InlineData("xrdct", "xrdct_peer.py")]
    public void Receive_FullSizeFrames_GivesEveryPixel(string dialect, string script) =>
        ReceiveAll(dialect, script, ImageShape.Pilatus2M, "large", checksDigests: true);

    [Fact]
    public void Receive_SeveralEndpoints_GivesTheFramesOfAll()
    {
        using StreamSource source = Open("xrdct", "tcp://127.0.0.1:0, tcp://127.0.0.1:0");
        string endpoints = source.Endpoint.Replace(" ", "");
        Assert.Equal(2, endpoints.Split(',').Distinct().Count());
        using PythonPeer peer = PythonPeer.Start(PeerModules, "xrdct_peer.py", "spread", endpoints, "20");

        AssertFrames(source, 20);
        peer.Finish();
    }

    [Fact]
    public void Receive_SubscriberThatIsBound_GetsWhatIsPublished()
    {
        using StreamSource source = Open("xrdct", "tcp://127.0.0.1:0", ZmqPattern.Subscribe);
        using PythonPeer peer = PythonPeer.Start(PeerModules, "xrdct_peer.py", "publish", source.Endpoint, "20");

        AssertFrames(source, 20);
        peer.Finish();
    }

    private protected static void AssertFrames(StreamSource source, int count)
    {
        HashSet<int> seen = [];
        FrameDecoder decoder = new(new ImageShape(20, 30));
        int[] pixels = new int[600];
        for (int i = 0; i < count; i++)
        {
            SourceEvent received = source.Receive(Patience);
            Assert.Equal(SourceEventKind.Image, received.Kind);
            using RawFrame frame = received.Frame;
            Assert.Equal(FrameOutcome.Accepted, decoder.Decode(frame, pixels));
            Assert.Equal(PackedFrames.Expected(20, 30, frame.Header.Index), pixels);
            seen.Add(frame.Header.Index);
        }

        Assert.Equal(count, seen.Count);
    }

    private protected StreamSource Open(string dialect, string endpoint, ZmqPattern pattern = ZmqPattern.Pull, bool checksDigests = false)
    {
        Assert.SkipWhen(
            library == ZmqLibrary.Native && ZmqRuntime.LibraryName(library) == "NetMQ", "libzmq is not installed (Debian's libzmq5)");
        return new StreamSource(
            ZmqRuntime.Open(new ZmqOptions
            {
                Endpoint = endpoint,
                Attachment = ZmqAttachment.Bind,
                Pattern = pattern,
                Library = library,
            }),
            StreamDialects.Create(dialect, new DialectOptions { KeepTables = true, CheckDigests = checksDigests }));
    }

    private void ReceiveAll(string dialect, string script, ImageShape shape, string what, bool checksDigests)
    {
        using TemporaryFolder folder = new();
        using StreamSource source = Open(dialect, "tcp://127.0.0.1:0", checksDigests: checksDigests);
        using PythonPeer peer = PythonPeer.Start(
            PeerModules, script, source.Endpoint, folder.PathOf("sent.json"), Text(shape.Rows), Text(shape.Columns), what);
        FrameDecoder decoder = new(shape);
        int[] pixels = new int[shape.PixelCount];

        SourceEvent received = source.Receive(Patience);
        using JsonDocument sent = JsonDocument.Parse(File.ReadAllText(folder.PathOf("sent.json")));
        int number = 0;
        foreach (JsonElement expected in sent.RootElement.EnumerateArray())
        {
            if (number > 0)
            {
                received = source.Receive(Patience);
            }

            Check($"message {number++} {expected}", expected, received, decoder, pixels);
        }

        Assert.Equal(SourceEventKind.Silence, source.Receive(TimeSpan.Zero).Kind);
        Assert.Equal(0, source.LentCount);
        peer.Finish();
    }

    private static void Check(string message, JsonElement expected, SourceEvent received, FrameDecoder decoder, int[] pixels)
    {
        switch (expected.GetProperty("kind").GetString())
        {
            case "start":
                Assert.True(received.Kind == SourceEventKind.SeriesStarted, $"{message}: {received.Kind}, {received.Reason}");
                CheckStart(message, expected, received.Series!);
                break;
            case "end":
                Assert.True(received.Kind == SourceEventKind.SeriesEnded, $"{message}: {received.Kind}, {received.Reason}");
                Assert.Equal(expected.GetProperty("series").GetInt64(), received.SeriesId);
                break;
            case "rejected":
                Assert.True(received.Kind == SourceEventKind.Rejected, $"{message}: {received.Kind}");
                Assert.Equal(expected.GetProperty("outcome").GetString(), received.Outcome.ToString());
                Assert.Contains(expected.GetProperty("reason").GetString()!, received.Reason);
                break;
            case "undecodable":
                Assert.True(received.Kind == SourceEventKind.Image, $"{message}: {received.Kind}, {received.Reason}");
                Assert.Equal(FrameOutcome.Truncated, decoder.Decode(received.Frame, pixels));
                received.Frame.Dispose();
                break;
            default:
                Assert.True(received.Kind == SourceEventKind.Image, $"{message}: {received.Kind}, {received.Reason}");
                CheckImage(message, expected, received, decoder, pixels);
                received.Frame.Dispose();
                break;
        }
    }

    private static void CheckStart(string message, JsonElement expected, SeriesHeader series)
    {
        Assert.Equal(expected.GetProperty("series").GetInt64(), series.SeriesId);
        Assert.Equal(Optional(expected, "uid")?.GetString(), series.UniqueId);
        Assert.Equal(Optional(expected, "images")?.GetInt32(), series.ImageCount);
        Assert.Equal(Optional(expected, "energy_keV")?.GetDouble(), series.Energy_keV);
        Assert.Equal(Optional(expected, "distance_m")?.GetDouble(), series.Distance_m);
        Assert.Equal(Optional(expected, "detector")?.GetString(), series.Detector);
        double? period_ms = series.FramePeriod?.TotalMilliseconds;
        Assert.Equal(Optional(expected, "period_ms")?.GetDouble(), period_ms);
        Assert.Equal(Optional(expected, "rows")?.GetInt32(), series.Shape?.Rows);
        Assert.Equal(Optional(expected, "columns")?.GetInt32(), series.Shape?.Columns);
        if (Optional(expected, "tables") is null)
        {
            Assert.True(series.Tables is null, message);
            return;
        }

        ForeignTables.Check(series.Tables!, new ImageShape(37, 53));
    }

    private static void CheckImage(string message, JsonElement expected, SourceEvent received, FrameDecoder decoder, int[] pixels)
    {
        FrameHeader header = received.Frame.Header;
        ImageShape shape = new(expected.GetProperty("rows").GetInt32(), expected.GetProperty("columns").GetInt32());
        Assert.Equal(expected.GetProperty("series").GetInt64(), received.SeriesId);
        Assert.Equal(expected.GetProperty("series").GetInt64(), header.SeriesId);
        Assert.Equal(expected.GetProperty("index").GetInt32(), header.Index);
        Assert.Equal(Optional(expected, "monitor")?.GetDouble() ?? double.NaN, header.Monitor);
        Assert.Equal(Optional(expected, "transmission")?.GetDouble(), header.Transmission);
        Assert.Equal(Optional(expected, "translation_mm")?.GetDouble(), header.Translation_mm);
        Assert.Equal(Optional(expected, "rotation_deg")?.GetDouble(), header.Rotation_deg);
        if (Optional(expected, "unix_s")?.GetDouble() is { } unix_s)
        {
            // A double holds times of today to a quarter of a microsecond.
            Assert.InRange((header.AcquiredAt - DateTimeOffset.UnixEpoch).TotalSeconds - unix_s, -1e-6, 1e-6);
        }
        else
        {
            // Undated, or on a clock of unknown origin: never later than now, nor long before.
            Assert.InRange((DateTimeOffset.UtcNow - header.AcquiredAt).TotalSeconds, 0, 2 * Patience.TotalSeconds);
        }

        FrameOutcome outcome = decoder.Decode(received.Frame, pixels);
        Assert.True(outcome == FrameOutcome.Accepted, $"{message}: {outcome}");
        int[] sent = PackedFrames.Expected(
            shape.Rows, shape.Columns, expected.GetProperty("frame").GetInt32(), expected.GetProperty("bytes").GetInt32());
        if (expected.GetProperty("isFloat").GetBoolean())
        {
            MakeOneFlag(sent);
        }

        Assert.True(sent.AsSpan().SequenceEqual(pixels), message);
    }

    /// <summary>Floats have one flag: every negative number comes out as −1.</summary>
    internal static void MakeOneFlag(int[] pixels)
    {
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = Math.Max(pixels[i], -1);
        }
    }

    private static JsonElement? Optional(JsonElement fields, string key) =>
        fields.TryGetProperty(key, out JsonElement value) ? value : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
