using NetMQ;
using NetMQ.Sockets;
using XrdCt.Live.Ingest.ZeroMq;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Dectris;

/// <summary>
/// DECTRIS Stream V2 over ZeroMQ PULL (or SUB). Frames stay in the memory that ZeroMQ received them into, lent by the
/// events and returned to a pool when the last holder disposes them, on any thread, also after the source is gone.
/// Not thread-safe: one thread receives and disposes.
/// </summary>
public sealed class ZmqPullStream2Source : IFrameSource
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(int.MaxValue);

    private readonly NetMQSocket _socket;
    private readonly Stream2Reader _reader;
    private readonly MsgLeasePool _leases = new();
    private readonly TimeProvider _clock;
    private Msg _message;
    private bool _isDisposed;

    /// <summary>Opens the socket.</summary>
    /// <exception cref="ArgumentException">
    /// The endpoint is not <c>tcp://host:port</c>, or an option is out of range.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The endpoint cannot be bound or resolved; the message names it.
    /// </exception>
    public ZmqPullStream2Source(Stream2SourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        CheckEndpoint(options.Endpoint);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ReceiveHighWatermark, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LargestMessage_bytes, 1024, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.LargestMessage_bytes, Array.MaxLength, nameof(options));
        PinnedBufferPool.Install();
        _reader = new Stream2Reader(options.Channel);
        _clock = options.Clock;
        _message.InitEmpty();
        _socket = options.Pattern == ZmqPattern.Pull ? new PullSocket() : new SubscriberSocket();
        try
        {
            _socket.Options.Linger = TimeSpan.Zero;
            _socket.Options.ReceiveHighWatermark = options.ReceiveHighWatermark;
            _socket.Options.MaxMsgSize = options.LargestMessage_bytes;
            _socket.Options.TcpKeepalive = true;
            (_socket as SubscriberSocket)?.SubscribeToAnyTopic();
            Endpoint = Open(options);
        }
        catch (Exception e) when (e is NetMQException or System.Net.Sockets.SocketException or ArgumentException)
        {
            _socket.Dispose();
            string verb = options.Attachment == ZmqAttachment.Bind ? "listen on" : "connect to";
            throw new InvalidOperationException($"cannot {verb} {options.Endpoint}: {Cause(e)}", e);
        }
    }

    /// <summary>Where the socket is: the endpoint of the options, with the real port where port 0 was bound.</summary>
    public string Endpoint { get; }

    /// <inheritdoc/>
    public string Name => $"{Endpoint} (DECTRIS Stream V2)";

    /// <summary>Leases of frames that are still held by somebody.</summary>
    internal int LiveLeaseCount => _leases.LiveCount;

    /// <inheritdoc/>
    public SourceEvent Receive(TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        TimeSpan wait = timeout < TimeSpan.Zero ? TimeSpan.Zero : timeout > LongestWait ? LongestWait : timeout;
        if (!_socket.TryReceive(ref _message, wait))
        {
            return new SourceEvent { Kind = SourceEventKind.Silence };
        }

        if (_message.HasMore)
        {
            return RefuseParts();
        }

        MsgLease lease = _leases.Lend(ref _message);
        FrameOutcome outcome = _reader.Read(lease.Bytes, out Stream2Message content, out string? reason);
        if (outcome == FrameOutcome.Accepted && content.Kind == Stream2Kind.Image)
        {
            return Image(content, lease);
        }

        lease.Dispose();
        return outcome != FrameOutcome.Accepted
            ? new SourceEvent { Kind = SourceEventKind.Rejected, Outcome = outcome, Reason = reason }
            : new SourceEvent
            {
                Kind = content.Kind == Stream2Kind.Start ? SourceEventKind.SeriesStarted : SourceEventKind.SeriesEnded,
                SeriesId = content.SeriesId,
                Series = content.Series,
            };
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

    private static void CheckEndpoint(string endpoint)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(endpoint);
        if (endpoint.StartsWith("ipc://", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException(
                $"'{endpoint}' cannot be used: NetMQ's ipc:// is not the ipc:// of other ZeroMQ libraries (it is a TCP "
                + "port made from the name), so nothing would ever arrive; use tcp://127.0.0.1:PORT");
        }

        if (!endpoint.StartsWith("tcp://", StringComparison.OrdinalIgnoreCase) || endpoint.LastIndexOf(':') < 6)
        {
            throw new ArgumentException($"'{endpoint}' is not an endpoint; write tcp://host:port");
        }
    }

    private string Open(Stream2SourceOptions options)
    {
        if (options.Attachment == ZmqAttachment.Connect)
        {
            _socket.Connect(options.Endpoint);
            return options.Endpoint;
        }

        _socket.Bind(options.Endpoint);
        return _socket.Options.LastEndpoint ?? options.Endpoint;
    }

    private static string Cause(Exception e) => e switch
    {
        AddressAlreadyInUseException => "the port is in use by another program",
        EndpointNotFoundException => "there is no such address",
        _ => e.Message,
    };

    private SourceEvent Image(in Stream2Message content, MsgLease lease) => new()
    {
        Kind = SourceEventKind.Image,
        SeriesId = content.SeriesId,
        Frame = new RawFrame
        {
            Header = new FrameHeader
            {
                SeriesId = content.SeriesId,
                Index = content.ImageIndex,
                AcquiredAt = content.StoppedAt ?? _clock.GetUtcNow(),
                Monitor = content.Monitor,
            },
            Shape = content.Shape,
            Type = content.Type,
            Encoding = content.Encoding,
            Lease = lease,
            PayloadOffset = content.PayloadOffset,
            PayloadLength = content.PayloadLength,
        },
    };

    private SourceEvent RefuseParts()
    {
        // ZeroMQ hands on a message only when all its parts are there, so none of these calls waits for the peer.
        int parts = 1;
        while (_message.HasMore && _socket.TryReceive(ref _message, TimeSpan.Zero))
        {
            parts++;
        }

        return new SourceEvent
        {
            Kind = SourceEventKind.Rejected,
            Outcome = FrameOutcome.Malformed,
            Reason = $"the message has {parts} parts, but DECTRIS Stream V2 has one; set the detector to cbor",
        };
    }
}
