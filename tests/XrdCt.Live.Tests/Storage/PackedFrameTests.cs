using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Tests.Storage;

/// <summary>Chunks as they stand in the file, beside those that h5py reads there.</summary>
public class PackedFrameTests
{
    [Fact]
    public void TryReadPacked_LimaStack_GivesTheBytesThatH5pySeesInTheFile()
    {
        string path = ReferenceData.Require("golden/frames/frames_bslz4.h5");
        JsonElement theirs = ForeignPython.Run("h5py", """
            import sys, json, h5py, hashlib
            d = h5py.File(sys.argv[1], 'r')['/entry_0000/instrument/Pilatus/data']
            print(json.dumps([hashlib.sha256(d.id.read_direct_chunk((i, 0, 0))[1]).hexdigest() for i in range(len(d))]))
            """, path);
        int unpacked = 0;
        using FrameStackReader reader = new(path, null, Counted);
        ArrayBufferWriter<byte> packed = new();

        for (int row = 0; row < reader.FrameCount; row++)
        {
            Assert.True(reader.TryReadPacked(row, packed));
            Assert.Equal(theirs[row].GetString(), Convert.ToHexStringLower(SHA256.HashData(packed.WrittenSpan)));
        }

        Assert.Equal(0, unpacked);

        // And it reads plain frames after packed ones: nothing blank is left in a cache.
        byte[] plain = new byte[reader.Shape.PixelCount * 4];
        reader.Read(1, plain);
        Assert.Equal(1, unpacked);
        Assert.True(plain.AsSpan().ContainsAnyExcept((byte)0));

        bool Counted(ReadOnlySpan<byte> bytes, int elementSize, Span<byte> pixels)
        {
            unpacked++;
            return Decode(bytes, elementSize, pixels);
        }
    }

    [Fact]
    public void Read_VirtualDataset_GivesTheFramesOfTheOtherFile()
    {
        using FrameStackReader linked = new(ReferenceData.Require("golden/frames/scan_master.h5"), null, Decode);
        Assert.Equal("/1.1/measurement/pilatus", linked.DatasetPath);
        using FrameStackReader direct = new(ReferenceData.Require("golden/frames/frames_bslz4.h5"), null, Decode);
        byte[] one = new byte[linked.Shape.PixelCount * 4];
        byte[] other = new byte[one.Length];
        Assert.Equal(direct.FrameCount, linked.FrameCount);
        linked.Read(1, one);
        direct.Read(1, other);
        Assert.True(one.AsSpan().SequenceEqual(other));
    }

    [Fact]
    public void Read_EveryElementType_GivesTheBytesThatH5pyReads()
    {
        using TemporaryFolder folder = new();
        JsonElement theirs = ForeignPython.Run("h5py, numpy", """
            import sys, json, h5py, numpy, base64
            with h5py.File(sys.argv[1], 'w') as f:
                for t in ('u1', 'i1', 'u2', 'i2', 'u4', 'i4', 'u8', 'i8', 'f4', 'f8'):
                    v = (numpy.arange(24).reshape(2, 3, 4) * (10 if t[0] == 'u' else -5)).astype(t) / (1 if t[0] != 'f' else 7)
                    f.create_dataset(t, data=v.astype(t), chunks=(1, 2, 4), compression='gzip', shuffle=True)
            with h5py.File(sys.argv[1]) as f: print(json.dumps({t: base64.b64encode(f[t][1].tobytes()).decode() for t in f}))
            """, folder.File("types.h5"));
        Assert.Equal(10, theirs.EnumerateObject().Count());
        foreach (JsonProperty type in theirs.EnumerateObject())
        {
            using FrameStackReader reader = new(folder.File("types.h5"), type.Name, Decode);
            byte[] plain = new byte[reader.Shape.PixelCount * PixelTypes.SizeOf(reader.Type)];
            reader.Read(1, plain);
            Assert.Equal(type.Value.GetBytesFromBase64(), plain);
        }
    }

    private static bool Decode(ReadOnlySpan<byte> bytes, int elementSize, Span<byte> pixels) =>
        BitshuffleLz4.TryDecode(bytes, elementSize, new byte[BitshuffleLz4.ScratchLength(bytes, elementSize, pixels.Length)], pixels);
}
