using System.Diagnostics;
using System.Text;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>
/// Messages over ZeroMQ PULL (or SUB) by the native libzmq. It takes about half the processor time per byte that NetMQ takes, and
/// speaks real <c>ipc://</c>.
/// </summary>
public sealed unsafe class NativeZmqReceiver : IMessageReceiver
{
    private readonly nint _context;
    private readonly nint _socket;
    private readonly Message _message;
    private int _timeout_ms = int.MinValue;
    private bool _isDisposed;

    /// <summary>Opens the socket.</summary>
    /// <exception cref="ArgumentException">An endpoint is neither <c>tcp://host:port</c> nor <c>ipc://path</c>, or an option is out of
    /// range.</exception>
    /// <exception cref="InvalidOperationException">libzmq is not installed, or the endpoint cannot be bound or resolved; the message
    /// names it.</exception>
    public NativeZmqReceiver(ZmqOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        string[] endpoints = options.CheckedEndpoints(allowIpc: true);
        if (!LibZmq.IsInstalled)
        {
            throw new InvalidOperationException("libzmq is not installed: install libzmq5, or take the managed library");
        }

        _message = new Message(options.Clock);
        _context = LibZmq.NewContext();
        LibZmq.Expect(LibZmq.SetContext(_context, LibZmq.ContextIoThreads, Math.Min(endpoints.Length, Environment.ProcessorCount)));
        _socket = LibZmq.OpenSocket(_context, options.Pattern == ZmqPattern.Pull ? LibZmq.Pull : LibZmq.Sub);
        Set(LibZmq.OptionLinger, 0);
        Set(LibZmq.OptionReceiveHighWatermark, options.ReceiveHighWatermark);
        Set(LibZmq.OptionTcpKeepalive, 1);
        long largest = options.LargestMessage_bytes;
        LibZmq.Expect(LibZmq.SetOption(_socket, LibZmq.OptionMaxMsgSize, &largest, sizeof(long)));
        if (options.Pattern == ZmqPattern.Subscribe)
        {
            LibZmq.Expect(LibZmq.SetOption(_socket, LibZmq.OptionSubscribe, null, 0));
        }

        bool binds = options.Attachment == ZmqAttachment.Bind;
        List<string> attached = [];
        foreach (string endpoint in endpoints)
        {
            if ((binds ? LibZmq.Bind(_socket, endpoint) : LibZmq.Connect(_socket, endpoint)) != 0)
            {
                string cause = LibZmq.LastError;
                Dispose();
                throw new InvalidOperationException($"cannot {(binds ? "listen on" : "connect to")} {endpoint}: {cause}");
            }

            attached.Add(binds ? LastEndpoint() : endpoint);
        }

        Endpoint = string.Join(", ", attached);
    }

    /// <inheritdoc/>
    public string Endpoint { get; } = "";

    /// <inheritdoc/>
    public int LentCount => _message.LentCount;

    /// <inheritdoc/>
    public StreamMessage? Receive(TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        long asked = Stopwatch.GetTimestamp();

        // libzmq comes back early when a signal interrupts it (EINTR), and the runtime sends its threads signals. Told by the time, not by the
        // error number, which the runtime may change on the way back.
        for (TimeSpan left = timeout; ; left = timeout - Stopwatch.GetElapsedTime(asked))
        {
            if (TryReceive(left))
            {
                return _message;
            }

            if (Stopwatch.GetElapsedTime(asked) >= timeout)
            {
                return null;
            }
        }
    }

    private bool TryReceive(TimeSpan timeout)
    {
        int wait_ms = (int)Math.Clamp(Math.Ceiling(timeout.TotalMilliseconds), 0, int.MaxValue);
        if (wait_ms != _timeout_ms)
        {
            Set(LibZmq.OptionReceiveTimeout, wait_ms);
            _timeout_ms = wait_ms;
        }

        return _message.TryReceive(_socket);
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
        _ = LibZmq.CloseSocket(_socket);
        _ = LibZmq.EndContext(_context);
    }

    private void Set(int option, int value) => LibZmq.Expect(LibZmq.SetOption(_socket, option, &value, sizeof(int)));

    private string LastEndpoint()
    {
        const int Longest = 1024;
        byte* text = stackalloc byte[Longest];
        nuint length = Longest;
        return LibZmq.GetOption(_socket, LibZmq.OptionLastEndpoint, text, &length) == 0 && length > 0
            ? Encoding.UTF8.GetString(text, (int)length - 1)
            : "";
    }

    /// <summary>The parts of the message that came last.</summary>
    private sealed class Message(TimeProvider clock) : StreamMessage
    {
        private readonly NativeLeasePool _leases = new();
        private readonly NativeLease?[] _parts = new NativeLease?[MostParts];
        private int _held;
        private int _count;

        // What this message still holds itself is lent to nobody.
        public int LentCount => _leases.LiveCount - _parts.Count(p => p is not null);

        /// <inheritdoc/>
        public override int PartCount => _count;

        /// <inheritdoc/>
        public override ReadOnlyMemory<byte> Part(int index) => At(index).Memory;

        /// <inheritdoc/>
        public override FrameLease Keep(int index)
        {
            NativeLease lease = At(index);
            _parts[index] = null;
            return lease;
        }

        public bool TryReceive(nint socket)
        {
            Close();
            NativeLease part = _leases.Take();
            if (!part.TryReceive(socket, 0))
            {
                _leases.TakeBack(part);
                return false;
            }

            ReceivedAt = clock.GetUtcNow();
            _parts[0] = part;
            _held = _count = 1;

            // libzmq hands on a message only when all its parts are there, so none of these calls waits for the peer.
            for (bool more = part.HasMore; more; more = part.HasMore)
            {
                part = _leases.Take();
                if (!part.TryReceive(socket, LibZmq.DontWait))
                {
                    _leases.TakeBack(part);
                    break;
                }

                _count++;
                if (_held < MostParts)
                {
                    _parts[_held++] = part;
                }
                else
                {
                    part.Dispose();
                }
            }

            return true;
        }

        public void Close()
        {
            for (int i = 0; i < _held; i++)
            {
                _parts[i]?.Dispose();
                _parts[i] = null;
            }

            _held = 0;
            _count = 0;
        }

        private NativeLease At(int index)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_held, nameof(index));
            return _parts[index] ?? throw new ObjectDisposedException(nameof(NativeLease), "the part was kept");
        }
    }
}
