namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>ZeroMQ pattern of the receiving socket.</summary>
public enum ZmqPattern
{
    /// <summary>PULL from PUSH: back-pressure reaches the sender, each message goes to one receiver.</summary>
    Pull,

    /// <summary>
    /// SUB to PUB, all topics: each receiver gets every message, but a slow one loses some (they show as missing).
    /// </summary>
    Subscribe,
}
