using System.Formats.Cbor;
using System.Text.Json;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Dectris;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Tests.Ingest;

public class Stream2ReaderTests
{
    // The end message of an EIGER1 1M, byte for byte (69 bytes).
    private const string CapturedEnd =
        "d9d9f7a3647479706563656e64697365726965735f696410707365726965735f756e697175655f6964781a"
        + "30314852434a463833534136335748384d35583156424b464a4d";

    // The head of an image message of the same detector, up to the length of its pixels (25 473 bytes).
    private const string CapturedImageHead =
        "d9d9f7a9647479706565696d616765697365726965735f696410707365726965735f756e697175655f6964781a"
        + "30314852434a463833534136335748384d35583156424b464a4d"
        + "68696d6167655f6964006972 65616c5f74696d65821a02f69d931a02faf080"
        + "6b7365726965735f64617465c0781d323032342d30332d30375431343a34333a33312e3139332b30313a3030"
        + "6a73746172745f74696d6582001a02faf0806973746f705f74696d65821a02faee111a02faf080"
        + "6464617461a16b7468726573686f6c645f31d8288282190429190406d846d9dcb48365 62736c7a3404596381";

    private const int CapturedBlobLength = 25473;

    [Fact]
    public void Read_CapturedEnd_IsTheEndOfSeries16()
    {
        byte[] message = Hex(CapturedEnd);
        Assert.Equal(69, message.Length);

        FrameOutcome outcome = new Stream2Reader().Read(message, out Stream2Message content, out string? reason);

        Assert.Equal(FrameOutcome.Accepted, outcome);
        Assert.Null(reason);
        Assert.Equal(Stream2Kind.End, content.Kind);
        Assert.Equal(16, content.SeriesId);
    }

    [Fact]
    public void Read_CapturedImage_PointsAtItsPixels()
    {
        byte[] message = CapturedImage();
        int blobStart = message.Length - CapturedBlobLength;

        FrameOutcome outcome = new Stream2Reader().Read(message, out Stream2Message content, out _);

        Assert.Equal(FrameOutcome.Accepted, outcome);
        Assert.Equal(Stream2Kind.Image, content.Kind);
        Assert.Equal(16, content.SeriesId);
        Assert.Equal(0, content.ImageIndex);
        Assert.Equal(new ImageShape(1065, 1030), content.Shape);
        Assert.Equal(PixelType.UInt32, content.Type);
        Assert.Equal(PixelEncoding.BitshuffleLz4, content.Encoding);
        Assert.Equal(blobStart, content.PayloadOffset);
        Assert.Equal(CapturedBlobLength, content.PayloadLength);
        Assert.True(double.IsNaN(content.Facts.Monitor));

        // 14:43:31.193+01:00 and 49 999 377 / 50 000 000 s, rounded to the tick of 100 ns.
        DateTimeOffset stop = new DateTimeOffset(2024, 3, 7, 13, 43, 31, 193, TimeSpan.Zero).AddTicks(9_999_875);
        Assert.InRange((content.StoppedAt!.Value - stop).Ticks, -1, 1);
    }

    [Fact]
    public void Read_NextSeriesWithAnotherDate_IsDatedByIt()
    {
        byte[] message = CapturedImage();
        Stream2Reader reader = new();
        reader.Read(message, out _, out _);
        message[message.AsSpan().IndexOf("2024-03"u8) + 3] = (byte)'5';

        reader.Read(message, out Stream2Message content, out _);

        Assert.Equal(2025, content.StoppedAt!.Value.Year);
    }

    [Fact]
    public void Read_EveryCutOfTheCapturedImage_IsNeverAccepted()
    {
        byte[] message = CapturedImage();
        Stream2Reader reader = new();

        for (int length = 0; length < message.Length; length += length < 400 ? 1 : 997)
        {
            FrameOutcome outcome = reader.Read(message.AsSpan(0, length), out _, out string? reason);
            Assert.True(outcome is FrameOutcome.Malformed or FrameOutcome.Truncated, $"{length} bytes: {outcome}");
            Assert.False(string.IsNullOrEmpty(reason));
        }

        Assert.Equal(FrameOutcome.Truncated, reader.Read(message.AsSpan(0, 20000), out _, out string? cut));
        Assert.Contains("cut short in the pixels", cut);
    }

