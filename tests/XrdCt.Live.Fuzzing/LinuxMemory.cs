using System.Runtime.InteropServices;

namespace XrdCt.Live.Fuzzing;

/// <summary>Pages and their protection, Linux on x64 and Arm64 (the numbers are the same on both).</summary>
internal static partial class LinuxMemory
{
    private const int NoAccess = 0;
    private const int ReadWrite = 1 | 2;
    private const int PrivateAnonymous = 0x02 | 0x20;

    /// <summary>Whether this machine is one of them.</summary>
    internal static bool IsSupported => OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Maps pages that can be read and written, between two that cannot.</summary>
    /// <returns>Start of the usable pages.</returns>
    internal static nint MapBetweenGuards(nint length)
    {
        nint page = Environment.SystemPageSize;
        nint whole = length + (2 * page);
        nint start = Map(0, whole, ReadWrite, PrivateAnonymous, -1, 0);
        if (start == -1 || Protect(start, page, NoAccess) != 0 || Protect(start + page + length, page, NoAccess) != 0)
        {
            throw new InvalidOperationException($"{whole} bytes could not be mapped: error {Marshal.GetLastPInvokeError()}");
        }

        return start + page;
    }

    /// <summary>Gives back what <see cref="MapBetweenGuards"/> mapped.</summary>
    internal static void Unmap(nint start, nint length)
    {
        nint page = Environment.SystemPageSize;
        if (UnmapPages(start - page, length + (2 * page)) != 0)
        {
            throw new InvalidOperationException($"{length} bytes could not be unmapped: error {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int UnmapPages(nint address, nint length);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nint length, int protection);
}
