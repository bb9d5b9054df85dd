using XrdCt.Live.Ingest.Decoding;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>All bit transposition kernels of this machine against the definition; the first byte picks the element size.</summary>
internal sealed class BitUnshuffleTarget : IFuzzTarget
{
    private static readonly BitUnshuffleKernel[] Kernels =
        [.. Enum.GetValues<BitUnshuffleKernel>().Where(BitUnshuffle.IsSupported)];

    private readonly byte[] _expected = new byte[1 << 16];

    public string Name => "bit-unshuffle";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        [0, .. PackedFrames.BitShuffle(SampleImage.Plain(1).AsSpan(0, 1024), 1)],
        [1, .. PackedFrames.BitShuffle(SampleImage.Plain(2).AsSpan(0, 2512), 2)],
        [2, .. PackedFrames.BitShuffle(SampleImage.Plain(4).AsSpan(0, 4064), 4)],
        [3, .. PackedFrames.BitShuffle(SampleImage.Plain(8).AsSpan(0, 4096), 8)],
    ];

    public long Ceiling_bytes => FuzzTargets.Nothing_bytes;

    // The definition works bit by bit.
    public int CasesPerRound => 8;

    public void Run(GuardedBytes input, FuzzArena arena)
    {
        if (input.Span.IsEmpty)
        {
            return;
        }

        int elementSize = 1 << (input.Span[0] & 3);
        ReadOnlySpan<byte> shuffled = input.Span[1..];
        shuffled = shuffled[..(shuffled.Length / (8 * elementSize) * 8 * elementSize)];
        Span<byte> expected = _expected.AsSpan(0, shuffled.Length);
        BitUnshuffle.Scalar(shuffled, elementSize, expected);
        foreach (BitUnshuffleKernel kernel in Kernels)
        {
            Span<byte> output = arena.Output(shuffled.Length);
            BitUnshuffle.Apply(kernel, shuffled, elementSize, arena.Scratch(shuffled.Length), output);
            if (!output.SequenceEqual(expected))
            {
                throw new FuzzFailureException($"{kernel} differs from the definition for {elementSize}-byte elements");
            }
        }
    }
}