    [Fact]
    public void Read_BytesAfterTheEnd_IsMalformed()
    {
        FrameOutcome outcome = new Stream2Reader().Read([.. Hex(CapturedEnd), 0], out _, out string? reason);

        Assert.Equal(FrameOutcome.Malformed, outcome);
        Assert.Contains("1 bytes follow", reason);
    }

    [Fact]
    public void Read_ImagesOfOneSeries_AllocateNothing()
    {
        byte[] message = CapturedImage();
        Stream2Reader reader = new();
        reader.Read(message, out _, out _);

        Assert.Equal(0, Allocation.OfRound_bytes(() => reader.Read(message, out _, out _)));
    }

    [Fact]
    public void Read_MapsOfIndefiniteLengthAndUnknownKeys_AreAccepted()
    {
        CborWriter writer = new(CborConformanceMode.Lax);
        writer.WriteStartMap(null);
        writer.WriteTextString("surprise");
        writer.WriteStartArray(null);
        writer.WriteStartIndefiniteLengthTextString();
        writer.WriteTextString("in ");
        writer.WriteTextString("pieces");
        writer.WriteEndIndefiniteLengthTextString();
        writer.WriteStartMap(null);
        writer.WriteInt32(1);
        writer.WriteNull();
        writer.WriteEndMap();
        writer.WriteEndArray();
        writer.WriteTextString("series_id");
        writer.WriteInt64(7);
        writer.WriteTextString("type");
        writer.WriteTextString("end");
        writer.WriteEndMap();

        FrameOutcome outcome =
            new Stream2Reader().Read(writer.Encode(), out Stream2Message content, out string? reason);

        Assert.True(outcome == FrameOutcome.Accepted, reason);
        Assert.Equal(7, content.SeriesId);
    }

    [Fact]
    public void Read_NestedTooDeep_IsMalformedWithoutOverflow()
    {
        byte[] message = new byte[1_000_000];
        message.AsSpan().Fill(0x81);
        message[0] = 0xA1;
        message[1] = 0x61;
        message[2] = (byte)'a';

        Assert.Equal(FrameOutcome.Malformed, new Stream2Reader().Read(message, out _, out _));
    }

    [Fact]
    public void Read_StartWithNothingButIds_LeavesTheRestUnknown()
    {
        CborWriter writer = new(CborConformanceMode.Lax);
        writer.WriteStartMap(3);
        writer.WriteTextString("type");
        writer.WriteTextString("start");
        writer.WriteTextString("series_id");
        writer.WriteInt64(1);
        writer.WriteTextString("number_of_images");
        writer.WriteTextString("many");
        writer.WriteEndMap();

        new Stream2Reader().Read(writer.Encode(), out Stream2Message content, out _);

        Assert.Equal(new Model.Ports.SeriesHeader { SeriesId = 1 }, content.Series);
    }

    [Fact]
    public void Read_NamedChannel_TakesThatOneOrRefuses()
    {
        using TemporaryFolder folder = new();
        EncodeByPython(folder);
        byte[] message = File.ReadAllBytes(folder.PathOf("two_channels.cbor"));

        Assert.Equal(PackedFrames.Expected(37, 53, 4), Decode(message, Read(new Stream2Reader(), message)));
        Assert.Equal(
            PackedFrames.Expected(37, 53, 99),
            Decode(message, Read(new Stream2Reader("threshold_2"), message)));
        Assert.Equal(FrameOutcome.Malformed, new Stream2Reader("threshold_3").Read(message, out _, out string? reason));
        Assert.Contains("threshold_3", reason);
    }

    [Fact]
    public void Read_MessagesOfCbor2_GiveWhatWasSent()
    {
        using TemporaryFolder folder = new();
        EncodeByPython(folder);
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllText(folder.PathOf("cases.json")));
        Stream2Reader reader = new();
        int images = 0;
        foreach (JsonElement expected in cases.RootElement.EnumerateArray())
        {
            string name = expected.GetProperty("name").GetString()!;
            byte[] message = File.ReadAllBytes(folder.PathOf(name + ".cbor"));
            switch (expected.GetProperty("kind").GetString())
            {
                case "start":
                    CheckStart(Read(reader, message));
                    break;
                case "end":
                    Assert.Equal(Stream2Kind.End, Read(reader, message).Kind);
                    break;
                case "image":
                    CheckImage(name, expected, message, Read(reader, message));
                    images++;
                    break;
                default:
                    Assert.Equal(FrameOutcome.Malformed, reader.Read(message, out _, out string? reason));
                    Assert.Contains(expected.GetProperty("reason").GetString()!, reason);
                    break;
            }
        }

