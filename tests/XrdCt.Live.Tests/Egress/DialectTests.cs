using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Egress.Files;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Tests.Egress;

/// <summary>Every dialect with every pixel type and packing that it carries, read by a peer written from the specifications.</summary>
public sealed class DialectTests
{
    // Not a multiple of eight pixels, more than one block of 8,192 bytes for every type, higher than wide.
    private static readonly ImageShape Shape = new(139, 61);

    private static readonly SeriesInfo Series = new()
    {
        SeriesId = 16,
        UniqueId = "01HRCJF83SA63WH8M5X1VBKFJM",
        Date = new DateTimeOffset(2024, 3, 7, 14, 43, 31, 193, TimeSpan.FromHours(1)),
        ImageCount = 2,
        Shape = Shape,
        FramePeriod = TimeSpan.FromMilliseconds(4),
        Exposure = TimeSpan.FromMilliseconds(3),
        Energy_keV = 50,
        PixelSize_m = 172e-6,
        Distance_m = 0.5,
        BeamCentre = (30.25, 70.5),
        Detector = "PILATUS3 X CdTe 2M",
        DetectorNumber = "SIM-0001",
        SensorMaterial = "CdTe",
        SensorThickness_m = 0.001,
        CountCutoff = 1_048_575,
        FileName = "/data/scan.h5",
    };

    /// <summary>Neighbours whose differences lie on both sides of the escapes of CBF's byte offset that fabio reads.</summary>
    private static ReadOnlySpan<int> Steps =>
    [
        0, 127, 0, -127, 0, 128, 0, -128, 0, 32767, 0, -32767, 0, 32768, 0, -32768, 0, int.MaxValue, 0, -int.MaxValue, 0,
    ];

    public static TheoryData<string> Dialects { get; } = [.. StreamDialects.All.Select(d => d.Name)];

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Write_EveryTypeAndPacking_ForeignReaderFindsThePixels(string dialect)
    {
        using StreamPeer peer = new();
        IStreamWriter writer = StreamDialects.Of(dialect).NewWriter();
        (string Type, string Encoding)[] carried = [.. PixelNames.Types.Keys
            .SelectMany(t => PixelNames.Encodings.Keys, (t, e) => (t, e))
            .Where(c => writer.Carries(PixelNames.Types[c.t], PixelNames.Encodings[c.e]))];
        foreach ((string type, string encoding) in carried)
        {
            SeriesInfo series = Series with { Type = PixelNames.Types[type], Encoding = PixelNames.Encodings[encoding] };
            peer.Begin($"{type}-{encoding}");
            Write(peer, writer, series, index => Image(series, index));
        }

        JsonElement[][] found = peer.Check(dialect);
        Assert.Equal(carried.Length, found.Length);
        foreach ((JsonElement[] messages, (string type, _)) in found.Zip(carried))
        {
            JsonElement[] images = [.. messages.Where(m => Kind(m) == "image")];
            Assert.Equal([0, 1], images.Select(m => m.GetProperty("index").GetInt32()));
            Assert.All(images, m => Assert.Equal(type, m.GetProperty("pixels").GetProperty("dtype").GetString()));
            Assert.All(images, m => Assert.Equal([Shape.Rows, Shape.Columns], Shapes(m.GetProperty("pixels"))));
            string[] kinds = dialect == "array-1.0" ? ["image", "image"] : ["start", "image", "image", "end"];
            Assert.Equal(kinds, messages.Select(Kind));
        }
    }

    [Fact]
    public void Carries_EveryDialect_CarriesItsUsualPacking() =>
        Assert.All(StreamDialects.All, d =>
        {
            IStreamWriter writer = StreamDialects.Of(d.Name).NewWriter();
            Assert.Equal(d.Name, writer.Dialect);
            Assert.True(writer.Carries(PixelType.Int32, d.UsualEncoding));
        });

