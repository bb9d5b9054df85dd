using System.Buffers.Binary;
using XrdCt.Live.Ingest.Decoding;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>CBF byte offset, against a decoder that takes one difference at a time.</summary>
internal sealed class CbfByteOffsetTarget : IFuzzTarget
{
    private readonly int[] _expected = new int[SampleImage.Shape.PixelCount];

    public string Name => "cbf-byte-offset";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        PackedFrames.CbfByteOffset(SampleImage.Counts),
        PackedFrames.CbfByteOffset(Array.ConvertAll(SampleImage.Counts, c => c % 100)),
        PackedFrames.CbfByteOffset(Array.ConvertAll(SampleImage.Counts, c => c % 11 == 0 ? int.MaxValue : c % 13 == 0 ? int.MinValue : c)),
    ];

    public long Ceiling_bytes => FuzzTargets.Nothing_bytes;

    public void Run(GuardedBytes input, FuzzArena arena)
    {
        Span<int> output = arena.Counts(_expected.Length);
        bool decoded = CbfByteOffset.TryDecode(input.Span, output);
        if (decoded != TryDecodeOneByOne(input.Span, _expected) || (decoded && !output.SequenceEqual(_expected)))
        {
            throw new FuzzFailureException("the pixels differ from those taken one by one");
        }
    }

    private static bool TryDecodeOneByOne(ReadOnlySpan<byte> packed, Span<int> pixels)
    {
        int value = 0;
        int at = 0;
        foreach (ref int pixel in pixels)
        {
            long difference = long.MinValue;
            int escape = 0;
            for (int size = 1; size <= 8; size *= 2)
            {
                if (packed.Length - at < size)
                {
                    return false;
                }

                ReadOnlySpan<byte> bytes = packed.Slice(at, size);
                (difference, escape) = size switch
                {
                    1 => ((sbyte)bytes[0], sbyte.MinValue),
                    2 => (BinaryPrimitives.ReadInt16LittleEndian(bytes), short.MinValue),
                    4 => (BinaryPrimitives.ReadInt32LittleEndian(bytes), int.MinValue),
                    _ => (BinaryPrimitives.ReadInt64LittleEndian(bytes), 0),
                };
                at += size;
                if (size == 8 || difference != escape)
                {
                    break;
                }
            }

            value = unchecked(value + (int)difference);
            pixel = value;
        }

        return at == packed.Length;
    }
}
