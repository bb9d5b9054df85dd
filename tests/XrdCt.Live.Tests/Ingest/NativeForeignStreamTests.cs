using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Ingest.ZeroMq;

namespace XrdCt.Live.Tests.Ingest;

public sealed class NativeForeignStreamTests() : ForeignStreamContract(ZmqLibrary.Native)
{
    [Fact]
    public void Receive_OverIpc_GivesEveryFrame()
    {
        using TemporaryFolder folder = new();
        using StreamSource source = Open("xrdct", $"ipc://{folder.PathOf("frames")}");
        using PythonPeer peer = PythonPeer.Start(PeerModules, "xrdct_peer.py", "spread", source.Endpoint, "20");

        AssertFrames(source, 20);
        peer.Finish();
    }
}
