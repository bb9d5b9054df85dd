using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Server.Commands;

/// <summary>A journal that tells when it was begun, and when how the slices come became known since.</summary>
/// <param name="journal">The journal.</param>
/// <param name="begun">Is told after the write.</param>
internal sealed class BegunJournal(IScanJournal journal, Action<JournalledScan> begun) : IScanJournal
{
    private SliceLayout? _told;

    public string? Path => journal.Path;

    public JournalledScan? Scan => journal.Scan;

    public void Write(
        JournalledScan scan, ReadOnlySpan<JournalledPattern> patterns, ReadOnlySpan<JournalledEvent> events, ReadOnlySpan<StageReading> readings = default)
    {
        journal.Write(scan, patterns, events, readings);
        if (_told != scan.SliceLayout)
        {
            _told = scan.SliceLayout;
            begun(scan);
        }
    }

    public int ReadReadings(Action<StageReading> take) => journal.ReadReadings(take);

    public int Read(Action<JournalledPattern> take) => journal.Read(take);

    public void Complete(string savedPath, bool keep = false) => journal.Complete(savedPath, keep);

    public void Dispose() => journal.Dispose();
}
