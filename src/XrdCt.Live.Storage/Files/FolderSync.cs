using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace XrdCt.Live.Storage.Files;

/// <summary>
/// Brings the names in a folder to the disk. A file that was synced and then renamed may be back under its old name after a power cut
/// (POSIX promises nothing of the folder); on Windows the file system does this by itself.
/// </summary>
internal static partial class FolderSync
{
    // fcntl.h: O_RDONLY | O_CLOEXEC of Linux; macOS has another O_CLOEXEC, and does without.
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;

    /// <summary>Syncs a folder; file systems that cannot are left alone.</summary>
    public static void Run(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using SafeFileHandle handle = Open(folder, OperatingSystem.IsLinux() ? ReadOnly | CloseOnExec : ReadOnly);
        if (!handle.IsInvalid)
        {
            _ = Sync(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(SafeFileHandle file);
}
