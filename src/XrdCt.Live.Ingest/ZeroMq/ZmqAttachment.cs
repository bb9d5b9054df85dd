namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>Which side of a ZeroMQ connection opens the port.</summary>
public enum ZmqAttachment
{
    /// <summary>The detector listens, we connect (DECTRIS detectors do so); reconnects by itself for ever.</summary>
    Connect,

    /// <summary>We listen, the detector connects; port 0 takes a free one.</summary>
    Bind,
}
