using System.Formats.Cbor;
using NetMQ;
using NetMQ.Sockets;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.ZeroMq;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Simulator.Sources;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Tests.Simulators;

public sealed class SeriesStreamerTests : IDisposable
{
    private const string Decode = """
        import sys, struct, datetime, cbor2, h5py, hdf5plugin, numpy
        def hook(decoder, tag):
            if tag.tag == 56500:
                algorithm, size, blob = tag.value
                assert (algorithm, size) == ("bslz4", 4)
                n = struct.unpack(">Q", blob[:8])[0] // 4
                with h5py.File("x", "w", driver="core", backing_store=False) as f:
                    bslz4 = hdf5plugin.Bitshuffle(nelems=2048, lz4=True)
                    d = f.create_dataset("d", shape=(n,), chunks=(n,), dtype="<i4", **bslz4)
                    d.id.write_direct_chunk((0,), blob)
                    return d[()]
            if tag.tag == 78:
                return tag.value
            if tag.tag == 40:
                return tag.value[1].reshape(tag.value[0])
            if tag.tag == 55799:
                return tag.value
            raise ValueError(tag.tag)
        start, image, end = (cbor2.loads(open(p, "rb").read(), tag_hook=hook) for p in sys.argv[1:4])
        assert [start["type"], image["type"], end["type"]] == ["start", "image", "end"]
        assert list(start)[0] == "type" and list(image)[:4] == ["type", "series_id", "series_unique_id", "image_id"]
        assert start["image_size_x"] == 1475 and start["image_size_y"] == 1679 and start["image_dtype"] == "int32"
        assert start["number_of_images"] == 4 and abs(start["incident_energy"] - 50000) < 1e-6
        assert start["series_unique_id"] == image["series_unique_id"] == end["series_unique_id"]
        assert isinstance(image["series_date"], datetime.datetime) and image["series_date"].tzinfo
        numerator, denominator = image["stop_time"]
        assert denominator == 50_000_000 and 0 <= image["start_time"][0] <= numerator
        assert isinstance(image["user_data"]["monitor"], float)
        pixels = image["data"]["threshold_1"]
        assert numpy.array_equal(pixels, numpy.fromfile(sys.argv[4], dtype="<i4").reshape(1679, 1475))
        print("same", image["image_id"], repr(image["user_data"]["monitor"]))
        """;

    private static readonly ScanPlan Small = new(2, 2, 300);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("xrdct-sim-stream");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Run_Messages_DecodeWithCbor2AndHdf5()
    {
        (List<byte[]> messages, _) = Stream(new StreamOptions());
        Phantoms.Experiment.VirtualExperiment experiment = SimulatedScan.Of(Small);
        Phantoms.Detector.FrameRenderer renderer = new(experiment);
        int[] frame = new int[renderer.PixelCount];
        renderer.Render(2, frame);
        string[] paths = [.. new[] { messages[0], messages[3], messages[5] }.Select((m, i) => Save($"m{i}", m))];
        string raw = Save("raw", System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(frame).ToArray());
        string output = PythonPeer.Run("cbor2, h5py, hdf5plugin", Decode, [.. paths, raw]);
        string[] words = output.Split(' ');
        Assert.Equal(["same", "2"], words[..2]);
        Assert.Equal(experiment.MonitorOf(2), double.Parse(words[2]), 1e-15);
    }

    [Fact]
    public void Run_EndMessage_HasTheBytesOfTheSpecification()
    {
        (List<byte[]> messages, _) = Stream(new StreamOptions { SeriesId = 16 });
        string end = Convert.ToHexStringLower(messages[^1]);

        // Tag 55799, map of 3, "type": "end", "series_id": 16, "series_unique_id": 26 letters.
        Assert.StartsWith(
            "d9d9f7a3" + "6474797065" + "63656e64" + "697365726965735f6964" + "10"
                + "707365726965735f756e697175655f6964" + "781a",
            end,
            StringComparison.Ordinal);
        Assert.Equal(69, messages[^1].Length);
    }

