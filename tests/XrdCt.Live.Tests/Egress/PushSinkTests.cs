using NetMQ;
using NetMQ.Sockets;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.ZeroMq;

namespace XrdCt.Live.Tests.Egress;

public sealed class PushSinkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("ipc://x")]
    [InlineData("tcp://127.0.0.1")]
    [InlineData("tcp://127.0.0.1:0")]
    [InlineData("tcp://127.0.0.1:99999")]
    [InlineData("udp://127.0.0.1:5000")]
    [InlineData("tcp://:5000")]
    public void PushSink_OtherEndpoint_IsRefusedByName(string endpoint)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new PushSink(endpoint, bind: true));
        Assert.Contains(endpoint, e.Message, StringComparison.Ordinal);
        Assert.Contains("tcp://HOST:PORT", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PushSink_PortInUse_SaysSo()
    {
        using PullSocket other = new();
        int port = other.BindRandomPort("tcp://127.0.0.1");
        IOException e = Assert.Throws<IOException>(() => new PushSink($"tcp://127.0.0.1:{port}", bind: true));
        Assert.Contains($"127.0.0.1:{port}: the port is in use", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TrySend_SeveralParts_ArriveAsOneMessage()
    {
        using PullSocket receiver = new();
        int port = receiver.BindRandomPort("tcp://127.0.0.1");
        using PushSink sink = new($"tcp://127.0.0.1:{port}", bind: false);
        OutgoingMessage message = new();
        message.Add(new byte[] { 1, 2 });
        message.Add(ReadOnlyMemory<byte>.Empty);
        message.Add(new byte[] { 3 });
        Assert.True(sink.TrySend(message, Patience));
        NetMQMessage? received = null;
        Assert.True(receiver.TryReceiveMultipartMessage(Patience, ref received));
        Assert.Equal([[1, 2], [], [3]], received!.Select(f => f.ToByteArray()));
    }

    [Fact]
    public void TrySend_WarmedUp_AllocatesNothing()
    {
        using PullSocket receiver = new();
        int port = receiver.BindRandomPort("tcp://127.0.0.1");
        using PushSink sink = new($"tcp://127.0.0.1:{port}", bind: false);
        OutgoingMessage message = new();
        message.Add(new byte[500]);
        message.Add(new byte[100_000]);
        Exchange(200);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long sent = Exchange(200);
        Assert.True(sent < 20_000, $"{sent} bytes for 200 messages of 100,500 bytes, of {GC.GetAllocatedBytesForCurrentThread() - before}");

        // Bytes that the sends alone take; NetMQ's queues grow by a chunk now and then.
        long Exchange(int count)
        {
            long bytes = 0;
            for (int i = 0; i < count; i++)
            {
                long start = GC.GetAllocatedBytesForCurrentThread();
                Assert.True(sink.TrySend(message, Patience));
                bytes += GC.GetAllocatedBytesForCurrentThread() - start;
                Msg part = default;
                part.InitEmpty();
                do
                {
                    Assert.True(receiver.TryReceive(ref part, Patience));
                }
                while (part.HasMore);
                part.Close();
            }

            return bytes;
        }
    }
}
