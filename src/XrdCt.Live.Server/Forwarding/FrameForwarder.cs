using System.Diagnostics;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Server.Commands;

namespace XrdCt.Live.Server.Forwarding;

/// <summary>
/// Sends the CBF files of a folder as they come, series by series, in the order of their numbers. The receiver sets the pace: nothing is
/// dropped, and nothing sent twice. Not thread-safe.
/// </summary>
internal sealed class FrameForwarder(
    ForwardOptions options, WatchedFolder folder, FrameMessages messages, StreamOutput output, ForwardState state)
{
    // Asking the system whether all has arrived takes 0.1 s: once for this many files, a second at 250 Hz.
    private const int MostAtOnce = 256;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, SortedDictionary<long, ArrivingFile>> _waiting = [];
    private readonly List<string> _unconfirmed = [];
    private string? _active;
    private long _activeAt;
    private byte[] _file = [];

    /// <summary>Files sent and arrived.</summary>
    public long SentCount { get; private set; }

    /// <summary>Their bytes.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Series begun.</summary>
    public int SeriesCount { get; private set; }

    /// <summary>Files deleted.</summary>
    public long DeletedCount { get; private set; }

    /// <summary>Files that may or may not have arrived: the connection broke, or this run was told to stop before it knew.</summary>
    public IReadOnlyList<string> Unconfirmed => _unconfirmed;

    /// <summary>Whether the end message of the last series found no receiver.</summary>
    public bool IsEndUnsent => _active is not null;

    /// <summary>Files that are there and were not sent, with the reason.</summary>
    public IEnumerable<string> Unsent => _waiting.Values
        .SelectMany(w => w.Values)
        .Select(f => $"{f.Name}: {f.Problem ?? "forwarding was ended before its turn"}");

    /// <summary>What could not be done on the way, such as a deletion.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Forwards until it is told to stop, or everything was sent where that was asked for.</summary>
    public void Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Collect();
            if (Next() is var (series, batch))
            {
                Send(series, batch, stop);
            }
            else
            {
                if (_active is not null && Stopwatch.GetElapsedTime(_activeAt) > options.SeriesTimeout)
                {
                    EndSeries(stop);
                }

                if (options.Once && _active is null && _waiting.Values.All(w => w.Values.All(IsGivenUp)))
                {
                    return;
                }

                folder.Wait(_waiting.Values.Any(w => w.Count > 0) ? Tick : Look, stop);
            }
        }

        if (_active is not null)
        {
            // The receiver may have gone before us.
            using var soon = new CancellationTokenSource(LastPatience);
            EndSeries(soon.Token);
        }
    }

    private bool IsGivenUp(ArrivingFile file) => file.Problem is not null && file.Unchanged > options.Patience;

    private void Collect()
    {
        foreach (string path in folder.Collect())
        {
            string name = Path.GetRelativePath(options.Folder, path);
            (string series, long number) = NumberedName.Of(name);
            if (state.IsSent(series, number))
            {
                continue;
            }

            if (!_waiting.TryGetValue(series, out SortedDictionary<long, ArrivingFile>? files))
            {
                _waiting.Add(series, files = []);
            }

            files.TryAdd(number, new ArrivingFile(path, name, number));
        }
    }

    /// <summary>The files to send next: of the series that is on, else of the one that began first.</summary>
    private (string Series, List<ArrivingFile> Batch)? Next()
    {
        if (_active is not null && Ready(_active) is { Count: > 0 } more)
        {
            return (_active, more);
        }

        // Another series waits until nothing of this one is expected any more.
        if (_active is not null && _waiting.TryGetValue(_active, out SortedDictionary<long, ArrivingFile>? left) && !left.Values.All(IsGivenUp))
        {
            return null;
        }

        foreach ((string series, _) in _waiting.Where(w => w.Key != _active && w.Value.Count > 0).OrderBy(w => Begun(w.Value)).ToArray())
        {
            if (Ready(series) is { Count: > 0 } batch)
            {
                return (series, batch);
            }
        }

        return null;
    }

    private static DateTime Begun(SortedDictionary<long, ArrivingFile> files) => File.GetLastWriteTimeUtc(files.First().Value.Path);

    private List<ArrivingFile> Ready(string series)
    {
        List<ArrivingFile> ready = [];
        if (!_waiting.TryGetValue(series, out SortedDictionary<long, ArrivingFile>? files))
        {
            return ready;
        }

        long next = (state.LastNumber(series) ?? (options.FirstNumber - 1)) + 1;
        foreach (ArrivingFile file in files.Values.ToArray())
        {
            if (file.Number > next && file.Age < options.Patience)
            {
                break;
            }

            if (file.IsWhole(out bool isGone))
            {
                ready.Add(file);
                next = Math.Max(next, file.Number + 1);
            }
            else if (isGone)
            {
                files.Remove(file.Number);
            }
            else if (file.Unchanged < options.Patience)
            {
                break;
            }

            if (ready.Count == MostAtOnce)
            {
                break;
            }
        }

        return ready;
    }

    private void Send(string series, List<ArrivingFile> batch, CancellationToken stop)
    {
        state.Begin(series, [.. batch.Select(f => (f.Number, f.Name))]);
        List<ArrivingFile> sent = [];
        List<ArrivingFile> unsent = [];
        IReadOnlySet<string>? connections = null;
        foreach (ArrivingFile file in batch)
        {
            bool goesOn = !stop.IsCancellationRequested && TrySend(series, file, stop);
            (goesOn ? sent : unsent).Add(file);

            // Before the first one was taken there may have been no receiver at all.
            connections ??= goesOn ? output.Connections() : null;
        }

        if (unsent.Count > 0)
        {
            state.TakeBack(series, [.. unsent.Select(f => (f.Number, f.Name))]);
        }

        // A connection that broke took with it what was on the way.
        bool arrived = sent.Count == 0 || (Arrived(stop) && output.Connections().IsSupersetOf(connections!));
        Forget(series, sent);
        if (!arrived)
        {
            _unconfirmed.AddRange(sent.Select(f => f.Name));
        }

        state.Confirm(_unconfirmed);
        if (!arrived)
        {
            return;
        }

        SentCount += sent.Count;
        foreach (ArrivingFile file in sent.Where(_ => options.Deletes))
        {
            Delete(file);
        }
    }

    /// <summary>Sends one file.</summary>
    /// <returns>False where nothing of it was handed on: it is broken, or it was time to stop.</returns>
    private bool TrySend(string series, ArrivingFile file, CancellationToken stop)
    {
        try
        {
            ReadOnlyMemory<byte> bytes = Read(file.Path);
            CbfFile frame = CbfFile.Parse(bytes, file.Name);
            if (_active != series)
            {
                if (_active is not null && !EndSeries(stop))
                {
                    return false;
                }

                messages.WriteStart(state.SeriesId(series), options.ImageCount, frame, series, File.GetLastWriteTimeUtc(file.Path));
                if (messages.Message.Parts.Count > 0 && !output.Send(messages.Message, stop))
                {
                    return false;
                }

                _active = series;
                SeriesCount++;
            }

            messages.WriteImage((int)Math.Clamp(file.Number - options.FirstNumber, 0, int.MaxValue), frame, file.Name, bytes);
            if (!output.Send(messages.Message, stop))
            {
                return false;
            }

            SentBytes += bytes.Length;
            _activeAt = Stopwatch.GetTimestamp();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or ArgumentException)
        {
            file.Problem = e.Message.TrimEnd('.');
            return false;
        }
    }

    private bool EndSeries(CancellationToken stop)
    {
        messages.WriteEnd();
        if (messages.Message.Parts.Count > 0 && !output.Send(messages.Message, stop))
        {
            return false;
        }

        _active = null;
        return true;
    }

    private bool Arrived(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (output.Drain(Look))
            {
                return true;
            }
        }

        return output.Drain(LastPatience);
    }

    private void Forget(string series, List<ArrivingFile> files)
    {
        SortedDictionary<long, ArrivingFile> waiting = _waiting[series];
        files.ForEach(f => waiting.Remove(f.Number));
        if (waiting.Count == 0)
        {
            _waiting.Remove(series);
        }
    }

    private void Delete(ArrivingFile file)
    {
        try
        {
            File.Delete(file.Path);
            DeletedCount++;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failures.Add($"{file.Name} was sent but cannot be deleted: {e.Message.TrimEnd('.')}");
        }
    }

    private ReadOnlyMemory<byte> Read(string path)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        long length = RandomAccess.GetLength(handle);
        if (length > Array.MaxLength)
        {
            throw new FormatException($"a CBF file of {length} bytes holds no single frame");
        }

        if (_file.Length < length)
        {
            _file = GC.AllocateUninitializedArray<byte>((int)Math.Min(Array.MaxLength, length + (length / 4)));
        }

        int read = 0;
        while (read < length && RandomAccess.Read(handle, _file.AsSpan(read, (int)length - read), read) is var more and > 0)
        {
            read += more;
        }

        return _file.AsMemory(0, read);
    }
}