    [Fact]
    public void Run_AnyThreadCount_SendsTheSamePixelsInTheSameOrder()
    {
        FaultOptions faults = new() { Repeat_percent = 25, ShuffleWindow = 3 };
        (List<byte[]> one, _) = Stream(new StreamOptions { Faults = faults });
        (List<byte[]> three, _) = Stream(new StreamOptions { ThreadCount = 3, Faults = faults });
        Assert.Equal(one.Select(IdOf), three.Select(IdOf));
        Assert.Equal(one.Where(IsImage).Select(BlobOf), three.Where(IsImage).Select(BlobOf));
    }

    [Fact]
    public void Run_FaultsAsked_DoesExactlyThemAndSaysSo()
    {
        ScanPlan plan = new(6, 4, 150, ScanOrder.Interlaced);
        FaultOptions faults = new()
        {
            Drop_percent = 10,
            Repeat_percent = 10,
            TruncateFrame = 3,
            WrongSizeFrame = 7,
            SecondHeaderAt = 9,
        };
        (List<byte[]> messages, SeriesSummary summary) = Stream(new StreamOptions { Faults = faults }, plan);
        int?[] ids = [.. messages.Select(IdOf)];
        Assert.Equal(2, summary.Dropped.Count);
        Assert.Equal(2, summary.Repeated.Count);
        Assert.Equal(24, summary.SentCount);
        Assert.Equal(summary.SentCount, messages.Count(IsImage));
        Assert.All(summary.Dropped, i => Assert.DoesNotContain(i, ids));
        Assert.All(summary.Repeated, i => Assert.Equal(2, ids.Count(id => id == i)));
        Assert.Equal([3], summary.Truncated);
        Assert.Equal([7], summary.WrongSize);
        Assert.Equal(9, summary.SecondHeaderAt);
        Assert.True(summary.EndSent);

        Assert.Equal(["start", "start", "end"], messages.Where(m => !IsImage(m)).Select(TypeOf));
        int second = messages.FindLastIndex(m => TypeOf(m) == "start");
        Assert.Equal(9, IdOf(messages[second + 1]));
        Assert.Equal(839, ShapeOf(messages.Single(m => IdOf(m) == 7)).Rows);
        byte[] cut = BlobOf(messages.Single(m => IdOf(m) == 3));
        byte[] good = BlobOf(Stream(new StreamOptions(), plan).Messages.Single(m => IdOf(m) == 3));
        Assert.Equal(good[..(good.Length / 2)], cut);
    }

    [Fact]
    public void Run_DieAt_SendsNoEnd()
    {
        (List<byte[]> messages, SeriesSummary summary) = Stream(
            new StreamOptions { Faults = new FaultOptions { DieAt = 2 } });
        Assert.Equal([null, 0, 1], messages.Select(IdOf));
        Assert.Equal(2, summary.DiedAt);
        Assert.False(summary.EndSent);
    }

    [Fact]
    public void Run_Cancelled_StopsWithEndMessage()
    {
        using CancellationTokenSource stop = new();
        using Recorder sink = new() { After = count => { if (count == 3) { stop.Cancel(); } } };
        using SeriesStreamer streamer = NewStreamer(Small, new StreamOptions(), sink);
        SeriesSummary summary = streamer.Run(null, stop.Token);
        Assert.True(summary.Stopped);
        Assert.True(summary.EndSent);
        Assert.Equal(2, summary.SentCount);
        Assert.Equal("end", TypeOf(sink.Messages[^1]));
    }

