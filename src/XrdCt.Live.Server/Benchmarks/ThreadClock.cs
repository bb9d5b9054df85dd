using System.Runtime.InteropServices;

namespace XrdCt.Live.Server.Benchmarks;

/// <summary>CPU time of the calling thread: on a machine that others use too, it is what the work itself took. Linux; NaN elsewhere.</summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3;

    /// <summary>CPU time so far, ms.</summary>
    public static double Now_ms => OperatingSystem.IsLinux() && GetTime(ThreadCpuTime, out TimeSpec time) == 0
        ? (1e3 * time.Seconds) + (1e-6 * time.Nanoseconds)
        : double.NaN;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
