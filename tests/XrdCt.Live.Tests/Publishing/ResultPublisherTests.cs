using System.Net.Sockets;
using System.Text;
using MessagePack;
using NetMQ;
using NetMQ.Sockets;
using XrdCt.Live.Egress.Publishing;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Tests.Display;
using XrdCt.Live.Tests.Pipeline;

namespace XrdCt.Live.Tests.Publishing;

public sealed class ResultPublisherTests : IDisposable
{
    /// <summary>Reaching it is a hang; nothing here takes a second.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private static readonly ScanDescription Scan = ExampleScan.Description with { Plan = new ScanPlan(50, 40, 10) };

    // It stands still, so that nothing is repeated unless it is told to go on.
    private readonly FakeClock _clock = new();
    private readonly ResultPublisher _publisher;

    public ResultPublisherTests() => _publisher = new ResultPublisher(Options(), _clock);

    public void Dispose() => _publisher.Dispose();

    [Fact]
    public void Latest_SubscriberAfterTheScan_GetsTheNewestOfEverythingAtOnce()
    {
        ShowAll("old", 1);
        ShowAll("total", 2);
        using SubscriberSocket subscriber = Subscribe(_publisher.Latest, "latest/");
        Dictionary<string, PublishedMessage> seen = Latest(subscriber, 8);

        Assert.Equal(
            [
                "latest/pattern", "latest/roi", "latest/scan", "latest/sinogram/old", "latest/sinogram/total", "latest/slice/old",
                "latest/slice/total", "latest/status",
            ],
            seen.Keys.Order(StringComparer.Ordinal));
        Assert.Single(seen.Values.Select(m => m["scan_id"]).Distinct());
        PublishedMessage scan = seen["latest/scan"];
        Assert.Equal("Disc 7, µ-scan", scan["title"]);
        Assert.Equal((50L, 40L, "translation-fast"), (scan.Map("plan")["translations"], scan.Map("plan")["rotations"], scan.Map("plan")["order"]));
        Assert.Equal(("q_invA", 0.5, 0.5, 4L), (scan.Map("axis")["radial_unit"], scan.Map("axis")["lower"], scan.Map("axis")["step"], scan.Map("axis")["bins"]));
        Assert.Equal((_publisher.Every.Port, _publisher.Requests.Port), (scan.Number("every_port"), scan.Number("request_port")));
        Assert.Equal(["total", "peak 003"], scan.List("channels").Select(c => ((Dictionary<string, object?>)c!)["name"]));

        PublishedMessage status = seen["latest/status"];
        Assert.Equal(("incomplete", 47.5, double.NaN), (status["phase"], status["rate_Hz"], status["latency_ms"]));
        Assert.Equal("/data/disc 7.nxs", status["saved_path"]);
        string[] counters =
        [
            "integrated", "placed", "duplicate", "out_of_order", "malformed", "truncated", "wrong_shape", "foreign_series",
            "outside_plan", "before_header", "missing",
        ];
        Assert.Equal(Enumerable.Range(2, 11).Select(v => (object)(long)v), counters.Select(c => status.Map("counters")[c]));
        Assert.Equal([2, 2, 3, float.NaN, 5, float.NaN], seen["latest/sinogram/total"].Array<float>("values", "<f4", 2, 3));
        Assert.Equal([2, -2, float.NaN, 4e5f], seen["latest/slice/total"].Array<float>("values", "<f4", 2, 2));
        Assert.Equal([1, float.NaN, 3, 4], seen["latest/pattern"].Array<float>("current", "<f4", 4));
        PublishedMessage roi = seen["latest/roi"];
        Assert.Equal((true, "it may stop"), (roi["may_stop"], roi["stop_reason"]));
        var best = (Dictionary<string, object?>)roi.List("candidates")[0]!;
        Assert.Equal((-110.0, 0.91, 0.0625), (best["x_um"], best["score"], best["score_sigma"]));
        var zone = (Dictionary<string, object?>)Assert.Single(roi.List("forbidden"))!;
        Assert.Equal((30.0, -40.5, 25.0), (zone["x_um"], zone["y_um"], zone["radius_um"]));
    }