        Assert.Equal(69, images);
    }

    [Fact]
    public void Read_StartWithTables_KeepsThemForWhoeverAsks()
    {
        using TemporaryFolder folder = new();
        EncodeByPython(folder);
        byte[] message = File.ReadAllBytes(folder.PathOf("start.cbor"));

        ForeignTables.Check(Read(new Stream2Reader(keepsTables: true), message).Series!.Tables!, new ImageShape(37, 53));
        ForeignTables.Check(Read(new Stream2Reader("threshold_1", keepsTables: true), message).Series!.Tables!, new ImageShape(37, 53));
        Assert.Null(Read(new Stream2Reader("threshold_2", keepsTables: true), message).Series!.Tables);
        Assert.Null(Read(new Stream2Reader(), message).Series!.Tables);
    }

    /// <summary>The captured image with pixels of zeros in place of its own.</summary>
    internal static byte[] CapturedImage() => [.. Hex(CapturedImageHead), .. new byte[CapturedBlobLength]];

    private static void CheckStart(Stream2Message content)
    {
        Assert.Equal(Stream2Kind.Start, content.Kind);
        Assert.Equal(
            new Model.Ports.SeriesHeader
            {
                SeriesId = 16,
                UniqueId = "01HRCJF83SA63WH8M5X1VBKFJM",
                ImageCount = 250,
                Shape = new ImageShape(37, 53),
                Energy_keV = 50,
                FramePeriod = TimeSpan.FromMilliseconds(4),
                Detector = "Dectris PILATUS3 X CdTe 2M",
                Distance_m = 0.5,
            },
            content.Series);
    }

    private static void CheckImage(string name, JsonElement expected, byte[] message, Stream2Message content)
    {
        int index = expected.GetProperty("index").GetInt32();
        Assert.Equal(Stream2Kind.Image, content.Kind);
        Assert.Equal(16, content.SeriesId);
        Assert.Equal(index, content.ImageIndex);
        double monitor = expected.TryGetProperty("monitor", out JsonElement m) ? m.GetDouble() : double.NaN;
        Assert.Equal(monitor, content.Facts.Monitor);
        Assert.Equal(expected.TryGetProperty("transmission", out JsonElement t) ? t.GetDouble() : null, content.Facts.Transmission);
        DateTimeOffset start = new(2024, 3, 7, 13, 43, 31, 193, TimeSpan.Zero);
        DateTimeOffset stop = start.AddMilliseconds(4 * (index + 1));
        Assert.Equal(expected.TryGetProperty("undated", out _) ? null : stop, content.StoppedAt);
        int[] sent = PackedFrames.Expected(37, 53, index, expected.GetProperty("bytes").GetInt32());
        if (expected.GetProperty("isFloat").GetBoolean())
        {
            ForeignStreamContract.MakeOneFlag(sent);
        }

        Assert.True(sent.AsSpan().SequenceEqual(Decode(message, content)), name);
    }

    private static Stream2Message Read(Stream2Reader reader, byte[] message)
    {
        FrameOutcome outcome = reader.Read(message, out Stream2Message content, out string? reason);
        Assert.True(outcome == FrameOutcome.Accepted, reason);
        return content;
    }

    private static int[] Decode(byte[] message, Stream2Message content)
    {
        RawFrame frame = new()
        {
            Header = new FrameHeader { SeriesId = 1, Index = 0, AcquiredAt = DateTimeOffset.UnixEpoch },
            Shape = content.Shape,
            Type = content.Type,
            Encoding = content.Encoding,
            IsBigEndian = content.IsBigEndian,
            IsColumnMajor = content.IsColumnMajor,
            Lease = new MemoryLease(message),
            PayloadOffset = content.PayloadOffset,
            PayloadLength = content.PayloadLength,
        };
        int[] pixels = new int[content.Shape.PixelCount];
        Assert.Equal(FrameOutcome.Accepted, new FrameDecoder(content.Shape).Decode(frame, pixels));
        return pixels;
    }

    private static void EncodeByPython(TemporaryFolder folder) =>
        PythonPeer.Run("cbor2, h5py, hdf5plugin, lz4.block, zmq", "stream2_peer.py", "encode", folder.PathOf("."));

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", ""));
}
