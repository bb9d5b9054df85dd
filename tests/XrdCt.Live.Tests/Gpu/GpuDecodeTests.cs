using System.Buffers.Binary;
using System.Text.Json;
using ILGPU.Runtime;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Tests.Ingest;

namespace XrdCt.Live.Tests.Gpu;

/// <summary>What the device unpacks is, pixel for pixel and refusal for refusal, what the decoder of the host unpacks.</summary>
[Collection(GpuCollection.Name)]
public sealed class GpuDecodeTests
{
    private const int Capacity = 16;

    public static TheoryData<string, int> Vectors()
    {
        using JsonDocument index = JsonDocument.Parse(File.ReadAllText(GoldenFiles.PathOf("bslz4_variants.json")));
        var names = new TheoryData<string, int>();
        foreach (string name in index.RootElement.EnumerateArray().Select(v => v.GetProperty("name").GetString()!))
        {
            if (TypeOf(name) is not null)
            {
                names.Add(name, 2);
            }
        }

        return names;
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Decode_ChunkOfHdf5Plugin_GivesTheDecodersPixels(string name, int lanes)
    {
        using JsonDocument index = JsonDocument.Parse(File.ReadAllText(GoldenFiles.PathOf("bslz4_variants.json")));
        JsonElement vector = index.RootElement.EnumerateArray().Single(v => v.GetProperty("name").GetString() == name);
        byte[] chunk = File.ReadAllBytes(GoldenFiles.PathOf("bslz4_variants.bin"))
            .AsSpan(vector.GetProperty("offset").GetInt32(), vector.GetProperty("length").GetInt32()).ToArray();
        var shape = new ImageShape(1, vector.GetProperty("plainLength").GetInt32() / vector.GetProperty("elementSize").GetInt32());

        using var device = GpuDevice.OnCpu(lanes, 1);
        AssertDecodesAlike(device, [PackedFrames.Frame(chunk, shape, TypeOf(name)!.Value)], mustDecode: true);
    }

    // Warps of 32 threads go through the exchanges between lanes; they are slow on a CPU, so these frames are small. 2,541 pixels are a
    // whole block, one that ends with no tile of 32, and pixels behind the blocks.
    [Theory]
    [InlineData(32, 2541, PixelType.Int32, 8192)]
    [InlineData(32, 192, PixelType.UInt16, 256)]
    [InlineData(32, 96, PixelType.UInt8, 64)]
    [InlineData(32, 160, PixelType.UInt32, 384)]
    [InlineData(2, 9005, PixelType.Int32, 8192)]
    [InlineData(2, 9005, PixelType.UInt32, 12288)]
    [InlineData(2, 9005, PixelType.Int16, 4096)]
    [InlineData(2, 9005, PixelType.Int8, 8)]
    [InlineData(4, 3000, PixelType.Int32, 16384)]
    public void Decode_EveryKindOfContent_GivesThePixels(int lanes, int pixelCount, PixelType type, int blockBytes)
    {
        var shape = new ImageShape(1, pixelCount);
        int size = PixelTypes.SizeOf(type);
        using var device = GpuDevice.OnCpu(lanes, 1);
        foreach (string content in new[] { "counts", "noise", "zeros", "flags" })
        {
            var random = new Random(pixelCount);
            byte[] plain = new byte[(pixelCount * size) + sizeof(long)];
            for (int i = 0; i < pixelCount; i++)
            {
                long value = content switch
                {
                    "counts" => random.Next(10) == 0 ? random.Next(100) : random.Next(12),
                    "noise" => random.NextInt64(),
                    "zeros" => 0,
                    _ => random.Next(3) - 2,
                };
                BinaryPrimitives.WriteInt64LittleEndian(plain.AsSpan(i * size), value);
            }

            byte[] payload = PackedFrames.BitshuffleLz4(plain.AsSpan(0, pixelCount * size), size, blockBytes);
            AssertDecodesAlike(device, [PackedFrames.Frame(payload, shape, type)], mustDecode: true);
        }
    }

    [Fact]
    public void Decode_HeaderOfZeros_MeansTheUsualBlocks()
    {
        var shape = new ImageShape(3, 1000);
        byte[] payload = PackedFrames.BitshuffleLz4(new byte[12_000], 4);
        payload.AsSpan(0, 12).Clear();
        using var device = GpuDevice.OnCpu(2, 1);
        AssertDecodesAlike(device, [PackedFrames.Frame(payload, shape)], mustDecode: true);
    }

    [Fact]
    public void Decode_OtherPackings_ComeThroughTheReader()
    {
        var shape = new ImageShape(40, 50);
        int[] pixels = PackedFrames.Expected(40, 50, 3);
        byte[] plain = PackedFrames.Bytes<int>(pixels);
        using var device = GpuDevice.OnCpu(2, 1);
        AssertDecodesAlike(
            device,
            [
                PackedFrames.Frame(PackedFrames.CbfByteOffset(pixels), shape, encoding: PixelEncoding.CbfByteOffset),
                PackedFrames.Frame(PackedFrames.BitshuffleLz4(plain, 4), shape),
                PackedFrames.Frame(PackedFrames.Lz4(plain), shape, encoding: PixelEncoding.Lz4),
                PackedFrames.Frame(plain, shape, encoding: PixelEncoding.None),
                PackedFrames.Frame(PackedFrames.BitshuffleLz4(plain, 4), shape, PixelType.Float32),
                PackedFrames.Frame(PackedFrames.BitshuffleLz4(plain, 4, 32), shape),
                PackedFrames.Frame(PackedFrames.BitshuffleLz4(plain, 4), new ImageShape(50, 40)),
                PackedFrames.Frame(PackedFrames.BitshuffleLz4(plain, 4)[..^1], shape),
                PackedFrames.Frame([.. PackedFrames.BitshuffleLz4(plain, 4), 0], shape),
            ],
            mustDecode: false);
    }

    // A frame whose single block is larger than the device's shared memory.
    [Fact]
    public void Decode_LargeBlocks_ComeThroughTheReader()
    {
        var shape = new ImageShape(1, 30_000);
        int[] pixels = PackedFrames.Expected(1, 30_000, 1);
        using var device = GpuDevice.OnCpu(2, 1);
        Assert.InRange(device.LargestBlock_bytes, 32_768, 65_536);
        AssertDecodesAlike(
            device, [PackedFrames.Frame(PackedFrames.BitshuffleLz4(PackedFrames.Bytes<int>(pixels), 4, 120_000), shape)], mustDecode: true);
    }

    /// <summary>Bytes changed, cut, doubled: what the host's decoder takes is taken with the same pixels, what it refuses is refused.</summary>
    [Theory]
    [InlineData(PixelType.Int32, 256, 1)]
    [InlineData(PixelType.UInt16, 512, 2)]
    [InlineData(PixelType.UInt8, 96, 3)]
    public void Decode_DamagedPayloads_AreRefusedAsByTheDecoder(PixelType type, int blockBytes, int seed)
    {
        var shape = new ImageShape(1, 203);
        int size = PixelTypes.SizeOf(type);
        var random = new Random(seed);
        using var device = GpuDevice.OnCpu(2, 1);
        int refused = 0;
        for (int batch = 0; batch < 40; batch++)
        {
            var frames = new List<RawFrame>();
            for (int i = 0; i < Capacity; i++)
            {
                byte[] plain = new byte[203 * size];
                for (int at = 0; at < plain.Length; at += 1 + random.Next(3))
                {
                    plain[at] = (byte)random.Next(batch % 2 == 0 ? 4 : 256);
                }

                frames.Add(PackedFrames.Frame(Damaged(PackedFrames.BitshuffleLz4(plain, size, blockBytes), random), shape, type));
            }

            refused += AssertDecodesAlike(device, frames, mustDecode: false);
        }

        // Most changes break something, some only change a count; both must have been seen.
        Assert.InRange(refused, 100, (40 * Capacity) - 100);
    }

    private static byte[] Damaged(byte[] payload, Random random)
    {
        int changes = random.Next(4);
        for (int i = 0; i < changes; i++)
        {
            int at = 12 + random.Next(payload.Length - 12);
            payload[at] = random.Next(4) switch
            {
                0 => (byte)random.Next(256),
                1 => byte.MaxValue,
                2 => (byte)(payload[at] ^ (1 << random.Next(8))),
                _ => payload[12 + random.Next(payload.Length - 12)],
            };
        }

        return random.Next(12) == 0 ? payload[..random.Next(payload.Length)] : payload;
    }

    private static PixelType? TypeOf(string vector) => vector[..2] switch
    {
        "u1" => PixelType.UInt8,
        "u2" => PixelType.UInt16,
        "u4" => PixelType.UInt32,
        "i4" => PixelType.Int32,
        _ => null,
    };

    /// <summary>Number of frames that both refuse.</summary>
    private static int AssertDecodesAlike(GpuDevice device, IReadOnlyList<RawFrame> frames, bool mustDecode)
    {
        ImageShape shape = frames[0].Shape;
        var decoder = new FrameDecoder(shape);
        using AcceleratorStream stream = device.Accelerator.CreateStream();
        using var batch = new GpuBatch(device, shape, new PixelReader(shape), Capacity, stream);
        var patterns = frames.Select(_ => new DiffractionPattern(1)).ToArray();
        int taken = 0;
        int refused = 0;
        while (taken < frames.Count)
        {
            int count = batch.Stage([.. frames.Skip(taken)], patterns.AsSpan(taken));
            batch.Upload();
            batch.Decode();
            int[] all = new int[count * shape.PixelCount];
            batch.Pixels.SubView(0, all.Length).CopyToCPU(stream, all);
            stream.Synchronize();
            for (int i = 0; i < count; i++)
            {
                int[] expected = new int[shape.PixelCount];
                FrameOutcome outcome = decoder.Decode(frames[taken + i], expected);
                FrameOutcome actual = patterns[taken + i].Outcome;
                Assert.Equal(outcome, actual == FrameOutcome.Accepted && batch.IsDamaged(i) ? FrameOutcome.Truncated : actual);
                refused += outcome == FrameOutcome.Accepted ? 0 : 1;
                if (outcome == FrameOutcome.Accepted)
                {
                    Assert.Equal(expected, all[(i * shape.PixelCount)..((i + 1) * shape.PixelCount)]);
                }
            }

            taken += count;
        }

        Assert.False(mustDecode && refused > 0);
        return refused;
    }
}
