using NetMQ;

namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>ZeroMQ of the whole process.</summary>
public static class ZmqRuntime
{
    /// <summary>
    /// Ends ZeroMQ at the end of the process, after all sockets have been disposed. Messages still queued for sending
    /// are dropped.
    /// </summary>
    /// <remarks>
    /// NetMQ's <c>Cleanup(block: true)</c> waits for every socket that anybody forgot and can then hang for ever, so
    /// receivers call this form. A sender that must not lose its last messages sets <c>Linger</c> on its socket and
    /// calls the blocking form itself: without it NetMQ drops what is queued, even after <c>Dispose</c>. Never call
    /// it while a socket is in use: that socket's next call throws <c>TerminatingException</c>.
    /// </remarks>
    public static void Shutdown() => NetMQConfig.Cleanup(block: false);
}