    [Fact]
    public void Latest_SecondSubscriberOfTheSameTopic_GetsItAtOnceToo()
    {
        ShowAll("total", 1);
        using SubscriberSocket first = Subscribe(_publisher.Latest, "latest/scan");
        Latest(first, 1);
        using SubscriberSocket second = Subscribe(_publisher.Latest, "latest/scan");
        Assert.Equal(["latest/scan"], Latest(second, 1).Keys);
    }

    [Fact]
    public void Latest_AfterAWhile_IsRepeatedForWhoMissedIt()
    {
        ShowAll("total", 1);
        using SubscriberSocket subscriber = Subscribe(_publisher.Latest, "latest/roi");
        (_, PublishedMessage first) = Receive(subscriber);
        _clock.Advance(TimeSpan.FromSeconds(3));
        (_, PublishedMessage again) = Receive(subscriber);
        Assert.Equal(first["published_at"], again["published_at"]);
    }

    [Fact]
    public void Every_SubscriberAfterTheEnd_GetsTheEnd()
    {
        ShowAll("total", 1);
        using SubscriberSocket first = Subscribe(_publisher.Every, "every/");
        Assert.Equal("every/end", Receive(first).Topic);
        using SubscriberSocket second = Subscribe(_publisher.Every, "every/");
        Assert.Equal("every/end", Receive(second).Topic);
    }

    [Fact]
    public void Every_Subscriber_GetsPatternsInOrderAndTheEnd()
    {
        const int Count = 200;
        _publisher.Show(Scan);
        using SubscriberSocket subscriber = Subscribe(_publisher.Every, "every/");
        Assert.True(SpinWait.SpinUntil(() => _publisher.HasSubscribers, Hang));
        for (int i = 0; i < Count; i++)
        {
            _publisher.Publish(PatternHistoryTests.Pattern(i));
        }

        _publisher.Show(ExampleScan.State with { Phase = ScanPhase.Complete });
        for (int i = 0; i < Count; i++)
        {
            (string topic, PublishedMessage message) = Receive(subscriber);
            Assert.Equal(("every/pattern", i), (topic, message.Number("sequence")));
        }

        (string last, PublishedMessage end) = Receive(subscriber);
        Assert.Equal(("every/end", Count, "complete"), (last, end.Number("pattern_count"), end["phase"]));
        Assert.Equal("/data/disc 7.nxs", end["saved_path"]);
    }

    [Fact]
    public void Request_Patterns_AreAnsweredAsTheyWerePublished()
    {
        _publisher.Show(Scan);
        for (int i = 0; i < 1500; i++)
        {
            _publisher.Publish(PatternHistoryTests.Pattern(i));
        }

        (PublishedMessage header, List<PublishedMessage> patterns) = Ask("""{"request":"patterns","from":20,"to":29}""");
        Assert.Equal(("patterns", 20, 10, 0), (header["answer"], header.Number("from"), header.Number("count"), header.Number("first_held")));
        Assert.Equal((1500, false), (header.Number("pattern_count"), header["ended"]));
        Assert.Equal(Enumerable.Range(20, 10).Select(i => (long)i), patterns.Select(p => p.Number("frame_index")));
        Assert.Equal([25, float.NaN, 1e-30f, 3], patterns[5].Array<float>("intensity", "<f4", 4));

        // A sixty-fourth of the memory, and at most 1,024 of them: who wants more asks again.
        (header, patterns) = Ask("""{"request":"patterns"}""");
        int bytes = PatternMessage.MaximumLength(4, 2);
        Assert.InRange(patterns.Count, (int)(Options().Queue_bytes / 4 / bytes), 1024);
        Assert.Equal(patterns.Count, header.Number("count"));
    }

