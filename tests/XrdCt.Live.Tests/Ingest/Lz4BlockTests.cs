using XrdCt.Live.Ingest.Decoding;

namespace XrdCt.Live.Tests.Ingest;

public class Lz4BlockTests
{
    [Theory]
    [InlineData("00", "", true)]
    [InlineData("50 61 62 63 64 65", "abcde", true)]
    [InlineData("14 61 01 00 50 62 63 64 65 66", "aaaaaaaaabcdef", true)]
    [InlineData("36 61 62 63 03 00 50 64 65 66 67 68", "abcabcabcabcadefgh", true)]
    [InlineData("36 61 62 63 03 00 50 64 65 66 67 68", "abcabcabcabcadefg", false)]
    [InlineData("14 61 00 00 50 62 63 64 65 66", "aaaaaaaaabcdef", false)]
    [InlineData("14 61 02 00 50 62 63 64 65 66", "aaaaaaaaabcdef", false)]
    [InlineData("14 61 01", "aaaaaaaaa", false)]
    [InlineData("14 61 01 00", "aaaaaaaaa", false)]
    [InlineData("60 61 62 63 64 65", "abcdef", false)]
    [InlineData("f0 ff", "", false)]
    [InlineData("1f 61 01 00 ff ff", "aaaa", false)]
    [InlineData("", "", false)]
    public void TryDecode_HandMadeBlocks_FollowTheFormat(string packed, string plain, bool isValid)
    {
        byte[] bytes = [.. packed.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(b => Convert.ToByte(b, 16))];
        byte[] output = new byte[plain.Length];

        Assert.Equal(isValid, Lz4Block.TryDecode(bytes, output));

        if (isValid)
        {
            Assert.Equal(plain, System.Text.Encoding.ASCII.GetString(output));
        }
    }

    /// <summary>Every distance and length around the copying steps, with the match at the very end and further inside.</summary>
    [Fact]
    public void TryDecode_EveryDistanceAndLength_RepeatsThePeriod()
    {
        Random random = new(20260103);
        foreach (int distance in (int[])[.. Enumerable.Range(1, 70), 127, 128, 255, 256, 257])
        {
            foreach (int length in (int[])[.. Enumerable.Range(4, 80), 255, 256, 270, 1000])
            {
                byte[] start = new byte[distance];
                random.NextBytes(start);
                byte[] end = new byte[random.Next(0, 70)];
                random.NextBytes(end);
                byte[] expected = [.. start, .. Enumerable.Range(0, length).Select(i => start[i % distance]), .. end];
                byte[] packed =
                [
                    .. Token(distance, length - 4), .. Rest(distance), .. start, (byte)distance, (byte)(distance >> 8), .. Rest(length - 4),
                    .. Token(end.Length, 0), .. Rest(end.Length), .. end,
                ];
                byte[] output = new byte[expected.Length];

                Assert.True(Lz4Block.TryDecode(packed, output), $"distance {distance}, length {length}, end {end.Length}");
                Assert.Equal(expected, output);
                Assert.False(Lz4Block.TryDecode(packed.AsSpan(0, packed.Length - 1), output));
                Assert.False(Lz4Block.TryDecode(packed, output.AsSpan(1)));
                byte[] roomy = new byte[output.Length + Lz4Block.Slack_bytes];
                Assert.True(Lz4Block.TryDecode(packed, roomy, output.Length));
                Assert.Equal(expected, roomy[..output.Length]);
            }
        }
    }

    private static byte[] Token(int literals, int match) => [(byte)((Math.Min(literals, 15) << 4) | Math.Min(match, 15))];

    private static byte[] Rest(int length) => length < 15
        ? []
        : [.. Enumerable.Repeat(byte.MaxValue, (length - 15) / 255), (byte)((length - 15) % 255)];
}
