using XrdCt.Live.Ingest.ZeroMq;

namespace XrdCt.Live.Tests.Ingest;

public sealed class NetMqSourceTests() : StreamSourceContract(ZmqLibrary.Managed)
{
    [Fact]
    public void Constructor_Ipc_SaysWhatToWrite()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(
            () => new NetMqReceiver(new ZmqOptions { Endpoint = "ipc:///tmp/frames" }));

        Assert.Contains("ipc:///tmp/frames", e.Message);
        Assert.Contains("tcp://127.0.0.1:PORT", e.Message);
    }
}
