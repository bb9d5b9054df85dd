using System.Reflection;
using System.Runtime.InteropServices;

namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>The functions of libzmq's C interface that receiving needs (<see href="https://libzmq.readthedocs.io"/>, API 4.x).</summary>
internal static unsafe partial class LibZmq
{
    internal const int Pull = 7;
    internal const int Sub = 2;

    internal const int OptionSubscribe = 6;
    internal const int OptionLinger = 17;
    internal const int OptionMaxMsgSize = 22;
    internal const int OptionReceiveHighWatermark = 24;
    internal const int OptionReceiveTimeout = 27;
    internal const int OptionLastEndpoint = 32;
    internal const int OptionTcpKeepalive = 34;
    internal const int ContextIoThreads = 1;
    internal const int DontWait = 1;

    /// <summary>Size and alignment of <c>zmq_msg_t</c>, bytes; part of the interface since 4.1.</summary>
    internal const int MessageBytes = 64;

    private const string Library = "zmq";

    private static readonly Lazy<nint> Loaded = new(Load);

    static LibZmq() => NativeLibrary.SetDllImportResolver(
        typeof(LibZmq).Assembly, (name, _, _) => name == Library ? Loaded.Value : 0);

    /// <summary>Whether the library is installed.</summary>
    internal static bool IsInstalled => Loaded.Value != 0;

    /// <summary>Version of the library, such as <c>4.3.4</c>.</summary>
    internal static string Version
    {
        get
        {
            GetVersion(out int major, out int minor, out int patch);
            return $"{major}.{minor}.{patch}";
        }
    }

    /// <summary>What the last call that failed on this thread says.</summary>
    internal static string LastError => Marshal.PtrToStringUTF8(StrError(ErrNo())) ?? "unknown error";

    /// <summary>Checks the result of a call that fails only where this program is wrong.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    internal static void Expect(int result)
    {
        if (result < 0)
        {
            throw new InvalidOperationException($"libzmq refused a call: {LastError}");
        }
    }

    [LibraryImport(Library, EntryPoint = "zmq_version")]
    internal static partial void GetVersion(out int major, out int minor, out int patch);

    [LibraryImport(Library, EntryPoint = "zmq_ctx_new")]
    internal static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "zmq_ctx_set")]
    internal static partial int SetContext(nint context, int option, int value);

    [LibraryImport(Library, EntryPoint = "zmq_ctx_term")]
    internal static partial int EndContext(nint context);

    [LibraryImport(Library, EntryPoint = "zmq_socket")]
    internal static partial nint OpenSocket(nint context, int type);

    [LibraryImport(Library, EntryPoint = "zmq_close")]
    internal static partial int CloseSocket(nint socket);

    [LibraryImport(Library, EntryPoint = "zmq_setsockopt")]
    internal static partial int SetOption(nint socket, int option, void* value, nuint length);

    [LibraryImport(Library, EntryPoint = "zmq_getsockopt")]
    internal static partial int GetOption(nint socket, int option, void* value, nuint* length);

    [LibraryImport(Library, EntryPoint = "zmq_bind", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Bind(nint socket, string endpoint);

    [LibraryImport(Library, EntryPoint = "zmq_connect", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Connect(nint socket, string endpoint);

    [LibraryImport(Library, EntryPoint = "zmq_msg_init")]
    internal static partial int InitMessage(void* message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_recv")]
    internal static partial int ReceiveMessage(void* message, nint socket, int flags);

    [LibraryImport(Library, EntryPoint = "zmq_msg_close")]
    internal static partial int CloseMessage(void* message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_data")]
    internal static partial byte* DataOf(void* message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_size")]
    internal static partial nuint SizeOf(void* message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_more")]
    internal static partial int HasMore(void* message);

    [LibraryImport(Library, EntryPoint = "zmq_errno")]
    internal static partial int ErrNo();

    [LibraryImport(Library, EntryPoint = "zmq_strerror")]
    private static partial nint StrError(int number);

    private static nint Load()
    {
        string[] names = OperatingSystem.IsWindows() ? ["libzmq.dll"]
            : OperatingSystem.IsMacOS() ? ["libzmq.5.dylib"]
            : ["libzmq.so.5"];
        Assembly assembly = typeof(LibZmq).Assembly;
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, assembly, null, out nint library))
            {
                return library;
            }
        }

        return 0;
    }
}
