using System.Reflection;

namespace XrdCt.Live.Storage.Files;

/// <summary>Says in one sentence why a file could not be written and what helps.</summary>
internal static class WriteFailure
{
    // Windows: ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL (winerror.h), in the low word of the HRESULT.
    private const int WindowsHandleDiskFull = 39;
    private const int WindowsDiskFull = 112;

    // Unix: ENOSPC and EDQUOT; .NET keeps the raw errno in HResult. EDQUOT is 122 on Linux, 69 on macOS.
    private const int UnixNoSpace = 28;
    private const int LinuxQuota = 122;
    private const int MacQuota = 69;

    /// <summary>Whether the world outside is at fault (sees through PureHDF's reflection calls).</summary>
    public static bool IsFileFault(Exception fault) =>
        Unwrap(fault) is var cause && (cause is IOException or UnauthorizedAccessException || IsTooLarge(cause));

    /// <summary>The sentence, as an exception.</summary>
    /// <param name="what">What was to be saved: <c>the scan</c>.</param>
    /// <param name="path">Where.</param>
    /// <param name="fault">An exception that <see cref="IsFileFault"/> accepts.</param>
    public static IOException Explain(string what, string path, Exception fault)
    {
        Exception cause = Unwrap(fault);
        string folder = Path.GetDirectoryName(path) ?? path;
        string reason = cause switch
        {
            _ when Directory.Exists(path) => "a folder has that name: choose another name",
            _ when File.Exists(folder) => $"'{folder}' is a file: choose a folder",
            UnauthorizedAccessException => $"no permission to write in '{folder}': grant it or choose another folder",
            DirectoryNotFoundException or FileNotFoundException =>
                $"the folder '{folder}' does not exist and cannot be made: choose another",
            _ when IsTooLarge(cause) => "the disk, or the user's limit, allows no file of that size: choose another folder",
            PathTooLongException => "the name is too long: choose a shorter title or folder",
            IOException io when IsDiskFull(io) => "the disk is full: free some space or choose another folder",
            _ => $"{cause.Message.TrimEnd('.')}: check the disk or choose another folder",
        };
        return new IOException($"{what} cannot be saved to '{path}', because {reason}", cause);
    }

    private static Exception Unwrap(Exception fault) =>
        fault is TargetInvocationException { InnerException: { } inner } ? Unwrap(inner) : fault;

    // EFBIG: .NET makes an argument of it that nobody gave (Interop.GetExceptionForIoErrno).
    private static bool IsTooLarge(Exception cause) => cause is ArgumentOutOfRangeException { ParamName: "value" };

    private static bool IsDiskFull(IOException fault) =>
        OperatingSystem.IsWindows()
            ? (fault.HResult & 0xFFFF) is WindowsDiskFull or WindowsHandleDiskFull
            : fault.HResult is UnixNoSpace or LinuxQuota or MacQuota;
}
