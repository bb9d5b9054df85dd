using System.Buffers;
using System.Text;
using MessagePack;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Tests.Ingest;

/// <summary>What the foreign senders do not show: options, clocks, memory.</summary>
public class DialectTests
{
    private static readonly DateTimeOffset Received = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static TheoryData<string> Names() => [.. StreamDialects.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_ImagesAfterTheFirst_AllocateNothing(string dialect)
    {
        IStreamDialect reader = StreamDialects.Create(dialect, new DialectOptions { KeepTables = true });
        StillMessage message = new(Received, ImageOf(dialect));
        Assert.Equal(SourceEventKind.Image, reader.Read(message).Kind);
        Assert.Equal(SourceEventKind.Image, reader.Read(message).Kind);

        Assert.Equal(0, Allocation.OfRound_bytes(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                reader.Read(message);
            }
        }));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_AnyMessageOfATransportWithoutAClock_DoesNotThrow(string dialect)
    {
        IStreamDialect reader = StreamDialects.Create(dialect, new DialectOptions());

        SourceEvent read = reader.Read(new StillMessage(default, ImageOf(dialect)));

        Assert.Equal(SourceEventKind.Image, read.Kind);
    }

    [Fact]
    public void Read_CbfFilesWithDigests_AllocateNothing()
    {
        IStreamDialect reader = StreamDialects.Create("stins", new DialectOptions { CheckDigests = true });
        StillMessage message = new(
            Received, Utf8("""{"htype":"image","frame":1,"compression":"cbf"}"""), File.ReadAllBytes(GoldenFiles.PathOf("image.cbf")));
        Assert.Equal(SourceEventKind.Image, reader.Read(message).Kind);

        Assert.Equal(0, Allocation.OfRound_bytes(() => reader.Read(message)));
    }

    [Fact]
    public void Read_DamagedPixelsWithDigests_AreTruncated()
    {
        DialectOptions options = new() { CheckDigests = true };
        byte[] file = File.ReadAllBytes(GoldenFiles.PathOf("image.cbf"));
        byte[] header = Utf8("""{"htype":"image","frame":1,"compression":"cbf"}""");
        file[file.AsSpan().IndexOf([(byte)0x0C, (byte)0x1A, (byte)0x04, (byte)0xD5]) + 100] ^= 1;
        byte[] sum = [.. file];
        sum[sum.AsSpan().IndexOf("Content-MD5:"u8) + 15] = (byte)'!';
        byte[] none = [.. file];
        "Content-XX5:"u8.CopyTo(none.AsSpan(none.AsSpan().IndexOf("Content-MD5:"u8)));
        byte[] pixels = new byte[4 * 6];
        byte[][] image =
        [
            Utf8("""{"frame":1,"hash":"00000000000000000000000000000000","htype":"dimage-1.0","series":14}"""),
            Utf8("""{"encoding":"<","htype":"dimage_d-1.0","shape":[3,2],"type":"uint32"}"""), pixels,
        ];

        AssertDamaged(StreamDialects.Create("stins", options).Read(Message(header, file)));
        AssertDamaged(StreamDialects.Create("stins", options).Read(Message(header, sum)));
        AssertDamaged(StreamDialects.Create("dectris-stream-1", options).Read(Message(image)));
        Assert.Equal(SourceEventKind.Image, StreamDialects.Create("stins", options).Read(Message(header, none)).Kind);
        Assert.Equal(SourceEventKind.Image, StreamDialects.Create("stins", new DialectOptions()).Read(Message(header, file)).Kind);
        Assert.Equal(SourceEventKind.Image, StreamDialects.Create("dectris-stream-1", new DialectOptions()).Read(Message(image)).Kind);
    }

    [Theory]
    [InlineData("stins")]
    [InlineData("array-1.0")]
    [InlineData("xrdct")]
    public void Read_SeriesThatCountsFromOne_IsIndexedFromZero(string dialect)
    {
        IStreamDialect reader = StreamDialects.Create(dialect, new DialectOptions { FirstFrame = 1 });

        Assert.Equal(0, reader.Read(Message(ImageOf(dialect))).Frame.Header.Index);
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("threshold_1", 1)]
    [InlineData("threshold_2", 2)]
    [InlineData("both", 1)]
    public void Read_ThresholdsInPartsOfTheirOwn_TakesTheChannel(string? channel, int part)
    {
        byte[] header = Utf8("""{"htype":"image","frame":1,"shape":[2,1,2],"type":"uint8","compression":"none"}""");
        IStreamDialect reader = StreamDialects.Create("stins", new DialectOptions { Channel = channel });

        SourceEvent read = reader.Read(Message(header, [1, 1], [2, 2]));

        Assert.Equal(part, read.Frame.Payload[0]);
        Assert.Equal(new ImageShape(1, 2), read.Frame.Shape);
    }

