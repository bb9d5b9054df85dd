using XrdCt.Live.Ingest.Decoding;

namespace XrdCt.Live.Tests.Ingest;

public class CbfByteOffsetTests
{
    [Fact]
    public void TryDecode_ByHand_GivesRunningSums()
    {
        byte[] packed =
        [
            5, 0xFF, // +5 → 5, −1 → 4
            0x80, 0x00, 0x01, // +256 → 260
            0x80, 0x00, 0x80, 0x00, 0x00, 0x01, 0x00, // +65536 → 65796
            0x80, 0x00, 0x80, 0x00, 0x00, 0x00, 0x80, 0xFC, 0xFE, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, // −65796 → 0
        ];
        int[] pixels = new int[5];

        Assert.True(CbfByteOffset.TryDecode(packed, pixels));

        Assert.Equal([5, 4, 260, 65796, 0], pixels);
    }

    [Fact]
    public void TryDecode_RandomWalkOfAllSizes_RoundTrips()
    {
        Random random = new(3);
        int[] pixels = new int[5003];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = random.Next(8) switch
            {
                0 => random.Next(int.MinValue, int.MaxValue),
                1 => random.Next(-40000, 40000),
                2 => -1,
                _ => random.Next(20),
            };
        }

        int[] output = new int[pixels.Length];

        Assert.True(CbfByteOffset.TryDecode(PackedFrames.CbfByteOffset(pixels), output));

        Assert.Equal(pixels, output);
    }

    [Theory]
    [InlineData(new byte[] { 1, 2 }, 3)]
    [InlineData(new byte[] { 1, 2, 3 }, 2)]
    [InlineData(new byte[] { 0x80 }, 1)]
    [InlineData(new byte[] { 0x80, 0 }, 1)]
    [InlineData(new byte[] { 0x80, 0, 0x80, 1, 2, 3 }, 1)]
    [InlineData(new byte[] { 0x80, 0, 0x80, 0, 0, 0, 0x80, 1, 2, 3, 4, 5, 6, 7 }, 1)]
    public void TryDecode_WrongLength_IsRefused(byte[] packed, int count) =>
        Assert.False(CbfByteOffset.TryDecode(packed, new int[count]));
}
