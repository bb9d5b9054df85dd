using XrdCt.Live.Ingest.Decoding;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>One LZ4 block, against a decoder that copies byte by byte.</summary>
internal sealed class Lz4BlockTarget : IFuzzTarget
{
    private static readonly byte[] Plain = SampleImage.Plain(1);
    private readonly byte[] _expected = new byte[Plain.Length];

    public string Name => "lz4-block";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        PackedFrames.Lz4Block(Plain),
        PackedFrames.Lz4Block(PackedFrames.BitShuffle(Plain.AsSpan(0, Plain.Length / 8 * 8), 1)),
        PackedFrames.Lz4Block(new byte[Plain.Length]),
        PackedFrames.Lz4Block([.. SampleImage.Noise(Plain.Length / 2), .. SampleImage.Noise(Plain.Length - (Plain.Length / 2))]),
    ];

    public long Ceiling_bytes => FuzzTargets.Nothing_bytes;

    public void Run(GuardedBytes input, FuzzArena arena)
    {
        Span<byte> output = arena.Output(Plain.Length);
        bool decoded = Lz4Block.TryDecode(input.Span, output);
        bool expected = TryDecodeByByte(input.Span, _expected);
        if (decoded != expected)
        {
            throw new FuzzFailureException(decoded ? "a corrupt block was taken" : "a valid block was refused");
        }

        if (decoded && !output.SequenceEqual(_expected))
        {
            throw new FuzzFailureException("the block was unpacked to other bytes");
        }
    }

    private static bool TryDecodeByByte(ReadOnlySpan<byte> packed, Span<byte> plain)
    {
        int to = 0;
        for (int from = 0; from < packed.Length;)
        {
            int token = packed[from++];
            if (!TryReadLength(packed, token >> 4, ref from, out long literals) || literals > packed.Length - from)
            {
                return false;
            }

            for (; literals > 0; literals--)
            {
                if (to == plain.Length)
                {
                    return false;
                }

                plain[to++] = packed[from++];
            }

            if (from == packed.Length)
            {
                return to == plain.Length;
            }

            if (packed.Length - from < 2)
            {
                return false;
            }

            int distance = packed[from] | (packed[from + 1] << 8);
            from += 2;
            if (!TryReadLength(packed, token & 15, ref from, out long match) || distance == 0 || distance > to)
            {
                return false;
            }

            for (match += 4; match > 0; match--)
            {
                if (to == plain.Length)
                {
                    return false;
                }

                plain[to] = plain[to - distance];
                to++;
            }
        }

        return false;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> packed, int start, ref int from, out long length)
    {
        length = start;
        for (bool more = start == 15; more;)
        {
            if (from == packed.Length)
            {
                return false;
            }

            length += packed[from];
            more = packed[from++] == 255;
        }

        return true;
    }
}