    [Fact]
    public void Read_ThresholdThatIsNotThere_SaysHowManyThereAre()
    {
        byte[] header = Utf8("""{"htype":"image","frame":1,"shape":[2,1,2],"type":"uint8","compression":"none"}""");
        IStreamDialect reader = StreamDialects.Create("stins", new DialectOptions { Channel = "threshold_3" });

        Assert.Contains("no channel 'threshold_3', only 2", reader.Read(Message(header, [1, 1], [2, 2])).Reason);
    }

    [Theory]
    [InlineData(StreamMessage.MostParts)]
    [InlineData(StreamMessage.MostParts + 1)]
    [InlineData(3 * StreamMessage.MostParts)]
    public void Read_MoreThresholdsThanAMessageShows_AreRefused(int threshold)
    {
        byte[] header = Utf8($$"""{"htype":"image","frame":1,"shape":[{{threshold}},1,2],"type":"uint8","compression":"none"}""");
        byte[][] parts = [header, .. Enumerable.Repeat(new byte[] { 1, 1 }, threshold)];
        IStreamDialect reader = StreamDialects.Create("stins", new DialectOptions { Channel = $"threshold_{threshold}" });

        Assert.Equal(SourceEventKind.Rejected, reader.Read(Message(parts)).Kind);
    }

    [Fact]
    public void Read_TableBehindThePartsThatAMessageShows_IsLeftOut()
    {
        byte[] json = Utf8("""{"htype":"dpixelmask-1.0","shape":[2,1],"type":"uint32"}""");
        byte[][] parts = [Utf8("""{"htype":"dheader-1.0","series":1,"header_detail":"all"}"""), .. Enumerable.Repeat(json, 2 * StreamMessage.MostParts)];
        IStreamDialect reader = StreamDialects.Create("dectris-stream-1", new DialectOptions { KeepTables = true });

        Assert.Equal(SourceEventKind.SeriesStarted, reader.Read(Message(parts)).Kind);
    }

    [Theory]
    [InlineData("""{"\ud800onitor":1,"monitor":2}""", 2)]
    [InlineData("""{"\u006donitor":1}""", double.NaN)]
    [InlineData("""{"monitor":"\ud800"}""", double.NaN)]
    [InlineData("""{"monitor":1e999,"a":[{"monitor":3}]}""", double.NaN)]
    [InlineData("""["monitor",1]""", double.NaN)]
    [InlineData("""{"monitor":1""", double.NaN)]
    public void FromJson_KeysAndTextsOfAnyKind_TellOnlyWhatStandsThere(string json, double monitor) =>
        Assert.Equal(monitor, FrameFacts.FromJson(Utf8(json)).Monitor);

    [Fact]
    public void Read_TextsThatCannotBeUnescaped_AreAbsent()
    {
        IStreamDialect reader = StreamDialects.Create("stins", new DialectOptions());
        string longName = new('a', 2000);

        SourceEvent half = reader.Read(Message(Utf8("""{"htype":"header","filename":"\ud800x"}""")));
        SourceEvent large = reader.Read(Message(Utf8($$"""{"htype":"header","filename":"\\{{longName}}"}""")));
        SourceEvent plain = reader.Read(Message(Utf8($$"""{"htype":"header","filename":"{{longName}}"}""")));

        Assert.Null(half.Series!.UniqueId);
        Assert.Null(large.Series!.UniqueId);
        Assert.Equal(longName[..256], plain.Series!.UniqueId);
    }

    [Fact]
    public void Read_MistakeInALongText_TakesLittleMemory()
    {
        byte[] text = new byte[4 << 20];
        text.AsSpan().Fill((byte)'x');
        "{\"htype\":nan"u8.CopyTo(text);
        long before = GC.GetAllocatedBytesForCurrentThread();

        SourceEvent read = StreamDialects.Create("stins", new DialectOptions()).Read(Message(text));
        double monitor = FrameFacts.FromJson(text).Monitor;

        Assert.Equal(SourceEventKind.Rejected, read.Kind);
        Assert.Equal(double.NaN, monitor);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Date_FramesOfOneClock_AreLateByTheFastestWay()
    {
        DetectorClock clock = default;

        // The ways take 30, 10 and 50 ms; the second, fastest one sets the origin for itself and all that follow.
        DateTimeOffset first = clock.Date(TimeSpan.FromSeconds(5000), Received.AddMilliseconds(30));
        DateTimeOffset second = clock.Date(TimeSpan.FromSeconds(5001), Received.AddMilliseconds(1010));
        DateTimeOffset third = clock.Date(TimeSpan.FromSeconds(5002), Received.AddMilliseconds(2050));

        Assert.Equal(Received.AddMilliseconds(30), first);
        Assert.Equal(Received.AddMilliseconds(1010), second);
        Assert.Equal(Received.AddMilliseconds(2010), third);
    }

    [Fact]
    public void Date_ClockThatStandsOrIsReset_NeverLagsBehind()
    {
        DetectorClock clock = default;
        clock.Date(TimeSpan.FromSeconds(7), Received);

        Assert.Equal(Received.AddMinutes(10), clock.Date(TimeSpan.FromSeconds(7), Received.AddMinutes(10)));
        Assert.Equal(Received.AddHours(2), clock.Date(TimeSpan.FromSeconds(8), Received.AddHours(2)));
        Assert.Equal(default, clock.Date(TimeSpan.FromDays(36500), default));
    }

    [Fact]
    public void Create_UnknownDialect_ListsTheKnownOnes()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => StreamDialects.Create("stream2", new DialectOptions()));

