using XrdCt.Live.Ingest.Decoding;

namespace XrdCt.Live.Tests.Ingest;

public class BitUnshuffleTests
{
    // Below, at and beyond the steps of the kernels (64, 128, 256 elements), DECTRIS' last block, whole blocks.
    private static readonly int[] ElementCounts = [8, 16, 24, 120, 128, 136, 256, 264, 488, 1024, 2048, 4096, 8192];

    public static TheoryData<int, int> Blocks() => BlocksUpTo(8192);

    public static TheoryData<int, int> UsualBlocks() => BlocksUpTo(2048);

    private static TheoryData<int, int> BlocksUpTo(int mostElements)
    {
        TheoryData<int, int> blocks = [];
        foreach (int elementSize in (int[])[1, 2, 4, 8])
        {
            foreach (int count in ElementCounts.Where(c => c <= mostElements))
            {
                blocks.Add(elementSize, count);
            }
        }

        return blocks;
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Scalar_RandomBlock_UndoesTheDefinition(int elementSize, int count)
    {
        byte[] plain = RandomBytes(elementSize * count);
        byte[] output = new byte[plain.Length];

        BitUnshuffle.Scalar(PackedFrames.BitShuffle(plain, elementSize), elementSize, output);

        Assert.Equal(plain, output);
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Word64_RandomBlock_EqualsScalar(int elementSize, int count) =>
        EqualsScalar(BitUnshuffleKernel.Word64, elementSize, count);

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Vector128_RandomBlock_EqualsScalar(int elementSize, int count) =>
        EqualsScalar(BitUnshuffleKernel.Vector128, elementSize, count);

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Vector256_RandomBlock_EqualsScalar(int elementSize, int count) =>
        EqualsScalar(BitUnshuffleKernel.Vector256, elementSize, count);

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Vector512_RandomBlock_EqualsScalar(int elementSize, int count) =>
        EqualsScalar(BitUnshuffleKernel.Vector512, elementSize, count);

    /// <summary>Elements that their lowest bits tell take shorter ways: up to the last bit that they may have, and one more.</summary>
    [Theory]
    [MemberData(nameof(UsualBlocks))]
    public void Apply_FewSignificantBits_EqualsScalar(int elementSize, int count)
    {
        Random random = new(20260106);
        foreach (BitUnshuffleKernel kernel in Enum.GetValues<BitUnshuffleKernel>().Where(BitUnshuffle.IsSupported))
        {
            for (int bits = 0; bits <= 8 * elementSize; bits++)
            {
                byte[] expected = new byte[elementSize * count];
                for (int i = 0; i < count; i++)
                {
                    long value = bits == 0 ? -random.Next(2) : random.NextInt64() >> (64 - bits);
                    BitConverter.GetBytes(value).AsSpan(0, elementSize).CopyTo(expected.AsSpan(i * elementSize));
                }

                byte[] output = new byte[expected.Length];

                BitUnshuffle.Apply(
                    kernel,
                    PackedFrames.BitShuffle(expected, elementSize),
                    elementSize,
                    new byte[expected.Length],
                    output);

                Assert.True(expected.AsSpan().SequenceEqual(output), $"{kernel}, {bits} bits");
            }
        }
    }

    [Fact]
    public void Scalar_OneBitSet_ComesOutAtItsElement()
    {
        // Plane 9 (bit 1 of byte 1), element 10 (bit 2 of byte 1 of the row): value 2⁹ at element 10 of 16.
        byte[] shuffled = new byte[32];
        shuffled[(9 * 2) + 1] = 1 << 2;
        byte[] output = new byte[32];

        BitUnshuffle.Scalar(shuffled, 2, output);

        Assert.Equal(1 << 9, BitConverter.ToUInt16(output, 20));
        Assert.Equal(1, output.Count(b => b != 0));
    }

    [Theory]
    [InlineData(3, 24)]
    [InlineData(4, 36)]
    [InlineData(1, 7)]
    public void Apply_WrongSizes_Throws(int elementSize, int length) =>
        Assert.ThrowsAny<ArgumentException>(
            () => BitUnshuffle.Apply(new byte[length], elementSize, new byte[length], new byte[length]));

    [Fact]
    public void Apply_ShortScratch_Throws() =>
        Assert.Throws<ArgumentException>(() => BitUnshuffle.Apply(new byte[64], 4, new byte[63], new byte[64]));

    private static void EqualsScalar(BitUnshuffleKernel kernel, int elementSize, int count)
    {
        Assert.SkipUnless(BitUnshuffle.IsSupported(kernel), $"this machine has no {kernel}");
        byte[] shuffled = RandomBytes(elementSize * count);
        byte[] expected = new byte[shuffled.Length];
        byte[] output = new byte[shuffled.Length];
        BitUnshuffle.Scalar(shuffled, elementSize, expected);

        BitUnshuffle.Apply(kernel, shuffled, elementSize, new byte[shuffled.Length], output);

        Assert.Equal(expected, output);
    }

    private static byte[] RandomBytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(20260101).NextBytes(bytes);
        return bytes;
    }
}
