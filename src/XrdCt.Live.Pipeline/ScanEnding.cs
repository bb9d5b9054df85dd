using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Pipeline;

/// <summary>Why reception ended.</summary>
/// <param name="IsComplete">Whether a frame of every cell came.</param>
/// <param name="Sentence">One sentence for people.</param>
public sealed record ScanEnding(bool IsComplete, string Sentence)
{
    /// <summary>What came of another series and ended the scan: the next one's first messages, whose frames are to be disposed.</summary>
    public IReadOnlyList<SourceEvent> Next { get; init; } = [];

    /// <summary>Whether the detector said that the series is over.</summary>
    public bool EndedByDetector { get; init; }

    /// <summary>Whether the sender fell silent with frames missing: it may come back.</summary>
    public bool EndedBySilence { get; init; }

    internal static ScanEnding Finished(bool endedByDetector) =>
        new(true, "every cell of the scan was measured") { EndedByDetector = endedByDetector };

    internal static ScanEnding Stopped(int seen, int cells) =>
        new(seen == cells, $"the scan was stopped after {seen} of {cells} frames");

    internal static ScanEnding EndedEarly(int seen, int cells) => new(
        false, $"the detector ended the series with {cells - seen} of {cells} frames missing: their cells stay empty")
    {
        EndedByDetector = true,
    };

    internal static ScanEnding FellSilent(TimeSpan limit, int last, int seen, int cells) => new(
        seen == cells,
        $"the sender has been silent for {limit.TotalSeconds:F0} s after {(last < 0 ? "the header" : $"frame {last}")}: {cells - seen} of {cells} frames are missing")
    {
        EndedBySilence = seen < cells,
    };

    internal static ScanEnding PassedOver(int seen, int cells) => new(
        seen == cells, $"the next slice came with {cells - seen} of {cells} frames of this one missing: their cells stay empty");

    internal static ScanEnding OtherSlice(int number, StackSlice slice, IReadOnlyList<SourceEvent> before, in SourceEvent first) => new(
        false, $"slice {number} came while {slice} was waited for")
    {
        Next = [.. before, first],
    };

    internal static ScanEnding Superseded(long series, in SourceEvent next, int seen, int cells) => new(
        seen == cells,
        (next.SeriesId == series ? $"series {series} was started anew" : $"series {next.SeriesId} began")
            + $" before series {series} had ended: the scan ends with {seen} of {cells} frames")
    {
        Next = [next],
    };

    internal static ScanEnding Repeated(long series, in SourceEvent header, in SourceEvent first, int seen, int cells) => new(
        false, $"series {series} was started anew under the same number: the scan ends with {seen} of {cells} frames")
    {
        Next = [header, first],
    };

    internal static ScanEnding LeftOver(long series, in SourceEvent next, int seen, int cells) => new(
        seen == cells,
        $"{seen} of {cells} frames of series {series} came without a header, left over from before series {next.SeriesId} began")
    {
        Next = [next],
    };
}
