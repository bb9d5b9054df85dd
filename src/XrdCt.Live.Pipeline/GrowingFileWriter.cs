using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// Keeps the growing file up to date, on a thread of its own: once a second the cells that have changed are copied out of the assembly, one at
/// a time, and written. No edge leads here: what has changed stands in the assembly's own marks, so a disk that is slow or stands still holds nothing up and
/// loses nothing, and costs no memory. A file that fails is given up, in one sentence; the scan goes on.
/// </summary>
internal sealed class GrowingFileWriter : IDisposable
{
    // As often as the page shows something new to a person who looks at numbers; 250 patterns of 2,048 bins are 2 MB.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly IGrowingFile _file;
    private readonly ScanAssembly _assembly;
    private readonly Action<string> _say;
    private readonly PlacedCell _cell;
    private readonly ManualResetEventSlim _over = new();
    private readonly CancellationTokenSource _making = new();
    private ScanRecord? _newest;
    private volatile bool _isGivenUp;

    /// <param name="file">The file.</param>
    /// <param name="assembly">What it shows.</param>
    /// <param name="binCount">Bins of a pattern.</param>
    /// <param name="say">Is told when the file is given up.</param>
    public GrowingFileWriter(IGrowingFile file, ScanAssembly assembly, int binCount, Action<string> say)
    {
        _file = file;
        _assembly = assembly;
        _say = say;
        _cell = new PlacedCell(binCount);
    }

    /// <summary>Full path of the file; null while there is none, and when it was given up.</summary>
    public string? Path => _file.Path;

    /// <summary>Hands over how the scan stands, where the last record is written; by the thread that reconstructs.</summary>
    /// <param name="scan">Makes the record.</param>
    public void Offer(Func<ScanRecord> scan)
    {
        if (!_isGivenUp && Volatile.Read(ref _newest) is null)
        {
            Volatile.Write(ref _newest, scan());
        }
    }

    /// <summary>Writes until <see cref="Complete"/>.</summary>
    public void Run()
    {
        bool isOver;
        do
        {
            isOver = _over.Wait(Period);
            Write(Interlocked.Exchange(ref _newest, null), _making.Token);
        }
        while (!isOver);
    }

    /// <summary>The scan is over: <see cref="Run"/> writes what is new and returns; a file that is not there yet is not made any more.</summary>
    public void Complete()
    {
        _making.Cancel();
        _over.Set();
    }

    /// <summary>The result could not be saved: the file stays, with everything that would have stood in it. <see cref="Run"/> has returned.</summary>
    public void Keep(ScanRecord scan)
    {
        if (_file.Path is null || _isGivenUp)
        {
            return;
        }

        try
        {
            Follow(scan, CancellationToken.None);
        }
        catch (Exception e)
        {
            // What it holds by now may be the last copy: it stays, whatever it lacks.
            Tell($"'{_file.Path}' lacks the last second of the scan: {e.Message}");
        }
    }

    /// <summary>The result is saved: the file goes. <see cref="Run"/> has returned.</summary>
    public void Remove()
    {
        try
        {
            _file.Remove();
        }
        catch (Exception e)
        {
            Tell(e.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _over.Dispose();
        _making.Dispose();
    }

    private void Write(ScanRecord? scan, CancellationToken making)
    {
        if (_isGivenUp)
        {
            return;
        }

        try
        {
            Follow(scan, making);
        }
        catch (OperationCanceledException)
        {
            // The scan was over before there was a file.
        }
        catch (Exception e)
        {
            // Whatever it is: it must not cost the scan, and a file that no longer grows must not look as if it did.
            _isGivenUp = true;
            Tell($"the scan can no longer be followed in a file: {e.Message}");
            Remove();
        }
    }

    private void Follow(ScanRecord? scan, CancellationToken making)
    {
        if (scan is not null && _file.Show(scan, making))
        {
            _assembly.MarkAllChanged();
        }

        while (_file.Path is not null && _assembly.TakeChanged(_cell))
        {
            _file.Write(_cell);
        }
    }

    // A listener that fails is no reason to end either.
    private void Tell(string sentence)
    {
        try
        {
            _say(sentence);
        }
        catch (Exception)
        {
            // Whoever listens has no ear left for it.
        }
    }
}
