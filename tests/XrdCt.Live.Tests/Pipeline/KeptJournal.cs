using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>A journal in memory, whose writes fail as asked.</summary>
/// <param name="failure">What the nth write (from 0) fails with; null where it succeeds.</param>
/// <param name="damaged">Rows that it says cannot be read.</param>
internal sealed class KeptJournal(Func<int, Exception?>? failure = null, int damaged = 0) : IScanJournal
{
    private readonly Dictionary<int, JournalledPattern> _rows = [];
    private int _writes;

    public string? Path => Scan is null ? null : "/results/small.journal";

    public JournalledScan? Scan { get; set; }

    public List<JournalledEvent> Events { get; } = [];

    public List<StageReading> Readings { get; } = [];

    public string? SavedPath { get; private set; }

    public bool IsKept { get; private set; }

    public IReadOnlyDictionary<int, JournalledPattern> Rows => _rows;

    public void Write(JournalledScan scan, ReadOnlySpan<JournalledPattern> patterns, ReadOnlySpan<JournalledEvent> events, ReadOnlySpan<StageReading> readings = default)
    {
        if (failure?.Invoke(_writes++) is Exception e)
        {
            throw e;
        }

        foreach (JournalledPattern pattern in patterns)
        {
            Add(pattern);
        }

        Events.AddRange(events);
        Readings.AddRange(readings);
        Scan = scan;
    }

    /// <summary>Keeps a copy of a row.</summary>
    public void Add(JournalledPattern pattern)
    {
        var copy = new JournalledPattern(pattern.BinCount, pattern.ChannelValues.Length) { Header = pattern.Header, Cell = pattern.Cell };
        pattern.Values.CopyTo(copy.Values);
        _rows.Add(pattern.Header.Index, copy);
    }

    public int ReadReadings(Action<StageReading> take)
    {
        Readings.ForEach(take);
        return 0;
    }

    public int Read(Action<JournalledPattern> take)
    {
        foreach (JournalledPattern row in _rows.OrderBy(r => r.Key).Select(r => r.Value))
        {
            take(row);
        }

        return damaged;
    }

    public void Complete(string savedPath, bool keep = false) => (SavedPath, IsKept) = (savedPath, keep);

    public void Dispose()
    {
    }
}
