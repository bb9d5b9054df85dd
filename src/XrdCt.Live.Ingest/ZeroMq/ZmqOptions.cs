using System.Globalization;

namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>How to receive over ZeroMQ.</summary>
public sealed record ZmqOptions
{
    /// <summary>
    /// Where: <c>tcp://host:port</c>; to bind, <c>tcp://*:port</c> or an own address, port 0 for any free one. Several, separated by
    /// commas, go to one socket that takes from all in turn, each connection with an I/O thread of its own.
    /// </summary>
    public required string Endpoint { get; init; }

    /// <summary>Connect (default) or bind.</summary>
    public ZmqAttachment Attachment { get; init; } = ZmqAttachment.Connect;

    /// <summary>PULL (default, as DECTRIS sends) or SUB.</summary>
    public ZmqPattern Pattern { get; init; } = ZmqPattern.Pull;

    /// <summary>Which library receives.</summary>
    public ZmqLibrary Library { get; init; } = ZmqLibrary.Auto;

    /// <summary>
    /// Messages queued per connection before the sender is held back. ZeroMQ's own 1000 would be 10 GB of plain Pilatus 2M frames;
    /// 32 is 0.13 s at 250 Hz and at most 0.3 GB.
    /// </summary>
    public int ReceiveHighWatermark { get; init; } = 32;

    /// <summary>
    /// Largest part of a message, bytes; the connection of a peer that announces a larger one is closed before memory is taken.
    /// Default 256 MiB: an Eiger 16M frame of 32 bits is 72 MB, a start message with all tables 9 to 150 MB.
    /// </summary>
    public long LargestMessage_bytes { get; init; } = 256L << 20;

    /// <summary>
    /// Memory of messages that were let go, kept for the next ones, bytes (managed library; the native one leaves it to malloc). Default
    /// 384 MiB: 32 plain int32 frames of a Pilatus 2M and some.
    /// </summary>
    public long Pooled_bytes { get; init; } = 384L << 20;

    /// <summary>Clock that says when a message came.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The endpoints, checked.</summary>
    /// <exception cref="ArgumentException">An endpoint cannot be used, or an option is out of range; the message says the remedy.</exception>
    internal string[] CheckedEndpoints(bool allowIpc)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Endpoint, nameof(Endpoint));
        ArgumentOutOfRangeException.ThrowIfLessThan(ReceiveHighWatermark, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(Pooled_bytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(LargestMessage_bytes, 1024);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LargestMessage_bytes, Array.MaxLength);
        string[] endpoints = Endpoint.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (endpoints.Length == 0)
        {
            throw new ArgumentException($"'{Endpoint}' is not an endpoint; write tcp://host:port");
        }

        foreach (string endpoint in endpoints)
        {
            CheckEndpoint(endpoint, allowIpc);
        }

        return endpoints;
    }

    private static void CheckEndpoint(string endpoint, bool allowIpc)
    {
        if (endpoint.StartsWith("ipc://", StringComparison.OrdinalIgnoreCase))
        {
            if (allowIpc)
            {
                return;
            }

            throw new ArgumentException(
                $"'{endpoint}' cannot be used: NetMQ's ipc:// is not the ipc:// of other ZeroMQ libraries (it is a TCP "
                + "port made from the name), so nothing would ever arrive; use tcp://127.0.0.1:PORT, or install libzmq5");
        }

        if (!endpoint.StartsWith("tcp://", StringComparison.OrdinalIgnoreCase) || endpoint.LastIndexOf(':') < 6)
        {
            throw new ArgumentException($"'{endpoint}' is not an endpoint; write tcp://host:port");
        }

        // libzmq takes any number for a port and then waits for ever.
        string port = endpoint[(endpoint.LastIndexOf(':') + 1)..];
        if (port != "*" && !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new ArgumentException($"'{endpoint}' has no usable port; write tcp://host:port with a port up to 65535");
        }
    }
}
