using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Pipeline;

/// <summary>How a scan ended.</summary>
/// <param name="Phase">Complete, Incomplete or Failed.</param>
/// <param name="Sentence">One sentence for people.</param>
/// <param name="SavedPath">Where the result lies; null when nothing was measured or it could not be saved.</param>
/// <param name="Counters">The counters at the end.</param>
/// <param name="Cause">The exception behind a failure.</param>
public sealed record LiveOutcome(
    ScanPhase Phase, string Sentence, string? SavedPath, FrameCounters Counters, Exception? Cause);
