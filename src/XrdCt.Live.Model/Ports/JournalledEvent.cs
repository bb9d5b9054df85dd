namespace XrdCt.Live.Model.Ports;

/// <summary>Something that happened during a scan, as the journal keeps it.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">What.</param>
/// <param name="Sentence">One sentence for people.</param>
public sealed record JournalledEvent(DateTimeOffset At, JournalledEventKind Kind, string Sentence);
