using XrdCt.Live.Ingest.Decoding;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>bslz4 of one element size.</summary>
internal sealed class BitshuffleLz4Target(int elementSize) : IFuzzTarget
{
    private readonly int _length = elementSize * SampleImage.Shape.PixelCount;

    public string Name => $"bslz4-{elementSize}";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        PackedFrames.BitshuffleLz4(SampleImage.Plain(elementSize), elementSize),
        PackedFrames.BitshuffleLz4(SampleImage.Plain(elementSize), elementSize, 64 * elementSize),
        PackedFrames.BitshuffleLz4(SampleImage.Noise(elementSize * SampleImage.Shape.PixelCount), elementSize, 4096),
        PackedFrames.BitshuffleLz4(new byte[elementSize * SampleImage.Shape.PixelCount], elementSize),
    ];

    public long Ceiling_bytes => FuzzTargets.Nothing_bytes;

    public void Run(GuardedBytes input, FuzzArena arena)
    {
        int needed = BitshuffleLz4.ScratchLength(input.Span, elementSize, _length);
        if (needed > (2 * _length) + Lz4Block.Slack_bytes)
        {
            throw new FuzzFailureException($"the scratch asked for is {needed} bytes for an image of {_length}");
        }

        if (needed >= 0)
        {
            BitshuffleLz4.TryDecode(input.Span, elementSize, arena.Scratch(needed), arena.Output(_length));
        }
    }
}
