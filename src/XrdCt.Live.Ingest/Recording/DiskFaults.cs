namespace XrdCt.Live.Ingest.Recording;

/// <summary>What a failed write means.</summary>
internal static class DiskFaults
{
    // Windows: ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL (winerror.h), in the low word of the HRESULT. Unix: ENOSPC and EDQUOT, the
    // raw errno.
    private const int WindowsHandleDiskFull = 39;
    private const int WindowsDiskFull = 112;
    private const int UnixNoSpace = 28;
    private const int LinuxQuota = 122;

    // What is written at once: with less than that left, a direct write fails half-way, and its rest as "invalid argument".
    private const long Room_bytes = 8 << 20;

    internal static bool IsDiskFull(IOException fault, string path) =>
        OperatingSystem.IsWindows()
            ? (fault.HResult & 0xFFFF) is WindowsDiskFull or WindowsHandleDiskFull
            : fault.HResult is UnixNoSpace or LinuxQuota || FreeBytes(path) < Room_bytes;

    private static long FreeBytes(string path)
    {
        try
        {
            return new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return long.MaxValue;
        }
    }
}
