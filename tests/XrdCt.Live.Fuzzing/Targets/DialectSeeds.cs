using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using MessagePack;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>Well-formed messages of every dialect: lists of parts.</summary>
internal static class DialectSeeds
{
    private static readonly byte[] Plain = SampleImage.Plain(4);
    private static readonly byte[] Packed = PackedFrames.BitshuffleLz4(Plain, 4);
    private static readonly string Sides = $"[{SampleImage.Shape.Rows},{SampleImage.Shape.Columns}]";
    private static readonly string Turned = $"[{SampleImage.Shape.Columns},{SampleImage.Shape.Rows}]";

    internal static IEnumerable<byte[][]> Of(string dialect) => dialect switch
    {
        "dectris-stream-2" => new Stream2Target().Seeds.Select(s => new[] { s }).Append([Stream2Tables()]),
        "dectris-stream-1" => Stream1(),
        "stins" or "pilatus-streamer" => Stins(),
        "array-1.0" => Arrays(),
        "xrdct" => Xrdct(),
        _ => throw new ArgumentException($"there are no seeds of the dialect '{dialect}'", nameof(dialect)),
    };

    private static IEnumerable<byte[][]> Stream1()
    {
        byte[] configuration = Utf8("""
            {"description":"Dectris EIGER1 Si 1M","detector_distance":0.75,"frame_time":0.004,"nimages":5,"ntrigger":3,
            "photon_energy":71000.0,"trigger_mode":"ints","x_pixels_in_detector":57,"y_pixels_in_detector":31}
            """);
        byte[] flat = new byte[4 * SampleImage.Shape.PixelCount];
        yield return
        [
            Utf8("""{"header_detail":"all","htype":"dheader-1.0","series":14}"""), configuration,
            Utf8($$"""{"htype":"dflatfield-1.0","shape":{{Turned}},"type":"float32"}"""), flat,
            Utf8($$"""{"htype":"dpixelmask-1.0","shape":{{Turned}},"type":"uint32"}"""), flat,
            Utf8("""{"htype":"dcountrate_table-1.0","shape":[2,40],"type":"float32"}"""), new byte[320], Utf8("""{"filename":""}"""),
        ];
        yield return [Utf8("""{"header_detail":"none","htype":"dheader-1.0","series":14}"""), Utf8("appendix")];
        byte[] time = Utf8("""{"htype":"dconfig-1.0","real_time":994339020,"start_time":4843213806960,"stop_time":4844213800980}""");
        foreach ((string encoding, byte[] blob) in new[]
        {
            ("bs32-lz4<", Packed), ("lz4<", PackedFrames.Lz4Block(Plain)), ("<", Plain), (@"bs32-lz4\u003c", Packed), (">", Plain),
        })
        {
#pragma warning disable CA5351 // The format prescribes MD5.
            string hash = Convert.ToHexStringLower(MD5.HashData(Plain));
#pragma warning restore CA5351
            yield return
            [
                Utf8($$"""{"frame":3,"hash":"{{hash}}","htype":"dimage-1.0","series":14}"""),
                Utf8($$"""{"encoding":"{{encoding}}","htype":"dimage_d-1.0","shape":{{Turned}},"size":{{blob.Length}},"type":"int32"}"""),
                blob, time, Utf8("""{"monitor":5.5,"translation_mm":1,"rotation_deg":-2.5,"more":[1,{"a":null}]}"""),
            ];
        }

        yield return [Utf8("""{"htype":"dseries_end-1.0","series":14}""")];
    }

    private static IEnumerable<byte[][]> Stins()
    {
        yield return
        [
            Utf8("""{"htype": "header", "msg_number": 10, "filename": "a\"b.h5"}"""),
            Utf8("""{"energy": 12400, "exptime": 0.1, "nimages": 2, "ntrigger": 30}"""),
        ];
        foreach ((string compression, byte[] blob) in new[]
        {
            ("\"bslz4\"", Packed), ("\"none\"", Plain), ("\"cbf\"", Cbf()), ("true", Packed), ("\"lz4\"", PackedFrames.Lz4(Plain)),
        })
        {
            yield return
            [
                Utf8($$$"""
                {"htype": "image", "msg_number": 11, "frame": 3, "shape": {{{Sides}}}, "type": "int32", "compression": {{{compression}}},
                "monitor": 1.5, "rotation_deg": 3, "other": {"a": [1, 2]}}
                """),
                blob,
            ];
        }

        yield return
        [
            Utf8($$"""{"htype": "image", "frame": "3", "shape": [2,{{Sides[1..]}}, "type": "int32", "compression": "bslz4"}"""), Packed, Packed,
        ];
        yield return [Utf8("""{"htype": "series_end", "msg_number": 12}""")];
    }

    private static IEnumerable<byte[][]> Arrays()
    {
        foreach ((string encoding, byte[] blob) in new[]
        {
            ("", Plain), ("bslz4", Packed), ("lz4", PackedFrames.Lz4Block(Plain)), ("lz4hdf5", PackedFrames.Lz4(Plain)), ("bs32-lz4<", Packed),
        })
        {
            yield return
            [
                Utf8($$$"""
                {"htype":"array-1.0", "type":"int32", "shape":{{{Sides}}}, "frame":40, "timeStamp":1767323045.5, "encoding":"{{{encoding}}}",
                "endianness":"little", "ndattr":{"monitor":3.5,"Model":"x","nothing":nan}}
                """),
                blob,
            ];
        }

        yield return [Utf8($$"""{"htype":["array-1.0"], "type":"Int32", "shape":{{Turned[..^1]}},1], "frame":0}"""), Plain];
        yield return [Utf8("""{"htype":"pilatus-1.0", "filename":"scan7_00421.cbf", "path":"/ramdisk/"}"""), Cbf()];
    }

