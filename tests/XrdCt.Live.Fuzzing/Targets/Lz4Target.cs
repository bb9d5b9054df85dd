using XrdCt.Live.Ingest.Decoding;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>LZ4 blocks in the HDF5 framing.</summary>
internal sealed class Lz4Target : IFuzzTarget
{
    private static readonly byte[] Plain = SampleImage.Plain(2);

    public string Name => "lz4";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        PackedFrames.Lz4(Plain),
        PackedFrames.Lz4(Plain, 1000),
        PackedFrames.Lz4(SampleImage.Noise(Plain.Length), 512),
        PackedFrames.Lz4(new byte[Plain.Length], 2048),
    ];

    public long Ceiling_bytes => FuzzTargets.Nothing_bytes;

    public void Run(GuardedBytes input, FuzzArena arena) => Lz4Blocks.TryDecode(input.Span, arena.Output(Plain.Length));
}