    [Fact]
    public void Request_PatternsHeldNoMore_SaysWhichAreLeft()
    {
        const int Bins = 100_000;
        _publisher.Show(Scan with { Axis = new(Model.Patterns.RadialUnit.R_mm, 0, 1, Bins) });
        float[] values = new float[Bins];
        int[] counts = new int[Bins];
        PlacedPattern small = PatternHistoryTests.Pattern(0);
        for (int i = 0; i < 40; i++)
        {
            _publisher.Publish(new PlacedPattern
            {
                Header = small.Header with { Index = i },
                Cell = Scan.Plan.CellOf(i),
                MonitorDivisor = 1,
                Intensity = values,
                Sigma = values,
                Count = counts,
                ChannelValues = small.ChannelValues,
            });
        }

        (PublishedMessage header, List<PublishedMessage> patterns) = Ask("""{"request":"patterns","from":0,"to":39}""");
        long held = header.Number("first_held");
        Assert.InRange(held, 40 - (Options().MemoryLimit_bytes / (3 * 4 * Bins)), 39);
        Assert.Equal(held, header.Number("from"));
        Assert.Equal(held, patterns[0].Number("sequence"));
        Assert.Single(patterns);
    }

    [Fact]
    public void Request_State_GivesTheTopicsAskedFor()
    {
        ShowAll("total", 1);
        (PublishedMessage header, List<PublishedMessage> bodies) = Ask("""{"request":"state","topic":"latest/s"}""");
        Assert.Equal("state", header["answer"]);
        Assert.Equal(
            ["latest/scan", "latest/status", "latest/sinogram/total", "latest/slice/total"], header.List("topics"));
        Assert.Equal("incomplete", bodies[1]["phase"]);
        (header, bodies) = Ask("""{"request":"state","topic":"every/"}""");
        Assert.Equal(["every/end"], header.List("topics"));
        Assert.Equal(0, bodies[0].Number("pattern_count"));
    }

    [Fact]
    public void Request_NonsenseAndEarlierScan_AreAnsweredWithASentence()
    {
        Assert.Contains("no scan is set up yet", (string)Ask("""{"request":"state"}""").Header["error"]!);
        ShowAll("total", 1);
        string earlier = (string)Ask("""{"request":"state"}""").Header["scan_id"]!;
        _publisher.Show(Scan);
        (PublishedMessage header, List<PublishedMessage> bodies) = Ask($$"""{"request":"patterns","scan_id":"{{earlier}}"}""");
        Assert.Equal("error", header["answer"]);
        Assert.Contains(earlier, (string)header["error"]!);
        Assert.Empty(bodies);
        Assert.Contains("not known", (string)Ask("""{"request":"everything"}""").Header["error"]!);
        Assert.Equal("state", Ask("""{"request":"state"}""").Header["answer"]);
    }

