using System.Runtime.InteropServices;
using System.Threading.Channels;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// The stage that makes patterns durable, on a thread of its own: four times a second, or when half of the rows wait, it writes all that
/// wait in one transaction. A journal that cannot be written costs the scan nothing but its safety: that is said once, and each later
/// write is a new try.
/// </summary>
internal sealed class JournalWriter : IDisposable
{
    // Durable within a second: this, and a transaction of at most 256 rows (6 MB) with its two syncs.
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    // How often a full edge is looked at.
    private static readonly TimeSpan FullTick = TimeSpan.FromMilliseconds(2);

    // Readings that wait for a disk that cannot be written, at most: at 250 Hz four minutes of them.
    private const int MostReadings = 1 << 16;

    // Events are rare; a journal that cannot be written must not let them pile up.
    private const int MostEvents = 64;

    private readonly IScanJournal _journal;
    private readonly Func<JournalledScan?> _scan;
    private readonly Func<string> _complaint;
    private readonly Action<string> _say;
    private readonly TimeProvider _time;
    private readonly Channel<JournalledPattern> _rows;
    private readonly Channel<JournalledPattern> _freeRows;
    private readonly Channel<StageReading> _readings;
    private readonly Channel<JournalledEvent> _events;
    private readonly JournalledPattern[] _batch = new JournalledPattern[LiveGraph.Rows.Capacity];
    private readonly List<StageReading> _told = [];
    private readonly List<JournalledEvent> _news = [];
    private readonly AutoResetEvent _wake = new(initialState: false);
    private string _lastComplaint = "";
    private long _memoryOnly;
    private bool _hasBegun;
    private bool _isBroken;
    private bool _isOver;
    private volatile string _trouble = "";

    /// <param name="journal">Where rows go.</param>
    /// <param name="rows">Makes an empty row.</param>
    /// <param name="scan">The scan as it stands; null before anything of it came.</param>
    /// <param name="complaint">The newest complaint.</param>
    /// <param name="say">Is told when the journal can no longer be written, and when it can again.</param>
    /// <param name="time">Clock of the events.</param>
    public JournalWriter(
        IScanJournal journal,
        Func<JournalledPattern> rows,
        Func<JournalledScan?> scan,
        Func<string> complaint,
        Action<string> say,
        TimeProvider time)
    {
        _journal = journal;
        _scan = scan;
        _complaint = complaint;
        _say = say;
        _time = time;
        _hasBegun = journal.Scan is not null;
        _rows = LiveGraph.Rows.Create<JournalledPattern>(singleWriter: true, singleReader: true);
        _freeRows = LiveGraph.FreeRows.Create<JournalledPattern>(singleWriter: false, singleReader: true);
        _readings = LiveGraph.Readings.Create<StageReading>(singleWriter: true, singleReader: true);
        _events = Channel.CreateBounded<JournalledEvent>(MostEvents);
        for (int i = 0; i < LiveGraph.FreeRows.Capacity; i++)
        {
            _freeRows.Writer.TryWrite(rows());
        }
    }

    /// <summary>Why patterns are not durable, one sentence; empty while they are.</summary>
    public string Trouble => _trouble;

    /// <summary>Patterns of this process that are placed and could not be made durable.</summary>
    public long MemoryOnlyCount => Interlocked.Read(ref _memoryOnly);

    /// <summary>Waits for a row to fill.</summary>
    public async ValueTask<JournalledPattern> TakeFreeAsync()
    {
        JournalledPattern? row;
        while (!_freeRows.Reader.TryRead(out row))
        {
            await _freeRows.Reader.WaitToReadAsync().ConfigureAwait(false);
        }

        return row;
    }

    /// <summary>Gives a row back that holds nothing to keep.</summary>
    public void GiveBack(JournalledPattern row) => _freeRows.Writer.TryWrite(row);

    /// <summary>Hands a filled row on.</summary>
    public void Put(JournalledPattern row)
    {
        // There are as many rows as places.
        _rows.Writer.TryWrite(row);
        if (_rows.Reader.Count >= LiveGraph.Rows.Capacity / 2)
        {
            _wake.Set();
        }
    }