        Assert.Contains("dectris-stream-2, dectris-stream-1, stins", e.Message);
    }

    private static void AssertDamaged(SourceEvent read)
    {
        Assert.Equal(SourceEventKind.Rejected, read.Kind);
        Assert.Equal(FrameOutcome.Truncated, read.Outcome);
        Assert.Contains("MD5", read.Reason);
    }

    /// <summary>Frame 1 of series 7 (or of what counts as the first), 2 × 3 pixels.</summary>
    private static byte[][] ImageOf(string dialect)
    {
        byte[] pixels = new byte[4 * 6];
        return dialect switch
        {
            "dectris-stream-2" => [Stream2ReaderTests.CapturedImage()],
            "dectris-stream-1" =>
            [
                Utf8("""{"frame":1,"hash":"385db6946033c3d5d79ef6fe6fb01b69","htype":"dimage-1.0","series":7,"acqID":"a\u003cb"}"""),
                Utf8("""{"encoding":"\u003c","htype":"dimage_d-1.0","shape":[3,2],"size":24,"type":"uint32"}"""), pixels,
                Utf8("""{"htype":"dconfig-1.0","real_time":994339020,"start_time":4843213806960,"stop_time":4844213800980}"""),
                Utf8("""{"monitor":5.5,"translation_mm":1,"rotation_deg":-2.5,"more":[1,{"a":null}]}"""),
            ],
            "stins" =>
            [
                Utf8("""{"htype":"image","msg_number":5,"frame":1,"shape":[2,3],"type":"int32","compression":"none","monitor":2}"""), pixels,
            ],
            "pilatus-streamer" =>
            [
                Utf8("""{"htype":"image","frame":1,"shape":[120,160],"type":"int32","compression":"cbf"}"""),
                File.ReadAllBytes(GoldenFiles.PathOf("image.cbf")),
            ],
            "array-1.0" =>
            [
                Utf8("""{"htype":["array-1.0"],"type":"int32","shape":[3,2],"frame":1,"timeStamp":1767323045.5,"ndattr":{"monitor":1}}"""),
                pixels,
            ],
            "xrdct" => [XrdctImage(), pixels],
            _ => throw new ArgumentException($"there is no image of '{dialect}'", nameof(dialect)),
        };
    }

    private static byte[] XrdctImage()
    {
        ArrayBufferWriter<byte> buffer = new();
        MessagePackWriter writer = new(buffer);
        writer.WriteMapHeader(8);
        writer.Write("type");
        writer.Write("image");
        writer.Write("series");
        writer.Write(7);
        writer.Write("index");
        writer.Write(1);
        writer.Write("dtype");
        writer.Write("int32");
        writer.Write("encoding");
        writer.Write("none");
        writer.Write("monitor");
        writer.Write(2.5);
        writer.Write("shape");
        writer.WriteArrayHeader(2);
        writer.Write(2);
        writer.Write(3);
        writer.Write("positions");
        writer.WriteMapHeader(1);
        writer.Write("rotation_deg");
        writer.Write(90);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static MemoryMessage Message(params byte[][] parts) => new([.. parts.Select(p => new ReadOnlyMemory<byte>(p))], Received);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A message that can be read again and again, and lends without allocating.</summary>
    private sealed class StillMessage : StreamMessage
    {
        private readonly MemoryLease[] _leases;
        private readonly byte[][] _parts;

        internal StillMessage(DateTimeOffset receivedAt, params byte[][] parts)
        {
            ReceivedAt = receivedAt;
            _parts = parts;
            _leases = [.. parts.Select(p => new MemoryLease(p))];
        }

        public override int PartCount => _parts.Length;

        public override ReadOnlyMemory<byte> Part(int index) => _parts[index];

        public override FrameLease Keep(int index) => _leases[index];
    }
}
