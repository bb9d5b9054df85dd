namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>Which ZeroMQ receives. Both speak the same protocol.</summary>
public enum ZmqLibrary
{
    /// <summary>The native library where it is installed, the managed one where not.</summary>
    Auto,

    /// <summary>NetMQ: managed, needs nothing installed, tcp only.</summary>
    Managed,

    /// <summary>libzmq (<c>libzmq.so.5</c>, Debian's libzmq5): about half the processor time per byte, and real <c>ipc://</c>.</summary>
    Native,
}
