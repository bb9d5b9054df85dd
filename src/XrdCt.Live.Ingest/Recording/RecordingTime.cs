namespace XrdCt.Live.Ingest.Recording;

/// <summary>Times of a recording: ns since 1970-01-01 UTC, which 64 bits hold until 2262.</summary>
internal static class RecordingTime
{
    internal static long ToUnix_ns(DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    internal static DateTimeOffset FromUnix_ns(long time_ns) =>
        DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(time_ns / TimeSpan.NanosecondsPerTick);
}
