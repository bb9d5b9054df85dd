namespace XrdCt.Live.Server.Forwarding;

/// <summary>
/// Tells which files have come into a folder: the system's notices at once, and a look through the whole folder every now and then,
/// because notices are lost when there are too many, and network folders give none. Names come more than once.
/// </summary>
internal sealed class WatchedFolder : IDisposable
{
    // Beyond, notices are dropped and the folder is looked through instead.
    private const int MostNotices = 10_000;

    private readonly string _folder;
    private readonly string _pattern;
    private readonly EnumerationOptions _options;
    private readonly TimeSpan _lookEvery;
    private readonly FileSystemWatcher? _watcher;
    private readonly Lock _lock = new();
    private readonly HashSet<string> _notices = [];
    private readonly AutoResetEvent _wake = new(false);
    private bool _mustLook = true;
    private long _lookedAt;

    public WatchedFolder(string folder, string pattern, bool recursive, TimeSpan lookEvery)
    {
        _folder = Path.GetFullPath(folder);
        _pattern = pattern;
        _lookEvery = lookEvery;
        _options = new EnumerationOptions { RecurseSubdirectories = recursive, IgnoreInaccessible = true };
        try
        {
            _watcher = new FileSystemWatcher(_folder, pattern)
            {
                IncludeSubdirectories = recursive,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.Size | NotifyFilters.LastWrite,
                InternalBufferSize = 64 * 1024,
            };
            _watcher.Created += (_, e) => Notice(e.FullPath);
            _watcher.Changed += (_, e) => Notice(e.FullPath);
            _watcher.Renamed += (_, e) => Notice(e.FullPath);
            _watcher.Error += (_, _) => LookThrough();
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // No notices here (no inotify watch left, an odd file system): looking every now and then does.
            _watcher?.Dispose();
            _watcher = null;
        }
    }

    /// <summary>Waits for a notice.</summary>
    public void Wait(TimeSpan longest, CancellationToken stop) => WaitHandle.WaitAny([_wake, stop.WaitHandle], longest);

    /// <summary>Full paths of files that came since the last call; all of them where the folder was looked through.</summary>
    public IReadOnlyList<string> Collect()
    {
        string[] notices;
        bool look;
        lock (_lock)
        {
            notices = [.. _notices];
            _notices.Clear();
            look = _mustLook || System.Diagnostics.Stopwatch.GetElapsedTime(_lookedAt) > _lookEvery;
            _mustLook = false;
        }

        if (!look)
        {
            return notices;
        }

        _lookedAt = System.Diagnostics.Stopwatch.GetTimestamp();
        try
        {
            return [.. Directory.EnumerateFiles(_folder, _pattern, _options)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watcher?.Dispose();
        _wake.Dispose();
    }

    private void Notice(string path)
    {
        lock (_lock)
        {
            if (_notices.Count < MostNotices)
            {
                _notices.Add(path);
            }
            else
            {
                _mustLook = true;
            }
        }

        Wake();
    }

    private void LookThrough()
    {
        lock (_lock)
        {
            _mustLook = true;
        }

        Wake();
    }

    private void Wake()
    {
        try
        {
            _wake.Set();
        }
        catch (ObjectDisposedException)
        {
            // A last notice after the end.
        }
    }
}
