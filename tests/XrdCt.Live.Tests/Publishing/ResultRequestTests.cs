using MessagePack;
using XrdCt.Live.Egress.Publishing;

namespace XrdCt.Live.Tests.Publishing;

public sealed class ResultRequestTests
{
    [Fact]
    public void Read_AllKeys_AreUnderstood()
    {
        ResultRequest? read = Read("""{"request":"patterns","scan_id":"01X","from":3,"to":9,"topic":"latest/"}""", out string error);
        Assert.Equal(new ResultRequest("patterns", "01X", 3, 9, "latest/"), read);
        Assert.Equal("", error);
    }

    [Fact]
    public void Read_OnlyTheRequest_MeansEverythingOfThePresentScan() =>
        Assert.Equal(new ResultRequest("state", null, 0, long.MaxValue, ""), Read("""{"request":"state"}""", out _));

    [Theory]
    [InlineData("{}", "known are patterns, state")]
    [InlineData("""{"request":"everything"}""", "'everything'", "patterns, state")]
    [InlineData("""{"request":"patterns","form":1}""", "'form'", "from")]
    [InlineData("""{"request":"patterns","from":-1}""", "numbered from 0")]
    [InlineData("""{"request":"patterns","from":5,"to":4}""", "from 5 to 4")]
    [InlineData("""{"request":"patterns","from":"one"}""", "MessagePack map")]
    [InlineData("""{"request":[[[[[[]]]]]]}""", "MessagePack map")]
    [InlineData("[1]", "MessagePack map")]
    public void Read_NotARequest_IsRefusedInASentence(string json, params string[] gist)
    {
        Assert.Null(Read(json, out string error));
        Assert.All(gist, part => Assert.Contains(part, error));
        Assert.DoesNotContain("Exception", error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("c1")]
    [InlineData("dfffffffff")]
    [InlineData("81a7")]
    [InlineData("81dbffffffff")]
    [InlineData("81a466726f6dcfffffffffffffffff")]
    public void Read_DamagedBytes_AreRefused(string hex)
    {
        Assert.Null(ResultRequest.Read(Convert.FromHexString(hex), out string error));
        Assert.Contains("MessagePack map", error);
    }

    [Fact]
    public void Read_EveryByteOfARequestDamaged_NeverThrows()
    {
        byte[] whole = MessagePackSerializer.ConvertFromJson(
            """{"request":"patterns","scan_id":"01X","from":3,"to":900000,"topic":"l"}""",
            cancellationToken: TestContext.Current.CancellationToken);
        int refused = 0;
        for (int at = 0; at < whole.Length; at++)
        {
            for (int value = 0; value < 256; value++)
            {
                byte[] damaged = [.. whole];
                damaged[at] = (byte)value;
                refused += ResultRequest.Read(damaged, out string error) is null && error.Length > 0 ? 1 : 0;
            }
        }

        Assert.InRange(refused, whole.Length * 100, whole.Length * 256);
    }

    [Fact]
    public void Read_TooLong_IsRefusedUnread()
    {
        Assert.Null(ResultRequest.Read(new byte[ResultRequest.LongestBytes + 1], out string error));
        Assert.Contains("at most 512 bytes", error);
    }

    private static ResultRequest? Read(string json, out string error) =>
        ResultRequest.Read(MessagePackSerializer.ConvertFromJson(json), out error);
}
