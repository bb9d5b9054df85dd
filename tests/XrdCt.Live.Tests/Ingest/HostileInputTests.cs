using BitMiracle.LibTiff.Classic;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Dectris;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Tests.Ingest;

/// <summary>
/// Random and mutated bytes into everything that reads bytes, with fixed seeds and fixed numbers of cases: no exception
/// but the promised one, no write outside the output, no hang.
/// </summary>
public class HostileInputTests
{
    private const int Cases = 4000;
    private const int FileCases = 1200;

    // Reading a small file takes two buffers of 1 MiB; a size believed before it was checked takes gigabytes.
    private const long MostMemory_bytes = 16 << 20;

    private static readonly ImageShape Shape = new(30, 41);

    [Fact]
    public void Stream2Reader_AnyBytes_NeverThrows()
    {
        byte[] image = Stream2ReaderTests.CapturedImage()[..600];
        Stream2Reader reader = new();
        int accepted = 0;
        ForEach(Cases, image, mutated =>
        {
            if (reader.Read(mutated, out Stream2Message content, out string? reason) == FrameOutcome.Accepted)
            {
                accepted++;
                Assert.InRange(content.PayloadOffset, 0, mutated.Length);
                Assert.InRange(content.PayloadLength, 0, mutated.Length - content.PayloadOffset);
            }
            else
            {
                Assert.False(string.IsNullOrEmpty(reason));
            }
        });

        // The message above is cut, so nothing may be accepted; the whole one may.
        Assert.Equal(0, accepted);
        ForEach(200, Stream2ReaderTests.CapturedImage(), mutated =>
            accepted += reader.Read(mutated, out _, out _) == FrameOutcome.Accepted ? 1 : 0);
        Assert.InRange(accepted, 1, 200);
    }

    [Fact]
    public void BitshuffleLz4_AnyBytes_IsRefusedOrDecodedInBounds()
    {
        byte[] packed = PackedFrames.BitshuffleLz4(PackedFrames.Bytes<int>(PackedFrames.Expected(30, 41, 0)), 4, 1024);
        byte[] output = new byte[4 * Shape.PixelCount];
        int decoded = 0;
        ForEach(Cases, packed, mutated => decoded += BitshuffleLz4Tests.TryDecode(mutated, 4, output) ? 1 : 0);

        // A changed literal or tail still decodes; a changed length does not.
        Assert.InRange(decoded, 1, Cases - 1);
    }

    [Fact]
    public void FrameDecoder_AnyBytesInAnyEncoding_GivesAnOutcome()
    {
        byte[] plain = PackedFrames.Bytes<int>(PackedFrames.Expected(30, 41, 0));
        (PixelEncoding Encoding, byte[] Payload)[] seeds =
        [
            (PixelEncoding.None, plain),
            (PixelEncoding.BitshuffleLz4, PackedFrames.BitshuffleLz4(plain, 4)),
            (PixelEncoding.Lz4, PackedFrames.Lz4(plain, 512)),
            (PixelEncoding.CbfByteOffset, PackedFrames.CbfByteOffset(PackedFrames.Expected(30, 41, 0))),
        ];
        FrameDecoder decoder = new(Shape);
        int[] pixels = new int[Shape.PixelCount];
        foreach ((PixelEncoding encoding, byte[] payload) in seeds)
        {
            ForEach(Cases / 4, payload, mutated =>
            {
                FrameOutcome outcome = decoder.Decode(
                    PackedFrames.Frame(mutated, Shape, PixelType.Int32, encoding),
                    pixels);
                Assert.True(outcome is FrameOutcome.Accepted or FrameOutcome.Truncated);
            });
        }
    }

    [Fact]
    public void CbfFile_AnyBytes_ReadsOrSaysWhy() =>
        ForEach(FileCases, File.ReadAllBytes(GoldenFiles.PathOf("extreme.cbf"))[..900], mutated =>
            OnlyFormatException(() => CbfFile.Parse(mutated, "x.cbf").ReadPixels()));

    [Fact]
    public void PoniFile_AnyText_ReadsOrSaysWhy() =>
        ForEach(FileCases, File.ReadAllBytes(GoldenFiles.PathOf("small_v2.poni")), mutated =>
            OnlyFormatException(() => PoniFile.Parse(System.Text.Encoding.Latin1.GetString(mutated), "x.poni")));

