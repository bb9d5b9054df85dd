using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Tests.Ingest;

public class BitshuffleLz4Tests
{
    public static TheoryData<string> VectorNames() =>
        [.. Vectors().Select(v => v.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(VectorNames))]
    public void TryDecode_ChunkOfHdf5Plugin_GivesItsValues(string name)
    {
        JsonElement vector = Vectors().Single(v => v.GetProperty("name").GetString() == name);
        byte[] all = File.ReadAllBytes(GoldenFiles.PathOf("bslz4_variants.bin"));
        ReadOnlySpan<byte> chunk = all.AsSpan(
            vector.GetProperty("offset").GetInt32(),
            vector.GetProperty("length").GetInt32());
        byte[] output = new byte[vector.GetProperty("plainLength").GetInt32()];

        Assert.True(TryDecode(chunk, vector.GetProperty("elementSize").GetInt32(), output));

        Assert.Equal(vector.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(output)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void TryDecode_FullSizeFrameOfHdf5Plugin_GivesItsValues(int frame)
    {
        string source = ReferenceData.Require("golden/frames/frames_bslz4.h5");
        using TemporaryFolder folder = new();
        string prefix = folder.PathOf("frame");
        PythonPeer.Run("h5py, hdf5plugin", "make_bslz4_vectors.py", "frame", source, $"{frame}", prefix);
        byte[] plain = File.ReadAllBytes(prefix + ".plain");
        int[] pixels = new int[ImageShape.Pilatus2M.PixelCount];

        FrameOutcome outcome = new FrameDecoder(ImageShape.Pilatus2M).Decode(
            PackedFrames.Frame(File.ReadAllBytes(prefix + ".chunk"), ImageShape.Pilatus2M),
            pixels);

        Assert.Equal(FrameOutcome.Accepted, outcome);
        Assert.True(PackedFrames.Bytes<int>(pixels).AsSpan().SequenceEqual(plain));
    }

    [Theory]
    [InlineData(1, 1, 8192)]
    [InlineData(4, 488, 8192)]
    [InlineData(4, 4099, 8192)]
    [InlineData(2, 70000, 16384)]
    [InlineData(8, 1025, 512)]
    public void TryDecode_OwnPacking_GivesThePlainBytes(int elementSize, int count, int blockBytes)
    {
        byte[] plain = new byte[elementSize * count];
        new Random(7).NextBytes(plain);
        plain.AsSpan(0, plain.Length / 2).Clear();
        byte[] output = new byte[plain.Length];

        Assert.True(TryDecode(PackedFrames.BitshuffleLz4(plain, elementSize, blockBytes), elementSize, output));

        Assert.Equal(plain, output);
    }

    [Fact]
    public void TryDecode_HeaderOfZeros_TakesTheExpectedSize()
    {
        byte[] plain = PackedFrames.Bytes<int>(PackedFrames.Expected(60, 70, 0));
        byte[] packed = PackedFrames.BitshuffleLz4(plain, 4);
        packed.AsSpan(0, 12).Clear();
        byte[] output = new byte[plain.Length];

        Assert.True(TryDecode(packed, 4, output));

        Assert.Equal(plain, output);
    }

    [Fact]
    public void TryDecode_EveryCut_IsRefused()
    {
        byte[] packed = PackedFrames.BitshuffleLz4(PackedFrames.Bytes<int>(PackedFrames.Expected(30, 41, 0)), 4);
        byte[] output = new byte[30 * 41 * 4];

        for (int length = 0; length < packed.Length; length++)
        {
            Assert.False(TryDecode(packed.AsSpan(0, length), 4, output), $"{length} of {packed.Length} bytes");
        }

        Assert.True(TryDecode(packed, 4, output));
        Assert.False(TryDecode([.. packed, 0], 4, output));
    }

    [Theory]
    [InlineData(4919ul, 8192u)]
    [InlineData(4921ul, 8192u)]
    [InlineData(ulong.MaxValue, 8192u)]
    [InlineData(4920ul, 0u)]
    [InlineData(4920ul, 8191u)]
    [InlineData(4920ul, uint.MaxValue)]
    [InlineData(4920ul, 0x80000000u)]
    public void TryDecode_WrongHeader_IsRefused(ulong plainBytes, uint blockBytes)
    {
        byte[] packed = PackedFrames.BitshuffleLz4(PackedFrames.Bytes<int>(PackedFrames.Expected(30, 41, 0)), 4);
        BinaryPrimitives.WriteUInt64BigEndian(packed, plainBytes);
        BinaryPrimitives.WriteUInt32BigEndian(packed.AsSpan(8), blockBytes);

        Assert.False(TryDecode(packed, 4, new byte[30 * 41 * 4]));
    }

    [Fact]
    public void ScratchLength_HugeBlockInHeader_StaysWithinTheOutput()
    {
        byte[] packed = PackedFrames.BitshuffleLz4(PackedFrames.Bytes<int>(PackedFrames.Expected(30, 41, 0)), 4);
        BinaryPrimitives.WriteUInt32BigEndian(packed.AsSpan(8), 0x7FFF_FFE0);

        int length = BitshuffleLz4.ScratchLength(packed, 4, 30 * 41 * 4);

        Assert.InRange(length, 1, 2 * 30 * 41 * 4);
    }

    /// <summary>Decodes with an output and a scratch that stand between guards, which must stay as they were.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> packed, int elementSize, Span<byte> output)
    {
        const int Guard = 64;
        int needed = BitshuffleLz4.ScratchLength(packed, elementSize, output.Length);
        if (needed < 0)
        {
            return false;
        }

        byte[] scratch = new byte[needed + (2 * Guard)];
        byte[] guarded = new byte[output.Length + (2 * Guard)];
        scratch.AsSpan().Fill(0xA5);
        guarded.AsSpan().Fill(0xA5);
        bool decoded = BitshuffleLz4.TryDecode(
            packed,
            elementSize,
            scratch.AsSpan(Guard, needed),
            guarded.AsSpan(Guard, output.Length));
        Assert.Equal(-1, scratch.AsSpan(0, Guard).IndexOfAnyExcept((byte)0xA5));
        Assert.Equal(-1, scratch.AsSpan(Guard + needed).IndexOfAnyExcept((byte)0xA5));
        Assert.Equal(-1, guarded.AsSpan(0, Guard).IndexOfAnyExcept((byte)0xA5));
        Assert.Equal(-1, guarded.AsSpan(Guard + output.Length).IndexOfAnyExcept((byte)0xA5));
        guarded.AsSpan(Guard, output.Length).CopyTo(output);
        return decoded;
    }

    private static List<JsonElement> Vectors()
    {
        using JsonDocument index = JsonDocument.Parse(File.ReadAllText(GoldenFiles.PathOf("bslz4_variants.json")));
        return [.. index.RootElement.EnumerateArray().Select(v => v.Clone())];
    }
}
