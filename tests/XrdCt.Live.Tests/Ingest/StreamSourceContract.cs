using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NetMQ;
using NetMQ.Sockets;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Dectris;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Ingest.ZeroMq;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Tests.Ingest;

/// <summary>What a source over ZeroMQ does, whichever library receives.</summary>
public abstract class StreamSourceContract(ZmqLibrary library)
{
    private const string AnyPort = "tcp://127.0.0.1:0";
    private const string PeerModules = "cbor2, h5py, hdf5plugin, lz4.block, zmq";

    // Only a broken test waits so long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(120, 160, 40)]
    [InlineData(1679, 1475, 4)]
    public void Receive_StreamOfLibzmq_GivesEveryFrameAndRefusesBadMessages(int rows, int columns, int count)
    {
        using StreamSource source = Bind();
        using PythonPeer peer = PythonPeer.Start(
            PeerModules,
            "stream2_peer.py",
            "push",
            source.Endpoint,
            Text(rows),
            Text(columns),
            Text(count));
        ImageShape shape = new(rows, columns);
        FrameDecoder decoder = new(shape);
        int[] pixels = new int[shape.PixelCount];

        SourceEvent start = source.Receive(Patience);
        Assert.Equal(SourceEventKind.SeriesStarted, start.Kind);
        Assert.Equal(shape, start.Series!.Shape);
        Assert.Equal(count, start.Series.ImageCount);
        for (int k = 0; k < count; k++)
        {
            SourceEvent image = source.Receive(Patience);
            Assert.Equal(SourceEventKind.Image, image.Kind);
            using RawFrame frame = image.Frame;
            Assert.Equal(k, frame.Header.Index);
            Assert.Equal(16, frame.Header.SeriesId);
            Assert.Equal(new DateTime(2024, 3, 7), frame.Header.AcquiredAt.UtcDateTime.Date);
            Assert.Equal(FrameOutcome.Accepted, decoder.Decode(frame, pixels));
            Assert.True(PackedFrames.Expected(rows, columns, k).AsSpan().SequenceEqual(pixels), $"frame {k}");
        }

        Assert.Equal(SourceEventKind.SeriesEnded, source.Receive(Patience).Kind);
        AssertRejected(source.Receive(Patience), FrameOutcome.Malformed, "3 parts");
        AssertRejected(source.Receive(Patience), FrameOutcome.Malformed, "not DECTRIS Stream V2");
        AssertRejected(source.Receive(Patience), FrameOutcome.Truncated, "cut short");
        AssertRejected(source.Receive(Patience), FrameOutcome.Malformed, "not DECTRIS Stream V2");
        Assert.Equal(SourceEventKind.Silence, source.Receive(TimeSpan.Zero).Kind);
        Assert.Equal(0, source.LentCount);
        peer.Finish();
    }

    [Fact]
    public void Receive_MessageLargerThanAllowed_IsNotTakenAndOthersStillCome()
    {
        using StreamSource source = Open(
            new ZmqOptions
            {
                Endpoint = AnyPort,
                Attachment = ZmqAttachment.Bind,
                LargestMessage_bytes = 100_000,
            });
        using PythonPeer peer = PythonPeer.Start(PeerModules, "stream2_peer.py", "flood", source.Endpoint, "300000");

        Assert.Equal(SourceEventKind.SeriesEnded, source.Receive(Patience).Kind);

        // A message taken against the rule could be overtaken by the small one, but not by much.
        Assert.Equal(SourceEventKind.Silence, source.Receive(TimeSpan.FromMilliseconds(300)).Kind);
        peer.Finish();
    }

    [Fact]
    public void Receive_FramesHeldByOthers_StayUntouchedUntilDisposed()
    {
        using StreamSource source = Bind();
        using PushSocket sender = Connect(source);
        byte[] message = Stream2ReaderTests.CapturedImage();
        List<RawFrame> held = [];
        for (int i = 0; i < 5; i++)
        {
            message[^1] = (byte)i;
            sender.SendFrame(message);
            held.Add(source.Receive(Patience).Frame);
        }

        Assert.Equal(5, source.LentCount);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(i, held[i].Payload[^1]);
        }

