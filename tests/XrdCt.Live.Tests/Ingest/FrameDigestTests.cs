using XrdCt.Live.Ingest.Decoding;

namespace XrdCt.Live.Tests.Ingest;

public class FrameDigestTests
{
    // RFC 1321, appendix A.5.
    [Theory]
    [InlineData("", "d41d8cd98f00b204e9800998ecf8427e", true)]
    [InlineData("abc", "900150983cd24fb0d6963f7d28e17f72", true)]
    [InlineData("abc", "900150983CD24FB0D6963F7D28E17F72", true)]
    [InlineData("abd", "900150983cd24fb0d6963f7d28e17f72", false)]
    [InlineData("abc", "900150983cd24fb0d6963f7d28e17f7", false)]
    [InlineData("abc", "900150983cd24fb0d6963f7d28e17f720", false)]
    [InlineData("abc", "900150983cd24fb0d6963f7d28e17f7x", false)]
    [InlineData("abc", "", false)]
    public void Matches_KnownSums_AreTold(string text, string hex, bool expected) => Assert.Equal(
        expected,
        FrameDigest.Matches(System.Text.Encoding.ASCII.GetBytes(text), System.Text.Encoding.ASCII.GetBytes(hex)));
}