    private static IEnumerable<byte[][]> Xrdct()
    {
        yield return
        [
            Map(8, (ref MessagePackWriter w) =>
            {
                w.Write("type");
                w.Write("start");
                w.Write("series");
                w.Write(7);
                w.Write("images");
                w.Write(250);
                w.Write("energy_keV");
                w.Write(71.5);
                w.Write("series_uid");
                w.Write("01HRCJF83SA63WH8M5X1VBKFJM");
                w.Write("frame_time_s");
                w.Write(0.004f);
                w.Write("detector");
                w.Write("Pilatus3 X CdTe 2M");
                w.Write("user");
                w.WriteArrayHeader(3);
                w.WriteNil();
                w.Write([1, 2, 3]);
                w.WriteExtensionFormat(new ExtensionResult(5, new byte[3]));
            }),
        ];
        foreach ((string encoding, byte[] blob) in new[]
        {
            ("bslz4", Packed), ("none", Plain), ("lz4", PackedFrames.Lz4(Plain)), ("cbf", Cbf()),
        })
        {
            yield return
            [
                Map(9, (ref MessagePackWriter w) =>
                {
                    w.Write("type");
                    w.Write("image");
                    w.Write("series");
                    w.Write(7);
                    w.Write("index");
                    w.Write(70000);
                    w.Write("stop_ns");
                    w.Write(1709818611123456700);
                    w.Write("shape");
                    w.WriteArrayHeader(2);
                    w.Write(SampleImage.Shape.Rows);
                    w.Write(SampleImage.Shape.Columns);
                    w.Write("dtype");
                    w.Write("int32");
                    w.Write("encoding");
                    w.Write(encoding);
                    w.Write("monitor");
                    w.Write(ulong.MaxValue);
                    w.Write("positions");
                    w.WriteMapHeader(2);
                    w.Write("translation_mm");
                    w.Write(-0.25);
                    w.Write(5);
                    w.WriteArrayHeader(0);
                }),
                blob,
            ];
        }

        yield return
        [
            Map(7, (ref MessagePackWriter w) =>
            {
                w.Write("type");
                w.Write("reading");
                w.Write("series");
                w.Write(7);
                w.Write("index");
                w.Write(421);
                w.Write("time_ns");
                w.Write(1709818611123456700);
                w.Write("translation_mm");
                w.Write(-0.25);
                w.Write("rotation_deg");
                w.Write(90.5f);
                w.Write("monitor");
                w.Write(1_000_000);
            }),
        ];
        yield return
        [
            Map(2, (ref MessagePackWriter w) =>
            {
                w.Write("type");
                w.Write("end");
                w.Write("series");
                w.Write(7);
            }),
        ];
    }

    /// <summary>A start message of Stream V2 with a packed mask and a flat field by columns.</summary>
    private static byte[] Stream2Tables()
    {
        System.Formats.Cbor.CborWriter writer = new();
        writer.WriteStartMap(4);
        writer.WriteTextString("type");
        writer.WriteTextString("start");
        writer.WriteTextString("series_id");
        writer.WriteInt32(16);
        foreach ((string key, ulong order, ulong tag) in new[] { ("pixel_mask", 40UL, 70UL), ("flatfield", 1040UL, 85UL) })
        {
            writer.WriteTextString(key);
            writer.WriteStartMap(2);
            foreach (string channel in new[] { "threshold_1", "threshold_2" })
            {
                writer.WriteTextString(channel);
                writer.WriteTag((System.Formats.Cbor.CborTag)order);
                writer.WriteStartArray(2);
                writer.WriteStartArray(2);
                writer.WriteInt32(SampleImage.Shape.Rows);
                writer.WriteInt32(SampleImage.Shape.Columns);
                writer.WriteEndArray();
                writer.WriteTag((System.Formats.Cbor.CborTag)tag);
                writer.WriteTag((System.Formats.Cbor.CborTag)56500);
                writer.WriteStartArray(3);
                writer.WriteTextString("bslz4");
                writer.WriteInt32(4);
                writer.WriteByteString(Packed);
                writer.WriteEndArray();
                writer.WriteEndArray();
            }

            writer.WriteEndMap();
        }

        writer.WriteEndMap();
        return writer.Encode();
    }

    private static byte[] Cbf()
    {
        byte[] payload = PackedFrames.CbfByteOffset(SampleImage.Counts);
#pragma warning disable CA5351 // The format prescribes MD5.
        string sum = Convert.ToBase64String(MD5.HashData(payload));
#pragma warning restore CA5351
        string header = $"""
            ###CBF: VERSION 1.5
            --CIF-BINARY-FORMAT-SECTION--
                 conversions="x-CBF_BYTE_OFFSET"
            X-Binary-Size: {payload.Length}
            X-Binary-Element-Type: "signed 32-bit integer"
            Content-MD5: {sum}
            X-Binary-Size-Fastest-Dimension: {SampleImage.Shape.Columns}
            X-Binary-Size-Second-Dimension: {SampleImage.Shape.Rows}


            """.ReplaceLineEndings("\r\n");
        return [.. Encoding.Latin1.GetBytes(header), 0x0C, 0x1A, 0x04, 0xD5, .. payload];
    }

    private delegate void Fill(ref MessagePackWriter writer);

    private static byte[] Map(int count, Fill fill)
    {
        ArrayBufferWriter<byte> buffer = new();
        MessagePackWriter writer = new(buffer);
        writer.WriteMapHeader(count);
        fill(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
