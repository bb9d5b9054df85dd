using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using NetMQ;
using NetMQ.Sockets;
using XrdCt.Live.Egress.Dialects;

namespace XrdCt.Live.Egress.ZeroMq;

/// <summary>A ZeroMQ PUSH socket that blocks when its receiver is behind. Allocates nothing per message once it is warm.</summary>
public sealed class PushSink : IMessageSink, IDisposable
{
    private const string Scheme = "tcp://";

    // 16 messages of about 1.5 MB wait at most.
    private const int HighWatermark = 16;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    // An empty queue is believed after a few looks: the library refills it from its own buffer in between.
    private const int EmptyLooks = 5;

    private readonly PushSocket _socket;
    private readonly MessagePool _pool = MessagePool.Install();
    private readonly int _port;

    /// <summary>Opens the socket.</summary>
    /// <param name="endpoint">
    /// Endpoint, <c>tcp://host:port</c>. Nothing but TCP: what NetMQ calls <c>ipc://</c> is TCP under another name, which no other
    /// ZeroMQ understands.
    /// </param>
    /// <param name="bind">True to listen, as detectors do; false to connect.</param>
    /// <exception cref="ArgumentException">The endpoint is none of this form.</exception>
    /// <exception cref="IOException">The endpoint cannot be used: the port is taken, the host is unknown; the message says which.</exception>
    public PushSink(string endpoint, bool bind)
    {
        _port = PortOf(endpoint);
        _socket = new PushSocket();
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
        catch (AddressAlreadyInUseException e)
        {
            _socket.Dispose();
            throw new IOException(
                $"cannot listen at {endpoint}: the port is in use; stop the other program or choose another endpoint", e);
        }
        catch (Exception e) when (e is NetMQException or ArgumentException or SocketException)
        {
            _socket.Dispose();
            throw new IOException(
                $"cannot {(bind ? "listen at" : "connect to")} {endpoint}: {e.Message.TrimEnd('.')}; choose another endpoint", e);
        }
    }

    /// <inheritdoc/>
    public bool TrySend(OutgoingMessage message, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(message);

        // NetMQ 4.0.4.5 cuts the timeout to whole milliseconds and takes 0 for "wait for ever", spinning.
        TimeSpan whole = TimeSpan.FromMilliseconds(Math.Ceiling(timeout.TotalMilliseconds));
        for (int i = 0; i < message.Parts.Count; i++)
        {
            ReadOnlySpan<byte> part = message.Parts[i].Span;
            Msg msg = default;
            msg.InitPool(part.Length);
            part.CopyTo(msg.Slice());

            // Only the first part can be refused: ZeroMQ takes the others of a message it has begun.
            bool sent = _socket.TrySend(ref msg, whole, more: i < message.Parts.Count - 1);
            msg.Close();
            if (!sent)
            {
                return i == 0
                    ? false
                    : throw new InvalidOperationException($"ZeroMQ refused part {i + 1} of a message that it had begun");
            }
        }

        return true;
    }

    /// <summary>Waits until the receiver's machine has everything that was sent.</summary>
    /// <param name="patience">Gives up when nothing has moved for so long.</param>
    /// <returns>False when it gave up.</returns>
    /// <remarks>
    /// NetMQ 4.0.4.5 does not do this when a socket is closed, whatever its linger time is, and closing (once its Cleanup has run) aborts
    /// the connection, which takes even what the systems had accepted: a slow libzmq receiver lost the last 4 to 8 of 60 frames.
    /// What other sockets of the process have not sent yet counts too.
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

            // Neither NetMQ nor the system tells when a queue has emptied: looking again is all there is.
            empty = now == (0, 0) ? empty + 1 : 0;
            Thread.Sleep(Tick);
        }

        return true;
    }

    /// <summary>
    /// The connections that are established now, both addresses of each. One that is gone later took with it what it had not delivered,
    /// which <see cref="Drain"/> cannot tell from what was delivered.
    /// </summary>
    /// <returns>The connections; none where the system does not tell (only Linux does).</returns>
    public IReadOnlySet<string> Connections() => TcpQueue.Connections(_port);

    /// <summary>Closes at once; what the receiver has not read yet may be lost, even after <see cref="Drain"/>.</summary>
    public void Dispose() => _socket.Dispose();

    private static int PortOf(string endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        int colon = endpoint.LastIndexOf(':');
        bool isTcp = endpoint.StartsWith(Scheme, StringComparison.Ordinal) && colon > Scheme.Length;
        return isTcp && ushort.TryParse(endpoint.AsSpan(colon + 1), CultureInfo.InvariantCulture, out ushort port) && port != 0
            ? port
            : throw new ArgumentException($"{endpoint}: only tcp://HOST:PORT endpoints are supported");
    }
}
