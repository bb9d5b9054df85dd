using XrdCt.Live.Egress.Publishing;

namespace XrdCt.Live.Tests.Publishing;

public sealed class PublishEndpointTests
{
    [Theory]
    [InlineData("tcp://127.0.0.1:31010", true)]
    [InlineData("tcp://localhost:0", true)]
    [InlineData("tcp://127.8.0.1:1", true)]
    [InlineData("tcp://0.0.0.0:31010", false)]
    [InlineData("tcp://*:31010", false)]
    [InlineData("tcp://192.168.0.7:65535", false)]
    public void Parse_Endpoint_IsReadBackAndKnowsWhoReachesIt(string text, bool isLoopback)
    {
        PublishEndpoint endpoint = PublishEndpoint.Parse(text);
        Assert.Equal(text, endpoint.ToString());
        Assert.Equal(isLoopback, endpoint.IsLoopback);
    }

    [Theory]
    [InlineData("ipc:///tmp/results", "NetMQ's ipc://")]
    [InlineData("31010", "tcp://host:port")]
    [InlineData("tcp://127.0.0.1", "tcp://host:port")]
    [InlineData("tcp://127.0.0.1:", "tcp://host:port")]
    [InlineData("tcp://127.0.0.1:65536", "tcp://host:port")]
    [InlineData("tcp://127.0.0.1:-1", "tcp://host:port")]
    [InlineData("tcp://:31010", "tcp://host:port")]
    [InlineData("udp://127.0.0.1:31010", "tcp://host:port")]
    [InlineData("", "tcp://host:port")]
    public void Parse_AnythingElse_IsRefusedWithTheRemedy(string text, string remedy) =>
        Assert.Contains(remedy, Assert.Throws<ArgumentException>(() => PublishEndpoint.Parse(text)).Message);

    [Fact]
    public void Next_Port_FollowsAndEndsAtTheLast()
    {
        Assert.Equal("tcp://h:31012", PublishEndpoint.Parse("tcp://h:31010").Next(2).ToString());
        Assert.Equal("tcp://h:0", PublishEndpoint.Parse("tcp://h:0").Next(2).ToString());
        Assert.Throws<ArgumentException>(() => PublishEndpoint.Parse("tcp://h:65534").Next(2));
    }
}