    [Fact]
    public void Of_UnknownDialect_NamesThoseThatThereAre()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => StreamDialects.Of("smoke"));
        Assert.Contains("'smoke'", e.Message, StringComparison.Ordinal);
        Assert.All(StreamDialects.All, d => Assert.Contains(d.Name, e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void WriteImage_NotCarried_Throws() =>
        Assert.All(StreamDialects.All, d =>
        {
            SeriesInfo series = Series with { Encoding = (PixelEncoding)99 };
            OutgoingImage image = Image(Series with { Encoding = PixelEncoding.None }, 0) with { Encoding = (PixelEncoding)99 };
            Assert.Throws<ArgumentException>(() => d.NewWriter().WriteImage(series, image, new OutgoingMessage()));
        });

    [Theory]
    [InlineData(HeaderDetail.None)]
    [InlineData(HeaderDetail.Basic)]
    [InlineData(HeaderDetail.All)]
    public void Stream1_HeaderDetail_SaysSoMuch(HeaderDetail detail)
    {
        HeaderTables tables = Tables();
        SeriesInfo series = Series with
        {
            HeaderDetail = detail,
            Tables = tables,
            HeaderAppendix = """{"filename": "a<b"}""",
            ImageAppendix = "sample 7",
            TriggerCount = 2,
        };
        JsonElement[] messages = RoundTrip("dectris-stream-1", series, index => Image(series, index) with
        {
            PlainMd5 = Md5(Plain(series.Type, index)),
        });
        JsonElement start = messages[0];
        Assert.Equal(16, start.GetProperty("series").GetInt64());
        Assert.Equal("""{"filename": "a<b"}""", start.GetProperty("appendix").GetString());
        Assert.Equal("sample 7", messages[1].GetProperty("appendix").GetString());
        Assert.Equal(32, messages[1].GetProperty("hash").GetString()!.Length);
        Assert.Equal(7_000_000, messages[2].GetProperty("stop_ns").GetInt64());
        Assert.Equal(detail != HeaderDetail.None, start.TryGetProperty("configuration", out JsonElement configuration));
        if (detail != HeaderDetail.None)
        {
            Assert.Equal((1, 2), (configuration.GetProperty("nimages").GetInt32(), configuration.GetProperty("ntrigger").GetInt32()));
            Assert.Equal((61, 139), (Integer(configuration, "x_pixels_in_detector"), Integer(configuration, "y_pixels_in_detector")));
            Assert.Equal(50_000, configuration.GetProperty("photon_energy").GetDouble());
            Assert.Equal(0.24797, configuration.GetProperty("wavelength").GetDouble(), 1e-5);
            Assert.Equal(0.004, configuration.GetProperty("frame_time").GetDouble());
            Assert.Equal(0.003, configuration.GetProperty("count_time").GetDouble());
            Assert.Equal("bslz4", configuration.GetProperty("compression").GetString());
            Assert.Equal(32, Integer(configuration, "bit_depth_image"));
        }

        Assert.Equal(detail == HeaderDetail.All, start.TryGetProperty("dflatfield-1.0", out JsonElement flat));
        if (detail == HeaderDetail.All)
        {
            Assert.Equal([Shape.Rows, Shape.Columns], Shapes(flat));
            Assert.Equal(Md5(MemoryMarshal.AsBytes(tables.FlatField.Span)), flat.GetProperty("md5").GetString());
            Assert.Equal(
                Md5(MemoryMarshal.AsBytes(tables.Mask.Span)), start.GetProperty("dpixelmask-1.0").GetProperty("md5").GetString());
            Assert.Equal([2, 5], Shapes(start.GetProperty("dcountrate_table-1.0")));
        }
    }

    [Fact]
    public void Stream2_AllDetailAndTwoThresholds_AreRead()
    {
        HeaderTables tables = Tables();
        SeriesInfo series = Series with
        {
            HeaderDetail = HeaderDetail.All,
            Tables = tables,
            Channels = [new ThresholdChannel("threshold_1", 25), new ThresholdChannel("threshold_2", 40)],
            HeaderAppendix = """{"sample": 7}""",
        };
        JsonElement[] messages = RoundTrip("dectris-stream-2", series, index => Image(series, index) with
        {
            MorePayloads = [Packed(series.Type, series.Encoding, Plain(series.Type, index + 10))],
            Monitor = 0.75,
            Transmission = 0.625,
        });
        JsonElement start = messages[0];
        Assert.Equal(["threshold_1", "threshold_2"], start.GetProperty("channels").EnumerateArray().Select(c => c.GetString()!));
        Assert.Equal(40_000, start.GetProperty("threshold_energy").GetProperty("threshold_2").GetDouble());
        Assert.Equal("""{"sample": 7}""", start.GetProperty("user_data").GetString());
        Assert.Equal(Md5(MemoryMarshal.AsBytes(tables.FlatField.Span)), TableMd5(start, "flatfield", "threshold_1"));
        Assert.Equal(Md5(MemoryMarshal.AsBytes(tables.Mask.Span)), TableMd5(start, "pixel_mask", "threshold_2"));
        Assert.Equal([5], Shapes(start.GetProperty("countrate_correction_lookup_table")));
        JsonElement image = messages[2];
        Assert.Equal(0.75, image.GetProperty("user_data").GetProperty("monitor").GetDouble());
        Assert.Equal(0.625, image.GetProperty("user_data").GetProperty("transmission").GetDouble());
        Assert.Equal(Md5(Plain(series.Type, 11)), TableMd5(image, "channels", "threshold_2"));
    }

    [Fact]
    public void Stream2_ImagesForOtherChannels_AreRefused()
    {
        SeriesInfo series = Series with { Channels = [new ThresholdChannel("a", 25), new ThresholdChannel("b", 40)] };
        Assert.Throws<ArgumentException>(() => new Stream2Writer().WriteImage(series, Image(series, 0), new OutgoingMessage()));
    }

    [Fact]
    public void Xrdct_AllKeys_AreWhatWasSaid()
    {
        JsonElement[] messages = RoundTrip("xrdct", Series, index => Image(Series, index) with
        {
            Monitor = 0.5,
            Transmission = 0.875,
            Translation_mm = -1.25,
            Rotation_deg = 179.5,
        });
        JsonElement start = messages[0];
        Assert.Equal((2, "int32"), (Integer(start, "images"), start.GetProperty("dtype").GetString()));
        Assert.Equal((50, 0.004, 0.5), (Number(start, "energy_keV"), Number(start, "frame_time_s"), Number(start, "distance_m")));
        Assert.Equal("PILATUS3 X CdTe 2M", start.GetProperty("detector").GetString());
        JsonElement image = messages[2];

        // 2024-03-07 13:43:31.193 UTC, and the second image ends 7 ms later.
        Assert.Equal(1_709_819_011_200_000_000, image.GetProperty("stop_ns").GetInt64());
        Assert.Equal(3_000_000, image.GetProperty("stop_ns").GetInt64() - image.GetProperty("start_ns").GetInt64());
        Assert.Equal((0.5, 0.875), (Number(image, "monitor"), Number(image, "transmission")));
        Assert.Equal(-1.25, Number(image.GetProperty("positions"), "translation_mm"));
        Assert.Equal(179.5, Number(image.GetProperty("positions"), "rotation_deg"));
        Assert.Equal(Series.UniqueId, image.GetProperty("series_uid").GetString());
    }

    [Fact]
    public void Xrdct_NothingKnown_LeavesTheKeysOut()
    {
        JsonElement image = RoundTrip("xrdct", Series, index => Image(Series, index) with { Monitor = double.NaN })[1];
        Assert.False(image.TryGetProperty("monitor", out _));
        Assert.False(image.TryGetProperty("transmission", out _));
        Assert.False(image.TryGetProperty("positions", out _));
    }

    [Fact]
    public void Stins_Numbers_GoOnOverSeries()
    {
        using StreamPeer peer = new();
        using StinsWriter writer = new();
        peer.Begin("series");
        OutgoingMessage message = new();
        for (int series = 0; series < 2; series++)
        {
            writer.WriteStart(Series, message);
            peer.Take(message);
            writer.WriteEnd(Series, message);
            peer.Take(message);
        }

        JsonElement[] messages = peer.Check("stins")[0];
        Assert.Equal([0, 1, 2, 3], messages.Select(m => Integer(m, "msg_number")));
        Assert.Equal(25_000, Number(messages[0].GetProperty("settings"), "threshold"));
        Assert.Equal("/data/scan.h5", messages[0].GetProperty("filename").GetString());
    }

    [Fact]
    public void Array_Facts_GoIntoTheAttributes()
    {
        SeriesInfo series = Series with { Encoding = PixelEncoding.None };
        JsonElement image = RoundTrip("array-1.0", series, index => Image(series, index) with { Monitor = 0.5, Transmission = 0.75, Translation_mm = 2 })[1];

        // Seconds from 1990-01-01 to 2024-03-07 13:43:31.193 UTC are 1,078,667,011.193.
        Assert.Equal(1_078_667_011.2, Number(image, "timeStamp"), 1e-6);
        Assert.Equal(0.5, Number(image.GetProperty("ndattr").GetProperty("monitor"), "value"));
        Assert.Equal(0.75, Number(image.GetProperty("ndattr").GetProperty("transmission"), "value"));
        Assert.Equal(2, Number(image.GetProperty("ndattr").GetProperty("translation_mm"), "value"));
        Assert.False(image.GetProperty("ndattr").TryGetProperty("rotation_deg", out _));
    }

    [Fact]
    public void CbfWriter_Header_HasThePilatusLines()
    {
        SeriesInfo series = Series with { Encoding = PixelEncoding.CbfByteOffset };
        JsonElement image = RoundTrip("pilatus-streamer", series, index => Image(series, index))[2];
        string[] lines = image.GetProperty("contents").GetString()!.Split('\n', StringSplitOptions.TrimEntries);
        Assert.All(
            [
                "# Detector: PILATUS3 X CdTe 2M", "# 2024-03-07T14:43:31.197", "# Pixel_size 172e-6 m x 172e-6 m",
                "# CdTe sensor, thickness 0.001000 m", "# Exposure_time 0.003 s", "# Exposure_period 0.004 s",
                "# Count_cutoff 1048575 counts", "# Threshold_setting: 25000 eV", "# Wavelength 0.247968 A",
                "# Detector_distance 0.500000 m", "# Beam_xy (30.25, 70.50) pixels",
            ],
            line => Assert.Contains(line, lines));
    }

    [Fact]
    public void CbfByteOffset_StepsOfMoreThan32Bits_HaveTheBytesOfTheSpecification()
    {
        // fabio neither writes nor reads the escape to 64 bits: −128, −32768, −2³¹, then the step.
        byte[] output = new byte[31];
        Assert.Equal(31, CbfByteOffsetEncoder.Encode([0, int.MinValue, 0], output));
        Assert.Equal(
            "00" + "80" + "0080" + "00000080" + "00000080ffffffff" + "80" + "0080" + "00000080" + "0000008000000000",
            Convert.ToHexStringLower(output));
    }

    [Fact]
    public void Lz4Framed_NoiseThatDoesNotShrink_StandsRaw()
    {
        byte[] noise = new byte[70_000];
        new Random(5).NextBytes(noise);
        byte[] output = new byte[Lz4Encoder.MaximumFramedLength(noise.Length)];
        Assert.Equal(12 + 4 + 65_536 + 4 + 4_464, Lz4Encoder.EncodeFramed(noise, output));
        Assert.Equal(65_536, BinaryPrimitives.ReadInt32BigEndian(output.AsSpan(12)));
        Assert.Equal(noise[..65_536], output[16..65_552]);
        Assert.Equal(4_464, BinaryPrimitives.ReadInt32BigEndian(output.AsSpan(65_552)));
        Assert.Equal(noise[65_536..], output[65_556..]);
    }

    [Fact]
    public void WriteImage_WarmedUp_AllocatesNothing() => Assert.All(StreamDialects.All, d =>
    {
        SeriesInfo series = Series with { Encoding = d.UsualEncoding };
        OutgoingImage image = Image(series, 1) with { Monitor = 0.5 };
        IStreamWriter writer = d.NewWriter();
        OutgoingMessage message = new();
        for (int i = 0; i < 100; i++)
        {
            writer.WriteImage(series, image, message);
        }

        long allocated_bytes = Allocation.OfRound_bytes(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                writer.WriteImage(series, image, message);
            }
        });
        Assert.True(allocated_bytes == 0, $"{d.Name}: {allocated_bytes} bytes in 50 images");
    });

    private static JsonElement[] RoundTrip(string dialect, SeriesInfo series, Func<int, OutgoingImage> make)
    {
        using StreamPeer peer = new();
        peer.Begin(dialect);
        Write(peer, StreamDialects.Of(dialect).NewWriter(), series, make);
        return peer.Check(dialect)[0];
    }

    private static void Write(StreamPeer peer, IStreamWriter writer, SeriesInfo series, Func<int, OutgoingImage> make)
    {
        OutgoingMessage message = new();
        writer.WriteStart(series, message);
        peer.Take(message);
        for (int index = 0; index < 2; index++)
        {
            OutgoingImage image = make(index);
            peer.Expect(index, Plain(image.Type, index));
            writer.WriteImage(series, image, message);
            peer.Take(message);
        }

        writer.WriteEnd(series, message);
        peer.Take(message);
    }

    private static OutgoingImage Image(SeriesInfo series, int index)
    {
        byte[] plain = Plain(series.Type, index);
        ImageTimes times = new(TimeSpan.FromMilliseconds(4 * index), TimeSpan.FromMilliseconds((4 * index) + 3));
        byte[] payload;
        if (series.Encoding == PixelEncoding.CbfByteOffset)
        {
            ReadOnlySpan<int> pixels = MemoryMarshal.Cast<byte, int>(plain);
            payload = new byte[CbfWriter.RoomFor(pixels)];
            payload = payload[..CbfWriter.Write(series, index, times, series.Shape, pixels, payload)];
        }
        else
        {
            payload = Packed(series.Type, series.Encoding, plain);
        }

        return new OutgoingImage
        {
            Index = index,
            Times = times,
            Shape = series.Shape,
            Type = series.Type,
            Encoding = series.Encoding,
            Payload = payload,
        };
    }

    private static byte[] Packed(PixelType type, PixelEncoding encoding, byte[] plain)
    {
        byte[] output = new byte[PixelPacker.RoomFor(plain, type, encoding)];
        return output[..new PixelPacker().Pack(plain, type, encoding, output)];
    }

    /// <summary>Small counts with some wild words among them, which no reader may take for anything else.</summary>
    private static byte[] Plain(PixelType type, int index)
    {
        int size = PixelTypes.SizeOf(type);
        byte[] plain = new byte[Shape.PixelCount * size];
        Span<byte> word = stackalloc byte[8];
        for (int i = 0; i < Shape.PixelCount; i++)
        {
            ulong value = i % 37 == 5 ? 0x9E3779B97F4A7C15UL * (ulong)(i + 1) : (ulong)(((7 * i) + (13 * index)) % 100);
            BinaryPrimitives.WriteUInt64LittleEndian(word, i % 101 == 3 ? ulong.MaxValue : value);
            word[..size].CopyTo(plain.AsSpan(i * size));
        }

        if (size == sizeof(int))
        {
            MemoryMarshal.AsBytes(Steps).CopyTo(plain.AsSpan(1000 * size));
        }

        return plain;
    }

    private static HeaderTables Tables() => new(
        Shape,
        Enumerable.Range(0, Shape.PixelCount).Select(i => 1 + (i / 1e5f)).ToArray(),
        Enumerable.Range(0, Shape.PixelCount).Select(i => (uint)(i % 61 == 7 ? 1 : 0)).ToArray(),
        new uint[] { 0, 1, 2, 4, 5 });

    private static string Kind(JsonElement message) => message.GetProperty("kind").GetString()!;

    private static int[] Shapes(JsonElement array) => [.. array.GetProperty("shape").EnumerateArray().Select(n => n.GetInt32())];

    private static int Integer(JsonElement owner, string key) => owner.GetProperty(key).GetInt32();

    private static double Number(JsonElement owner, string key) => owner.GetProperty(key).GetDouble();

    // CA5351: the digest that the dialect asks for, not for security.
#pragma warning disable CA5351
    private static string Md5(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351

    private static string? TableMd5(JsonElement owner, string key, string channel) =>
        owner.GetProperty(key).GetProperty(channel).GetProperty("md5").GetString();
}
