using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Model.Ports;

/// <summary>
/// The durable copy of a running scan. Used by one thread at a time. What was written survives the process and the power; what a write
/// could not bring to the disk is as if it had never been tried.
/// </summary>
public interface IScanJournal : IDisposable
{
    /// <summary>Full path of the journal; null before the first write of a new one.</summary>
    string? Path { get; }

    /// <summary>What the journal says of the scan; null before the first write of a new one.</summary>
    JournalledScan? Scan { get; }

    /// <summary>Writes all of it, durably, or nothing; a pattern whose frame stands there takes its place.</summary>
    /// <param name="scan">The scan as it stands; replaces what was said of it before.</param>
    /// <param name="patterns">Patterns; lent for the call.</param>
    /// <param name="events">Events.</param>
    /// <param name="readings">What the beamline told besides the frames, in the order in which it came.</param>
    /// <exception cref="IOException">Nothing was written (the disk is full, the folder gone); the message names the path and the reason.
    /// Later writes may succeed.</exception>
    void Write(JournalledScan scan, ReadOnlySpan<JournalledPattern> patterns, ReadOnlySpan<JournalledEvent> events, ReadOnlySpan<StageReading> readings = default);

    /// <summary>Reads every reading, in the order in which they came.</summary>
    /// <param name="take">Takes a reading.</param>
    /// <returns>How many places of the journal could not be read; the readings there are left out.</returns>
    int ReadReadings(Action<StageReading> take);

    /// <summary>Reads every pattern, in the order of the frame index.</summary>
    /// <param name="take">Takes a pattern, which is lent for the call.</param>
    /// <returns>How many patterns that the journal should hold are damaged or gone; they are left out.</returns>
    int Read(Action<JournalledPattern> take);

    /// <summary>The result is safe elsewhere: closes the journal for good, which nobody continues any more.</summary>
    /// <param name="savedPath">Where the result lies.</param>
    /// <param name="keep">Keeps the file whatever was set up: not all that it holds could be read, and stands in the result.</param>
    /// <exception cref="IOException">The journal cannot be marked or removed; the result is safe all the same.</exception>
    void Complete(string savedPath, bool keep = false);
}