    [Theory]
    [InlineData("edf")]
    [InlineData("npy")]
    [InlineData("tif")]
    public void MaskFile_AnyBytes_ReadsOrSaysWhy(string kind)
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("mask." + kind);
        MaskFileTests.WriteTiff(path, 16, SampleFormat.UINT, Compression.NONE);
        byte[] seed = kind switch
        {
            "edf" => MaskFileTests.Edf("DataType = UnsignedShort ;\nDim_1 = 3 ;\nDim_2 = 2 ;", new byte[12])[400..],
            "npy" => MaskFileTests.Npy("<i4", "False", "2, 3", new byte[24], 1),
            _ => File.ReadAllBytes(path),
        };
        byte[] start = kind == "edf" ? "{ DataType = UnsignedShort ; Dim_1 = 3 ; Dim_2 = 2 ;"u8.ToArray() : [];
        int read = 0;
        ForEach(FileCases / 3, [.. start, .. seed], mutated =>
        {
            File.WriteAllBytes(path, mutated);
            OnlyFormatException(() =>
            {
                MaskFile.Read(path, new ImageShape(2, 3));
                read++;
            });
        });

        // Not every mutation hurts: some files must still be read, or the loop above tests nothing but the first check.
        Assert.InRange(read, 1, FileCases / 3);
    }

    /// <summary>A TIFF tag of the wrong type, on which the library throws a FormatException of its own (found by fuzzing).</summary>
    [Fact]
    public void MaskFile_TiffOnWhichTheLibraryThrows_NamesTheFile()
    {
        const string Damaged =
            "49492a00080000000a000001030001000000030000000101030001000000020000000201030001000000080000004001"
            + "030001000000010000000601030001000000010000001101040002000000860000001501070001000000010000001601"
            + "0300010000000100000017010400020000008e0000005301030001000000010000000000000096000000990000000300"
            + "000003000000010000000001";
        using TemporaryFolder folder = new();
        string path = folder.Write("tag.tif", Convert.FromHexString(Damaged));

        FormatException e = Assert.Throws<FormatException>(() => MaskFile.Read(path, new ImageShape(2, 3)));

        Assert.StartsWith(path, e.Message);
    }

    /// <summary>A header that never ends is read up to its limit, at a price in proportion (it was quadratic).</summary>
    [Fact]
    public void EdfImage_HeaderWithoutEnd_CostsNoMoreThanAFewTimesItself()
    {
        using TemporaryFolder folder = new();
        byte[] endless = new byte[2 << 20];
        endless.AsSpan().Fill((byte)' ');
        endless[0] = (byte)'{';
        string path = folder.Write("endless.edf", endless);

        OnlyFormatException(() => EdfImage.Read(path));
    }

    private static void OnlyFormatException(Action read)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            read();
        }
        catch (FormatException e)
        {
            Assert.False(string.IsNullOrWhiteSpace(e.Message));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostMemory_bytes);
    }

    /// <summary>A tenth pure noise; the rest the seed with bytes changed, cut out, doubled, or cut short.</summary>
    private static void ForEach(int cases, byte[] seed, Action<byte[]> check)
    {
        Random random = new(20260102);
        for (int i = 0; i < cases; i++)
        {
            if (i % 10 == 0)
            {
                byte[] noise = new byte[random.Next(2 * seed.Length)];
                random.NextBytes(noise);
                check(noise);
                continue;
            }

            List<byte> bytes = [.. seed];
            for (int change = random.Next(1, 5); change > 0 && bytes.Count > 0; change--)
            {
                int at = random.Next(bytes.Count);
                switch (random.Next(8))
                {
                    case 0:
                        bytes.RemoveRange(at, bytes.Count - at);
                        break;
                    case 1:
                        bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 9)));
                        break;
                    case 2:
                        bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 9))));
                        break;
                    case 3:
                        bytes[at] = (byte)(random.Next(2) * 255);
                        break;
                    case 4:
                        bytes[at] ^= (byte)(1 << random.Next(8));
                        break;
                    default:
                        bytes[at] = (byte)random.Next(256);
                        break;
                }
            }

            check([.. bytes]);
        }
    }
}
