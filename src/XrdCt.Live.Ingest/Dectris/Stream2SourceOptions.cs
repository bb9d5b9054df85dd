using XrdCt.Live.Ingest.ZeroMq;

namespace XrdCt.Live.Ingest.Dectris;

/// <summary>How to receive a DECTRIS Stream V2 over ZeroMQ.</summary>
public sealed record Stream2SourceOptions
{
    /// <summary>
    /// Where: <c>tcp://host:port</c>; to bind, <c>tcp://*:port</c> or an own address, port 0 for any free one.
    /// </summary>
    public required string Endpoint { get; init; }

    /// <summary>Connect (default) or bind.</summary>
    public ZmqAttachment Attachment { get; init; } = ZmqAttachment.Connect;

    /// <summary>PULL (default, as DECTRIS sends) or SUB.</summary>
    public ZmqPattern Pattern { get; init; } = ZmqPattern.Pull;

    /// <summary>Threshold channel to take; null takes the first of each image.</summary>
    public string? Channel { get; init; }

    /// <summary>
    /// Messages queued before the sender is held back. ZeroMQ's own 1000 would be 10 GB of plain Pilatus 2M frames;
    /// 32 is 0.13 s at 250 Hz and at most 0.3 GB.
    /// </summary>
    public int ReceiveHighWatermark { get; init; } = 32;

    /// <summary>
    /// Largest message, bytes; the connection of a peer that announces a larger one is closed before memory is taken.
    /// Default 256 MiB: an Eiger 16M frame of 32 bits is 72 MB, a start message with all tables 9 to 150 MB.
    /// </summary>
    public long LargestMessage_bytes { get; init; } = 256L << 20;

    /// <summary>Clock that dates frames whose messages carry no time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
