using System.Diagnostics;
using XrdCt.Live.Ingest.Files;

namespace XrdCt.Live.Server.Forwarding;

/// <summary>A file that has been seen and not been sent.</summary>
internal sealed class ArrivingFile(string path, string name, long number)
{
    // A writer that leaves the closing line out: what has not grown for so long is whole if its pixels are.
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(500);

    private readonly long _seenAt = Stopwatch.GetTimestamp();
    private long _changedAt = Stopwatch.GetTimestamp();
    private long _length = -1;

    public string Path => path;

    /// <summary>Name relative to the folder.</summary>
    public string Name => name;

    public long Number => number;

    /// <summary>Why it was not whole at the last look; null where it was.</summary>
    public string? Problem { get; set; }

    /// <summary>Time since it was first seen.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_seenAt);

    /// <summary>Time since it last grew, or was found broken.</summary>
    public TimeSpan Unchanged => Stopwatch.GetElapsedTime(_changedAt);

    /// <summary>Whether it can be sent.</summary>
    /// <param name="isGone">Whether it does not exist any more.</param>
    public bool IsWhole(out bool isGone)
    {
        isGone = false;
        try
        {
            CbfArrival arrival = CbfArrival.Look(path);
            if (arrival.Length_bytes != _length)
            {
                (_length, _changedAt, Problem) = (arrival.Length_bytes, Stopwatch.GetTimestamp(), null);
            }

            // A file that was found broken when it was read as a whole is read again when it has changed.
            Problem = Problem is not null && arrival.IsComplete ? Problem : arrival.Problem;
            return Problem is null && arrival.IsComplete && (arrival.HasEnd || Unchanged > Settled);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            isGone = true;
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problem = e.Message.TrimEnd('.');
            return false;
        }
    }
}