    /// <summary>Hands a reading on; blocks while the edge is full.</summary>
    /// <param name="reading">The reading.</param>
    /// <param name="cancel">Ends the wait; the reading is not journalled then.</param>
    public void Put(in StageReading reading, CancellationToken cancel)
    {
        while (!_readings.Writer.TryWrite(reading) && !cancel.IsCancellationRequested)
        {
            _wake.Set();
            cancel.WaitHandle.WaitOne(FullTick);
        }

        if (_readings.Reader.Count >= LiveGraph.Readings.Capacity / 2)
        {
            _wake.Set();
        }
    }

    /// <summary>Notes an event; from any thread.</summary>
    public void Note(JournalledEventKind kind, string sentence) =>
        _events.Writer.TryWrite(new JournalledEvent(_time.GetUtcNow(), kind, sentence));

    /// <summary>No more rows or events: <see cref="Run"/> writes what waits and returns.</summary>
    public void Complete()
    {
        Volatile.Write(ref _isOver, true);
        _wake.Set();
    }

    /// <summary>Writes until <see cref="Complete"/>.</summary>
    public void Run()
    {
        bool isOver;
        do
        {
            _wake.WaitOne(Period);
            isOver = Volatile.Read(ref _isOver);
            WriteWaiting();
        }
        while (!isOver);
    }

    /// <inheritdoc />
    public void Dispose() => _wake.Dispose();

    private void WriteWaiting()
    {
        int count = 0;
        while (count < _batch.Length && _rows.Reader.TryRead(out JournalledPattern? row))
        {
            _batch[count++] = row;
        }

        TakeNews();
        while (_readings.Reader.TryRead(out StageReading reading))
        {
            if (_told.Count < MostReadings && !_isBroken)
            {
                _told.Add(reading);
            }
        }

        try
        {
            // Nobody needs a journal of a scan that never came.
            if (count > 0 || (_news.Count + _told.Count > 0 && _journal.Scan is not null))
            {
                Write(_batch.AsSpan(0, count));
            }
        }
        finally
        {
            foreach (JournalledPattern row in _batch.AsSpan(0, count))
            {
                _freeRows.Writer.TryWrite(row);
            }
        }
    }

    private void TakeNews()
    {
        while (_news.Count < MostEvents && _events.Reader.TryRead(out JournalledEvent? news))
        {
            _news.Add(news);
        }

        if (_complaint() is var complaint && complaint != _lastComplaint && _news.Count < MostEvents)
        {
            _lastComplaint = complaint;
            _news.Add(new JournalledEvent(_time.GetUtcNow(), JournalledEventKind.Complaint, complaint));
        }
    }

    private void Write(ReadOnlySpan<JournalledPattern> rows)
    {
        if (_isBroken || _scan() is not JournalledScan scan)
        {
            Interlocked.Add(ref _memoryOnly, rows.Length);
            return;
        }

        if (!_hasBegun)
        {
            _news.Insert(0, new JournalledEvent(scan.StartedAt, JournalledEventKind.Began, $"series {scan.SeriesId} began"));
            _hasBegun = true;
        }

        try
        {
            _journal.Write(scan, rows, CollectionsMarshal.AsSpan(_news), CollectionsMarshal.AsSpan(_told));
            _news.Clear();
            _told.Clear();
        }
        catch (IOException e)
        {
            Fail(rows, e.Message);
            return;
        }
        catch (Exception e)
        {
            // A defect of ours, which must not cost the scan; nor may it be tried again and again.
            _isBroken = true;
            Fail(rows, $"the journal failed: {e.Message}");
            return;
        }

        if (_trouble.Length > 0)
        {
            _trouble = "";
            Tell($"the journal is written again; {_memoryOnly} patterns are in memory only until the scan is saved");
        }
    }

    private void Fail(ReadOnlySpan<JournalledPattern> rows, string reason)
    {
        Interlocked.Add(ref _memoryOnly, rows.Length);
        if (_trouble.Length == 0)
        {
            string from = rows.IsEmpty ? "" : $", from frame {rows[0].Header.Index} on";
            _trouble = $"patterns are in memory only{from}: {reason}";
            Tell(_trouble);
        }
    }

    // Who listens may fail for the journal's own reason (a log on the disk that is full), and must not end this thread: rows would never
    // come back, and the scan would wait for one.
    private void Tell(string sentence)
    {
        try
        {
            _say(sentence);
        }
        catch (Exception)
        {
            // The page shows Trouble all the same.
        }
    }
}
