using NetMQ;
using XrdCt.Live.Ingest.Streams;

namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>ZeroMQ of the whole process.</summary>
public static class ZmqRuntime
{
    /// <summary>Opens a receiver with the library that the options ask for.</summary>
    /// <exception cref="ArgumentException">An endpoint cannot be used, or an option is out of range.</exception>
    /// <exception cref="InvalidOperationException">The endpoint cannot be bound or resolved, or the native library that is asked for
    /// is not installed.</exception>
    public static IMessageReceiver Open(ZmqOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return IsNative(options.Library) ? new NativeZmqReceiver(options) : new NetMqReceiver(options);
    }

    /// <summary>Checks options without opening anything.</summary>
    /// <exception cref="ArgumentException">An endpoint cannot be used, or an option is out of range; the message says the remedy.</exception>
    public static void Check(ZmqOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _ = options.CheckedEndpoints(allowIpc: IsNative(options.Library));
    }

    /// <summary>Which library receives with these options, for people: <c>libzmq 4.3.4</c> or <c>NetMQ</c>.</summary>
    public static string LibraryName(ZmqLibrary library) =>
        library != ZmqLibrary.Managed && LibZmq.IsInstalled ? $"libzmq {LibZmq.Version}" : "NetMQ";

    /// <summary>
    /// Ends ZeroMQ at the end of the process, after all sockets have been disposed. Messages still queued for sending
    /// are dropped.
    /// </summary>
    /// <remarks>
    /// NetMQ's <c>Cleanup(block: true)</c> waits for every socket that anybody forgot and can then hang for ever, so
    /// receivers call this form. A sender that must not lose its last messages waits for them itself before. Never call
    /// it while a socket is in use: that socket's next call throws <c>TerminatingException</c>.
    /// </remarks>
    public static void Shutdown() => NetMQConfig.Cleanup(block: false);

    private static bool IsNative(ZmqLibrary library) =>
        library == ZmqLibrary.Native || (library == ZmqLibrary.Auto && LibZmq.IsInstalled);
}
