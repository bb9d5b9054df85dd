using System.Diagnostics;
using NetMQ;
using NetMQ.Sockets;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>A ZeroMQ PUSH socket that blocks when its receiver is behind and loses nothing when it closes.</summary>
internal sealed class NetMqSink : IMessageSink, IDisposable
{
    // 16 messages of about 1.5 MB wait at most.
    private const int HighWatermark = 16;

    // After the last message has left the queue, its last bytes may still wait for room in the connection.
    private static readonly TimeSpan LastBytes = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    private readonly PushSocket _socket = new();
    private readonly MessagePool _pool;

    /// <summary>Opens the socket.</summary>
    /// <param name="pool">Pool that this process's messages come from.</param>
    /// <param name="endpoint">Endpoint, <c>tcp://host:port</c>.</param>
    /// <param name="bind">True to listen, as detectors do; false to connect.</param>
    /// <param name="linger">How long closing waits, at most, for the receiver to take what was sent.</param>
    /// <exception cref="NetMQException">The endpoint cannot be used.</exception>
    public NetMqSink(MessagePool pool, string endpoint, bool bind, TimeSpan linger)
    {
        _pool = pool;
        Patience = linger;
        _socket.Options.SendHighWatermark = HighWatermark;
        _socket.Options.Linger = linger;
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

    /// <summary>How long closing waits, at most, for the receiver to take what was sent.</summary>
    public TimeSpan Patience { get; set; }

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

    /// <summary>
    /// Waits until everything was written, then closes. NetMQ 4.0.4.5 drops the messages that still wait when a socket is closed,
    /// whatever its linger time is: a slow libzmq receiver lost the last four of sixty.
    /// </summary>
    public void Dispose()
    {
        long start = Stopwatch.GetTimestamp();
        while (_pool.Outstanding > 0 && Stopwatch.GetElapsedTime(start) < Patience)
        {
            Thread.Sleep(Tick);
        }

        Thread.Sleep(Patience < LastBytes ? Patience : LastBytes);
        _socket.Dispose();
    }
}
