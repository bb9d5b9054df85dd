using System.Runtime.InteropServices;
using System.Text;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Tests.Ingest;

public class CbfFileTests
{
    [Theory]
    [InlineData("image")]
    [InlineData("extreme")]
    public void Read_FileOfFabio_GivesItsPixels(string name)
    {
        byte[] plain = File.ReadAllBytes(GoldenFiles.PathOf(name + ".npy"))[^(120 * 160 * 4)..];

        CbfFile file = CbfFile.Read(GoldenFiles.PathOf(name + ".cbf"));

        Assert.Equal(new ImageShape(120, 160), file.Shape);
        Assert.Equal(MemoryMarshal.Cast<byte, int>(plain.AsSpan()).ToArray(), file.ReadPixels());
        Assert.True(file.MatchesMd5());
    }

    [Fact]
    public void Read_RealFrameWithoutPilatusHeader_HasItsFlagsAndSum()
    {
        CbfFile file = CbfFile.Read(ReferenceData.Require("CeO2.cbf"));

        Assert.Equal(ImageShape.Pilatus2M, file.Shape);
        Assert.Equal(3_243_437, file.Payload.Length);
        Assert.Equal("PYy9iBAyJ9dI8RvOqg40fA==", file.Header["content-md5"]);
        Assert.True(file.MatchesMd5());
        Assert.Equal(212_781, file.ReadPixels().Count(p => p < 0));
    }

    [Fact]
    public void ToRawFrame_RealFrame_DecodesAsOverTheWire()
    {
        CbfFile file = CbfFile.Read(GoldenFiles.PathOf("image.cbf"));
        int[] pixels = new int[file.Shape.PixelCount];
        using RawFrame frame = file.ToRawFrame(
            new FrameHeader { SeriesId = 1, Index = 3, AcquiredAt = DateTimeOffset.UnixEpoch });

        Assert.Equal(FrameOutcome.Accepted, new FrameDecoder(file.Shape).Decode(frame, pixels));

        Assert.Equal(file.ReadPixels(), pixels);
    }

    [Fact]
    public void Parse_PilatusHeader_GivesItsFields()
    {
        byte[] file = Cbf(
            """
            _array_data.header_convention "PILATUS_1.2"
            _array_data.header_contents
            ;
            # Detector: PILATUS3 X CdTe 2M, S/N 24-0113
            # Exposure_time 0.004000 s
            # Pixel_size 172e-6 m x 172e-6 m
            ;

            """);

        CbfFile parsed = CbfFile.Parse(file, "frame.cbf");

        Assert.Equal("PILATUS3 X CdTe 2M, S/N 24-0113", parsed.Header["Detector"]);
        Assert.Equal("0.004000 s", parsed.Header["Exposure_time"]);
        Assert.Equal([1, 2, 1, -1], parsed.ReadPixels());
        Assert.Null(parsed.MatchesMd5());
    }

    [Theory]
    [InlineData("x-CBF_BYTE_OFFSET", "x-CBF_PACKED", "conversions")]
    [InlineData("signed 32-bit", "unsigned 16-bit", "Element-Type")]
    [InlineData("LITTLE", "BIG", "Byte-Order")]
    [InlineData("X-Binary-Size: 4", "X-Binary-Size: 5", "cut short")]
    [InlineData("X-Binary-Size: 4", "X-Binary-Size: four", "X-Binary-Size")]
    [InlineData("X-Binary-Size: 4", "X-Other: 4", "no X-Binary-Size")]
    [InlineData("Fastest-Dimension: 2", "Fastest-Dimension: 2000000000", "cannot hold")]
    [InlineData("###CBF", "###XYZ", "not a CBF file")]
    public void Parse_BadFile_NamesFileAndKey(string original, string changed, string expected)
    {
        string text = Encoding.Latin1.GetString(Cbf(""));
        byte[] bad = Encoding.Latin1.GetBytes(text.Replace(original, changed));

        FormatException e = Assert.Throws<FormatException>(() => CbfFile.Parse(bad, "bad.cbf"));

        Assert.StartsWith("bad.cbf:", e.Message);
        Assert.Contains(expected, e.Message);
    }

    [Fact]
    public void ReadPixels_FewerThanTheHeaderSays_IsRefused()
    {
        byte[] bytes = Cbf("");
        ((byte[])[1, 0x80, 1, 0]).CopyTo(bytes, bytes.Length - 4);
        CbfFile file = CbfFile.Parse(bytes, "bad.cbf");

        Assert.Contains("bad.cbf", Assert.Throws<FormatException>(file.ReadPixels).Message);
    }

    /// <summary>A frame of 2×2 pixels: 1, 2, 1, −1.</summary>
    internal static byte[] Cbf(string pilatusHeader)
    {
        string text = "###CBF: VERSION 1.5\r\ndata_x\r\n" + pilatusHeader
            + """
            _array_data.data
            ;
            --CIF-BINARY-FORMAT-SECTION--
            Content-Type: application/octet-stream;
                 conversions="x-CBF_BYTE_OFFSET"
            X-Binary-Size: 4
            X-Binary-Element-Type: "signed 32-bit integer"
            X-Binary-Element-Byte-Order: LITTLE_ENDIAN
            X-Binary-Size-Fastest-Dimension: 2
            X-Binary-Size-Second-Dimension: 2


            """.ReplaceLineEndings("\r\n");
        return [.. Encoding.Latin1.GetBytes(text), 0x0C, 0x1A, 0x04, 0xD5, 1, 1, 0xFF, 0xFE];
    }
}