    [Fact]
    public void Run_NobodyTakes_Throws()
    {
        using Recorder sink = new() { Refuses = true };
        using SeriesStreamer streamer = NewStreamer(Small, new StreamOptions { Timeout = TimeSpan.FromTicks(1) }, sink);
        TimeoutException e = Assert.Throws<TimeoutException>(() => streamer.Run(null, CancellationToken.None));
        Assert.Contains("nobody took a message", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TrySend_LessThanAMillisecond_GivesUp()
    {
        using PullSocket probe = new();
        int port = probe.BindRandomPort("tcp://127.0.0.1");
        probe.Unbind($"tcp://127.0.0.1:{port}");
        using PushSink sink = new($"tcp://127.0.0.1:{port}", bind: false);
        OutgoingMessage message = new();
        message.Add(new byte[] { 1, 2, 3 });
        Assert.False(sink.TrySend(message, TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void Run_OverZeroMq_ArrivesComplete()
    {
        using PullSocket receiver = new();
        int port = receiver.BindRandomPort("tcp://127.0.0.1");
        using PushSink sink = new($"tcp://127.0.0.1:{port}", bind: false);
        using SeriesStreamer streamer = NewStreamer(Small, new StreamOptions(), sink);
        SeriesSummary summary = streamer.Run(null, CancellationToken.None);
        List<byte[]> messages = [];
        while (messages.Count < 6 && receiver.TryReceiveFrameBytes(TimeSpan.FromSeconds(10), out byte[]? message))
        {
            messages.Add(message!);
        }

        Assert.Equal([null, 0, 1, 2, 3, null], messages.Select(IdOf));
        Assert.Equal(summary.ByteCount, messages.Where(IsImage).Sum(m => m.Length));
    }

    private static (List<byte[]> Messages, SeriesSummary Summary) Stream(StreamOptions options, ScanPlan? plan = null)
    {
        using Recorder sink = new();
        using SeriesStreamer streamer = NewStreamer(plan ?? Small, options, sink);
        SeriesSummary summary = streamer.Run(null, CancellationToken.None);
        return (sink.Messages, summary);
    }

    private static SeriesStreamer NewStreamer(ScanPlan plan, StreamOptions options, IMessageSink sink)
    {
        Phantoms.Experiment.VirtualExperiment experiment = SimulatedScan.Of(plan);
        return new SeriesStreamer(
            new PhantomSource(experiment),
            VirtualDetector.Describe(experiment.Detector.Geometry),
            options,
            StreamDialects.Of("dectris-stream-2"),
            new Stream2Writer(),
            sink);
    }

    private static bool IsImage(byte[] message) => TypeOf(message) == "image";

    private static string TypeOf(byte[] message)
    {
        CborReader reader = Open(message);
        reader.ReadTextString();
        return reader.ReadTextString();
    }

    private static int? IdOf(byte[] message) => Find(message, "image_id") is { } reader ? reader.ReadInt32() : null;

    private static (int Rows, int Columns) ShapeOf(byte[] message)
    {
        CborReader reader = EnterArray(message);
        reader.ReadStartArray();
        return (reader.ReadInt32(), reader.ReadInt32());
    }

    private static byte[] BlobOf(byte[] message)
    {
        CborReader reader = EnterArray(message);
        reader.SkipValue();
        Assert.Equal((CborTag)78, reader.ReadTag());
        Assert.Equal((CborTag)56500, reader.ReadTag());
        reader.ReadStartArray();
        reader.SkipValue();
        reader.SkipValue();
        return reader.ReadByteString();
    }

    private static CborReader EnterArray(byte[] message)
    {
        CborReader reader = Find(message, "data")!;
        reader.ReadStartMap();
        reader.ReadTextString();
        Assert.Equal((CborTag)40, reader.ReadTag());
        reader.ReadStartArray();
        return reader;
    }

    private static CborReader Open(byte[] message)
    {
        CborReader reader = new(message);
        Assert.Equal((CborTag)55799, reader.ReadTag());
        Assert.NotNull(reader.ReadStartMap());
        return reader;
    }

    private static CborReader? Find(byte[] message, string key)
    {
        CborReader reader = Open(message);
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            if (reader.ReadTextString() == key)
            {
                return reader;
            }

            reader.SkipValue();
        }

        return null;
    }

    private string Save(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private sealed class Recorder : IMessageSink, IDisposable
    {
        public List<byte[]> Messages { get; } = [];

        public bool Refuses { get; init; }

        public Action<int>? After { get; init; }

        public bool TrySend(OutgoingMessage message, TimeSpan timeout)
        {
            if (Refuses)
            {
                return false;
            }

            Messages.Add(Assert.Single(message.Parts).ToArray());
            After?.Invoke(Messages.Count);
            return true;
        }

        public void Dispose()
        {
        }
    }
}
