using NetMQ;
using NetMQ.Sockets;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>Messages over ZeroMQ PULL (or SUB) by NetMQ. Parts stay in the pooled memory that they were received into.</summary>
public sealed class NetMqReceiver : IMessageReceiver
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(int.MaxValue);

    private readonly NetMQSocket _socket;
    private readonly MsgLeasePool _leases = new();
    private readonly Message _message;
    private bool _isDisposed;

    /// <summary>Opens the socket.</summary>
    /// <exception cref="ArgumentException">
    /// The endpoint is not <c>tcp://host:port</c>, or an option is out of range.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The endpoint cannot be bound or resolved; the message names it.
    /// </exception>
    public NetMqReceiver(ZmqOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        string[] endpoints = options.CheckedEndpoints(allowIpc: false);
        PinnedBufferPool.Install(options.Pooled_bytes);
        _message = new Message(_leases, options.Clock);
        if (endpoints.Length > 1)
        {
            // Each connection is served by one I/O thread; one thread carries about 3 GB/s.
            NetMQConfig.ThreadPoolSize = Math.Max(NetMQConfig.ThreadPoolSize, Math.Min(endpoints.Length, Environment.ProcessorCount));
        }

        _socket = options.Pattern == ZmqPattern.Pull ? new PullSocket() : new SubscriberSocket();
        try
        {
            _socket.Options.Linger = TimeSpan.Zero;
            _socket.Options.ReceiveHighWatermark = options.ReceiveHighWatermark;
            _socket.Options.MaxMsgSize = options.LargestMessage_bytes;
            _socket.Options.TcpKeepalive = true;
            (_socket as SubscriberSocket)?.SubscribeToAnyTopic();
            Endpoint = string.Join(", ", endpoints.Select(e => Open(e, options.Attachment)));
        }
        catch (Exception e) when (e is NetMQException or System.Net.Sockets.SocketException or ArgumentException)
        {
            _socket.Dispose();
            string verb = options.Attachment == ZmqAttachment.Bind ? "listen on" : "connect to";
            throw new InvalidOperationException($"cannot {verb} {options.Endpoint}: {Cause(e)}", e);
        }
    }

    /// <inheritdoc/>
    public string Endpoint { get; }

    /// <inheritdoc/>
    public int LentCount => _leases.LiveCount;

    /// <inheritdoc/>
    public StreamMessage? Receive(TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        TimeSpan wait = timeout < TimeSpan.Zero ? TimeSpan.Zero : timeout > LongestWait ? LongestWait : timeout;
        return _message.TryReceive(_socket, wait) ? _message : null;
    }

    /// <summary>Closes the socket at once; messages not yet received are dropped. Leases stay valid.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _message.Close();
        try
        {
            _socket.Dispose();
        }
        catch (Exception e) when (e is ObjectDisposedException or TerminatingException)
        {
            // ZmqRuntime.Shutdown came first and has closed the socket already.
        }
    }

    private string Open(string endpoint, ZmqAttachment attachment)
    {
        if (attachment == ZmqAttachment.Connect)
        {
            _socket.Connect(endpoint);
            return endpoint;
        }

        _socket.Bind(endpoint);
        return _socket.Options.LastEndpoint ?? endpoint;
    }

    private static string Cause(Exception e) => e switch
    {
        AddressAlreadyInUseException => "the port is in use by another program",
        EndpointNotFoundException => "there is no such address",
        _ => e.Message,
    };

    /// <summary>The parts of the message that came last.</summary>
    private sealed class Message(MsgLeasePool leases, TimeProvider clock) : StreamMessage
    {
        private readonly Msg[] _parts = new Msg[MostParts];
        private Msg _beyond;
        private int _held;
        private int _count;

        /// <inheritdoc/>
        public override int PartCount => _count;

        /// <inheritdoc/>
        public override ReadOnlyMemory<byte> Part(int index) => At(index).SliceAsMemory();

        /// <inheritdoc/>
        public override FrameLease Keep(int index)
        {
            MsgLease lease = leases.Lend(ref At(index));
            _parts[index].Close();
            return lease;
        }

        public bool TryReceive(NetMQSocket socket, TimeSpan timeout)
        {
            Close();
            _parts[0].InitEmpty();
            _held = 1;
            if (!socket.TryReceive(ref _parts[0], timeout))
            {
                return false;
            }

            ReceivedAt = clock.GetUtcNow();
            _count = 1;
            bool more = _parts[0].HasMore;

            // ZeroMQ hands on a message only when all its parts are there, so none of these calls waits for the peer.
            while (more)
            {
                bool hasRoom = _count < MostParts;
                ref Msg part = ref hasRoom ? ref _parts[_count] : ref _beyond;
                part.InitEmpty();
                _held = Math.Min(_count + 1, MostParts);
                if (!socket.TryReceive(ref part, TimeSpan.Zero))
                {
                    break;
                }

                more = part.HasMore;
                _count++;
                if (!hasRoom)
                {
                    _beyond.Close();
                }
            }

            return true;
        }

        public void Close()
        {
            for (int i = 0; i < _held; i++)
            {
                if (_parts[i].IsInitialised)
                {
                    _parts[i].Close();
                }
            }

            _held = 0;
            _count = 0;
        }

        private ref Msg At(int index)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_held, nameof(index));
            ObjectDisposedException.ThrowIf(!_parts[index].IsInitialised, this);
            return ref _parts[index];
        }
    }
}