        Parallel.ForEach(held, frame => frame.Dispose());
        Assert.Equal(0, source.LentCount);
    }

    [Fact]
    public void Receive_FramesAfterWarmUp_AllocateNothingOnTheReceivingThread()
    {
        using StreamSource source = Bind();
        using PushSocket sender = Connect(source);
        byte[] message = Stream2ReaderTests.CapturedImage();
        const int Count = 20;
        for (int i = 0; i < Count; i++)
        {
            sender.SendFrame(message);
            source.Receive(Patience).Frame.Dispose();
        }

        for (int i = 0; i < 10 * Count; i++)
        {
            sender.SendFrame(message);
        }

        long least_bytes = Allocation.OfRound_bytes(() =>
        {
            for (int i = 0; i < Count; i++)
            {
                source.Receive(Patience).Frame.Dispose();
            }
        });

        // NetMQ's mailbox may grow its queue by one chunk now and then; a message is 25 kB, so none of them was copied.
        const long MailboxSlack_bytes = 4096;
        Assert.InRange(least_bytes, 0, MailboxSlack_bytes);
    }

    [Fact]
    public void Receive_UndatedImage_IsDatedByTheClock()
    {
        DateTimeOffset now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        using StreamSource source = Open(
            new ZmqOptions
            {
                Endpoint = AnyPort,
                Attachment = ZmqAttachment.Bind,
                Clock = new StoppedClock(now),
            });
        using PushSocket sender = Connect(source);
        byte[] message = Stream2ReaderTests.CapturedImage();
        message.AsSpan().Slice(message.AsSpan().IndexOf("stop_time"u8), 9).Fill((byte)'x');
        sender.SendFrame(message);

        using RawFrame frame = source.Receive(Patience).Frame;

        Assert.Equal(now, frame.Header.AcquiredAt);
    }

    [Fact]
    public void Receive_Subscriber_GetsWhatIsPublished()
    {
        using PublisherSocket publisher = new();
        int port = publisher.BindRandomPort("tcp://127.0.0.1");
        using StreamSource source = Open(
            new ZmqOptions { Endpoint = $"tcp://127.0.0.1:{port}", Pattern = ZmqPattern.Subscribe });
        byte[] message = Stream2ReaderTests.CapturedImage();

        // What is published before the subscription has arrived is lost by nature of PUB.
        SourceEvent received = default;
        Stopwatch waited = Stopwatch.StartNew();
        while (received.Kind == SourceEventKind.Silence && waited.Elapsed < Patience)
        {
            publisher.SendFrame(message);
            received = source.Receive(TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal(SourceEventKind.Image, received.Kind);
        received.Frame.Dispose();
    }

    [Fact]
    public void Receive_PeersThatSpeakNoZeroMq_AreRefusedAndTheNextOneIsServed()
    {
        // The ZMTP 3.0 greeting with the NULL mechanism, after which random bytes come as frames and commands.
        byte[] greeting =
        [
            0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0, .. "NULL"u8, .. new byte[16], 0, .. new byte[31],
        ];
        byte[] ready = [4, 25, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 0, 0, 0, 4, .. "PUSH"u8];
        Random random = new(11);
        using StreamSource source = Bind();
        Uri endpoint = new(source.Endpoint);
        for (int i = 0; i < 60; i++)
        {
            byte[] garbage = new byte[random.Next(1, 3000)];
            random.NextBytes(garbage);
            byte[] opening = (i % 4) switch { 0 => [], 1 => greeting, _ => [.. greeting, .. ready] };
            using TcpClient stranger = new();
            stranger.Connect(IPAddress.Loopback, endpoint.Port);
            try
            {
                stranger.GetStream().Write([.. opening, .. garbage]);
            }
            catch (IOException)
            {
                // The source has hung up already.
            }
        }

        using PushSocket sender = Connect(source);
        sender.SendFrame(Stream2ReaderTests.CapturedImage());
        SourceEvent received = source.Receive(Patience);
        while (received.Kind == SourceEventKind.Rejected)
        {
            received = source.Receive(Patience);
        }

        Assert.Equal(SourceEventKind.Image, received.Kind);
        received.Frame.Dispose();
    }

    [Fact]
    public void Dispose_WithQueuedMessagesAndALeaseAlive_KeepsTheLease()
    {
        StreamSource source = Bind();
        using PushSocket sender = Connect(source);
        byte[] message = Stream2ReaderTests.CapturedImage();
        message[^1] = 42;
        for (int i = 0; i < 5; i++)
        {
            sender.SendFrame(message);
        }

        RawFrame frame = source.Receive(Patience).Frame;
        source.Dispose();
        source.Dispose();

        Assert.Equal(42, frame.Payload[^1]);
        frame.Dispose();
        Assert.Throws<ObjectDisposedException>(() => frame.Payload.Length);
        Assert.Throws<ObjectDisposedException>(() => source.Receive(TimeSpan.Zero));
    }

    [Theory]
    [InlineData("inproc://frames", "tcp://host:port")]
    [InlineData("localhost:31001", "tcp://host:port")]
    [InlineData("tcp://localhost", "tcp://host:port")]
    [InlineData(",", "tcp://host:port")]
    [InlineData("tcp://localhost:31001, tcp://localhost:65536", "port up to 65535")]
    [InlineData("tcp://localhost:", "port up to 65535")]
    [InlineData("tcp://localhost:frames", "port up to 65535")]
    public void Constructor_OtherTransport_SaysWhatToWrite(string endpoint, string remedy)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(
            () => Open(new ZmqOptions { Endpoint = endpoint }));

        Assert.Contains(endpoint.Split(' ')[^1], e.Message);
        Assert.Contains(remedy, e.Message);
    }

    [Fact]
    public void Constructor_PortInUse_NamesTheEndpoint()
    {
        using StreamSource first = Bind();

        InvalidOperationException e = Assert.Throws<InvalidOperationException>(
            () => Open(
                new ZmqOptions { Endpoint = first.Endpoint, Attachment = ZmqAttachment.Bind }));

        Assert.Contains(first.Endpoint, e.Message);
        Assert.Contains("in use", e.Message);
    }

    private StreamSource Open(ZmqOptions options)
    {
        Assert.SkipWhen(
            library == ZmqLibrary.Native && ZmqRuntime.LibraryName(library) == "NetMQ", "libzmq is not installed (Debian's libzmq5)");
        return new StreamSource(ZmqRuntime.Open(options with { Library = library }), new Stream2Dialect(new DialectOptions()));
    }

    private StreamSource Bind() => Open(new ZmqOptions { Endpoint = AnyPort, Attachment = ZmqAttachment.Bind });

    private static PushSocket Connect(StreamSource source)
    {
        PushSocket sender = new();
        sender.Options.Linger = TimeSpan.Zero;
        sender.Connect(source.Endpoint);
        return sender;
    }

    private static void AssertRejected(SourceEvent received, FrameOutcome outcome, string reason)
    {
        Assert.Equal(SourceEventKind.Rejected, received.Kind);
        Assert.Equal(outcome, received.Outcome);
        Assert.Contains(reason, received.Reason);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
