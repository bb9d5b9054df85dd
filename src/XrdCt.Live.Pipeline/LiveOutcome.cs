using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Pipeline;

/// <summary>How a scan ended.</summary>
/// <param name="Phase">Complete, Incomplete or Failed.</param>
/// <param name="Sentence">One sentence for people.</param>
/// <param name="SavedPath">Where the result lies; null when nothing was measured or it could not be saved.</param>
/// <param name="Counters">The counters at the end.</param>
/// <param name="Cause">The exception behind a failure.</param>
public sealed record LiveOutcome(
    ScanPhase Phase, string Sentence, string? SavedPath, FrameCounters Counters, Exception? Cause)
{
    /// <summary>Whether every frame is in its cell with all that it needed: nobody need read the sentence.</summary>
    public bool IsWell { get; init; }

    /// <summary>Frames that were not measured, in order.</summary>
    public IReadOnlyList<FrameRange> Missing { get; init; } = [];

    /// <summary>Header of the series; null if none came.</summary>
    public SeriesHeader? Series { get; init; }

    /// <summary>Series that the frames belonged to; null if nothing came.</summary>
    public long? SeriesId { get; init; }

    /// <summary>How the slices of the stack come, as far as it became known.</summary>
    public SliceLayout SliceLayout { get; init; }

    /// <summary>Whether the detector said that the series is over: no more of its frames are to be expected.</summary>
    public bool EndedByDetector { get; init; }

    /// <summary>Whether the sender fell silent with frames missing: it may come back.</summary>
    public bool EndedBySilence { get; init; }

    /// <summary>Whether a frame of every cell came, whatever became of it: no more of the scan is to be expected.</summary>
    public bool AllCame { get; init; }

    /// <summary>Where regions of interest could go, of the whole scan; null where nothing was measured.</summary>
    public RoiSuggestion? Roi { get; init; }

    /// <summary>Where the slices have the rotation axis, µm from where the plan has it.</summary>
    public double Axis_um { get; init; }

    /// <summary>The first messages of the next series, where they ended this scan; they go back to the feed.</summary>
    public IReadOnlyList<SourceEvent> Next { get; init; } = [];

    /// <summary>Whether the scan was one that another process had left unfinished, and nothing more of it came.</summary>
    public bool IsOnlyContinued { get; init; }
}
