using System.Diagnostics;
using System.Globalization;
using NetMQ;
using NetMQ.Sockets;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>A ZeroMQ PUSH socket that blocks when its receiver is behind.</summary>
internal sealed class NetMqSink : IMessageSink, IDisposable
{
    // 16 messages of about 1.5 MB wait at most.
    private const int HighWatermark = 16;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    // An empty queue is believed after a few looks: the library refills it from its own buffer in between.
    private const int EmptyLooks = 5;

    private readonly PushSocket _socket = new();
    private readonly MessagePool _pool;
    private readonly int _port;

    /// <summary>Opens the socket.</summary>
    /// <param name="pool">Pool that this process's messages come from.</param>
    /// <param name="endpoint">Endpoint, <c>tcp://host:port</c>.</param>
    /// <param name="bind">True to listen, as detectors do; false to connect.</param>
    /// <exception cref="NetMQException">The endpoint cannot be used.</exception>
    public NetMqSink(MessagePool pool, string endpoint, bool bind)
    {
        _pool = pool;
        _port = int.Parse(endpoint[(endpoint.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);
        _socket.Options.SendHighWatermark = HighWatermark;
        _socket.Options.Linger = TimeSpan.Zero;
        try
        {
            if (bind)
            {
                _socket.Bind(endpoint);
            }
            else
            {
                // Without this, messages would queue for a receiver that may never come.
                _socket.Options.DelayAttachOnConnect = true;
                _socket.Connect(endpoint);
            }
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool TrySend(ReadOnlySpan<byte> message, TimeSpan timeout)
    {
        // NetMQ 4.0.4.5 cuts the timeout to whole milliseconds and takes 0 for "wait for ever", spinning.
        TimeSpan whole = TimeSpan.FromMilliseconds(Math.Ceiling(timeout.TotalMilliseconds));
        Msg msg = default;
        msg.InitPool(message.Length);
        message.CopyTo(msg.Slice());
        bool sent = _socket.TrySend(ref msg, whole, more: false);
        msg.Close();
        return sent;
    }

    /// <summary>Waits until the receiver's machine has everything that was sent.</summary>
    /// <param name="patience">Gives up when nothing has moved for so long.</param>
    /// <returns>False when it gave up.</returns>
    /// <remarks>
    /// NetMQ 4.0.4.5 does not do this when a socket is closed, whatever its linger time is, and closing (once its Cleanup has run) aborts
    /// the connection, which takes even what the systems had accepted: a slow libzmq receiver lost the last 4 to 8 of 60 frames.
    /// </remarks>
    public bool Drain(TimeSpan patience)
    {
        (int Messages, long Bytes) left = (int.MaxValue, long.MaxValue);
        long moved = Stopwatch.GetTimestamp();
        for (int empty = 0; empty < EmptyLooks;)
        {
            (int Messages, long Bytes) now = (_pool.Outstanding, TcpQueue.UnacknowledgedBytes(_port) ?? 0);
            if (now != left)
            {
                left = now;
                moved = Stopwatch.GetTimestamp();
            }

            if (Stopwatch.GetElapsedTime(moved) > patience)
            {
                return false;
            }

            empty = now == (0, 0) ? empty + 1 : 0;
            Thread.Sleep(Tick);
        }

        return true;
    }

    /// <summary>Closes at once; what the receiver has not read yet may be lost, even after <see cref="Drain"/>.</summary>
    public void Dispose() => _socket.Dispose();
}
