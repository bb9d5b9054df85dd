using System.Runtime.InteropServices;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms;
using XrdCt.Live.Phantoms.Detector;

namespace XrdCt.Live.Tests.Simulators;

public sealed class Bslz4EncoderTests : IDisposable
{
    private const string ReadBack = """
        import sys, h5py, hdf5plugin, numpy
        expected = numpy.fromfile(sys.argv[2], dtype="<i4")
        with h5py.File(sys.argv[3], "w") as f:
            bslz4 = hdf5plugin.Bitshuffle(nelems=2048, lz4=True)
            d = f.create_dataset("d", shape=expected.shape, chunks=expected.shape, dtype="<i4", **bslz4)
            d.id.write_direct_chunk((0,), open(sys.argv[1], "rb").read())
        with h5py.File(sys.argv[3]) as f:
            print("same" if numpy.array_equal(f["d"][()], expected) else "different")
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("xrdct-sim-bslz4");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(8)]
    [InlineData(24)]
    [InlineData(40)]
    [InlineData(2048)]
    public void Transpose_AnyPixels_EqualsScalarReference(int count)
    {
        int[] pixels = RandomPixels(count);
        byte[] rows = new byte[count * 4];
        byte[] reference = new byte[count * 4];
        Array.Fill(rows, (byte)0xA5);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes<int>(pixels);
        BitShuffle.Transpose(bytes, sizeof(int), rows);
        BitShuffle.TransposeBy8(bytes, sizeof(int), reference, 0);
        Assert.Equal(reference, rows);
    }

    [Fact]
    public void TransposeBy8_ByHand_PutsBitOfPixelIAtPlaceI()
    {
        byte[] rows = new byte[32];
        BitShuffle.TransposeBy8(MemoryMarshal.AsBytes<int>([1, 0, 3, 0, 0, 0, 0, -1]), sizeof(int), rows, 0);
        Assert.Equal(0b1000_0101, rows[0]);
        Assert.Equal(0b1000_0100, rows[1]);
        Assert.All(rows[2..], row => Assert.Equal(0b1000_0000, row));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(2048)]
    [InlineData(2053)]
    [InlineData(6001)]
    public void Encode_RandomPixels_ReadsBackWithHdf5(int count) => AssertReadsBack(RandomPixels(count));

    [Fact]
    public void Encode_RealFrame_ReadsBackWithHdf5AndIsFiveToNineTimesSmaller()
    {
        FrameRenderer renderer = new(SimulatedScan.Of(new ScanPlan(101, 80, 10)));
        int[] frame = new int[renderer.PixelCount];
        renderer.Render(55, frame);
        int length = AssertReadsBack(frame);
        Assert.InRange(frame.Length * 4.0 / length, 5, 9);
    }

    [Fact]
    public void Encode_BlockByBlock_EqualsEncodeOfWholeImage()
    {
        int[] pixels = RandomPixels(7001);
        byte[] whole = new byte[Bslz4Encoder.MaximumLength(pixels.Length)];
        byte[] blocks = new byte[Bslz4Encoder.MaximumLength(pixels.Length)];
        int wholeLength = new Bslz4Encoder().Encode(pixels, whole);
        int blocksLength = new Bslz4Encoder().Encode(new ArrayBlocks(pixels), pixels.Length, blocks);
        Assert.Equal(whole[..wholeLength], blocks[..blocksLength]);
    }

    [Fact]
    public void Encode_TooLittleRoom_Throws() =>
        Assert.Throws<ArgumentException>(() => new Bslz4Encoder().Encode(new int[100], new byte[100]));

    private static int[] RandomPixels(int count)
    {
        SeededRandom random = new(7, count);
        int[] pixels = new int[count];
        for (int i = 0; i < count; i++)
        {
            double kind = random.NextUnit();
            pixels[i] = kind < 0.1 ? -1 : kind < 0.2 ? (int)random.NextBits() : random.NextPoisson(9);
        }

        return pixels;
    }

    private int AssertReadsBack(int[] pixels)
    {
        byte[] output = new byte[Bslz4Encoder.MaximumLength(pixels.Length)];
        int length = new Bslz4Encoder().Encode(pixels, output);
        string chunk = Path.Combine(_folder.FullName, "chunk");
        string raw = Path.Combine(_folder.FullName, "raw");
        File.WriteAllBytes(chunk, output[..length]);
        File.WriteAllBytes(raw, MemoryMarshal.AsBytes<int>(pixels).ToArray());
        Assert.Equal(
            "same",
            PythonPeer.Run("h5py, hdf5plugin", ReadBack, chunk, raw, Path.Combine(_folder.FullName, "file.h5")));
        return length;
    }

    private sealed class ArrayBlocks(int[] image) : IPixelBlocks
    {
        public void Read(int block, Span<int> pixels)
        {
            Span<int> source = image.AsSpan(block * Bslz4Encoder.BlockPixels);
            source[..Math.Min(source.Length, pixels.Length)].CopyTo(pixels);
        }
    }
}