    [Fact]
    public void Sockets_NoiseAndOversizedMessages_ChangeNothing()
    {
        ShowAll("total", 1);
        byte[] noise = new byte[100_000];
        new Random(5).NextBytes(noise);
        foreach (PublishEndpoint endpoint in new[] { _publisher.Latest, _publisher.Every, _publisher.Requests })
        {
            using var client = new TcpClient(endpoint.Host, endpoint.Port);
            try
            {
                client.GetStream().Write(noise);
            }
            catch (IOException)
            {
                // It hung up half way, as it may.
            }
        }

        // The first bytes of a frame that says to be 2⁶² bytes long, after a proper greeting of ZMTP 2.
        using (var client = new TcpClient(_publisher.Requests.Host, _publisher.Requests.Port))
        {
            client.GetStream().Write([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 5, 0, 0, 2, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
        }

        using (var large = new DealerSocket())
        {
            large.Options.Linger = TimeSpan.Zero;
            large.Connect(_publisher.Requests.ToString());
            large.SendFrame(noise);
            large.SendMoreFrame(noise[..10]).SendMoreFrame(noise[..20]).SendFrame(noise[..30]);
            Assert.Equal("state", Ask("""{"request":"state"}""").Header["answer"]);
        }

        using SubscriberSocket subscriber = Subscribe(_publisher.Latest, "latest/scan");
        Latest(subscriber, 1);
        Assert.Null(_publisher.Failure);
    }

    [Fact]
    public void Publish_AfterWarmUp_AllocatesNothing()
    {
        _publisher.Show(Scan);
        PlacedPattern pattern = PatternHistoryTests.Pattern(0);
        for (int i = 0; i < 1000; i++)
        {
            _publisher.Publish(pattern);
        }

        // As Allocation does, which cannot hold a ref struct.
        long least_bytes = long.MaxValue;
        for (int round = 0; round < 10; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 50; i++)
            {
                _publisher.Publish(pattern);
            }

            least_bytes = Math.Min(least_bytes, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least_bytes);
        Assert.Null(_publisher.Failure);
    }

    [Fact]
    public void Publish_PatternLargerThanAnnounced_FailsThePublisherNotTheCaller()
    {
        _publisher.Show(Scan);
        PlacedPattern pattern = PatternHistoryTests.Pattern(0);
        _publisher.Publish(new PlacedPattern
        {
            Header = pattern.Header,
            Cell = pattern.Cell,
            MonitorDivisor = 1,
            Intensity = new float[5000],
            Sigma = pattern.Sigma,
            Count = pattern.Count,
            ChannelValues = pattern.ChannelValues,
        });
        Assert.Contains("no longer published", _publisher.Failure);
        _publisher.Publish(pattern);
        _publisher.Show(ExampleScan.State);
    }

    [Fact]
    public void Open_PortInUse_SaysWhichAndLeavesNothingOpen()
    {
        IOException e = Assert.Throws<IOException>(
            () => new ResultPublisher(Options() with { Every = _publisher.Latest }, TimeProvider.System));
        Assert.Contains($"{_publisher.Latest} (another program uses the port)", e.Message);
        Assert.Contains("publish.every_endpoint", e.Message);
    }

    [Fact]
    public async Task LingerAsync_SubscriberGone_EndsAtOnce()
    {
        ShowAll("total", 1);
        SubscriberSocket subscriber = Subscribe(_publisher.Latest, "latest/");
        Assert.True(SpinWait.SpinUntil(() => _publisher.HasSubscribers, Hang));
        Task lingering = _publisher.LingerAsync(Hang, TestContext.Current.CancellationToken);
        Assert.False(lingering.IsCompleted);
        subscriber.Dispose();
        await lingering.WaitAsync(Hang / 2, TestContext.Current.CancellationToken);
    }

    private static ResultPublisherOptions Options() => new()
    {
        Latest = new PublishEndpoint("127.0.0.1", 0),
        Requests = new PublishEndpoint("127.0.0.1", 0),
        Every = new PublishEndpoint("127.0.0.1", 0),
        MemoryLimit_bytes = ResultPublisherOptions.LeastMemory_bytes,
        BinCount = 4,
        ChannelCount = 2,
    };

    private static SubscriberSocket Subscribe(PublishEndpoint endpoint, string topic)
    {
        var socket = new SubscriberSocket();
        socket.Options.Linger = TimeSpan.Zero;
        socket.Subscribe(topic);
        socket.Connect(endpoint.ToString());
        return socket;
    }

    private static (string Topic, PublishedMessage Message) Receive(SubscriberSocket socket)
    {
        List<byte[]> parts = [];
        Assert.True(socket.TryReceiveMultipartBytes(Hang, ref parts!), "nothing came");
        Assert.Equal(2, parts.Count);
        return (Encoding.UTF8.GetString(parts[0]), new PublishedMessage(parts[1]));
    }

    private static Dictionary<string, PublishedMessage> Latest(SubscriberSocket socket, int topics)
    {
        Dictionary<string, PublishedMessage> seen = [];
        while (seen.Count < topics)
        {
            (string topic, PublishedMessage message) = Receive(socket);
            seen[topic] = message;
        }

        return seen;
    }

    private (PublishedMessage Header, List<PublishedMessage> Bodies) Ask(string json)
    {
        using var socket = new RequestSocket();
        socket.Options.Linger = TimeSpan.Zero;
        socket.Connect(_publisher.Requests.ToString());
        socket.SendFrame(MessagePackSerializer.ConvertFromJson(json));
        List<byte[]> parts = [];
        Assert.True(socket.TryReceiveMultipartBytes(Hang, ref parts!), "no answer came");
        return (new PublishedMessage(parts[0]), [.. parts.Skip(1).Select(p => new PublishedMessage(p))]);
    }

    private void ShowAll(string channel, float first)
    {
        if (first == 1)
        {
            _publisher.Show(Scan);
        }

        _publisher.Show(ExampleScan.Roi);
        _publisher.Show(ExampleScan.State);
        _publisher.Show(ExampleScan.Patterns);
        _publisher.Show(ExampleScan.Sinogram(channel, first));
        _publisher.Show(ExampleScan.Slice(channel, first));
    }
}
