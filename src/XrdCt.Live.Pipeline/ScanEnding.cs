namespace XrdCt.Live.Pipeline;

/// <summary>Why reception ended.</summary>
/// <param name="IsComplete">Whether a frame of every cell came.</param>
/// <param name="Sentence">One sentence for people.</param>
public sealed record ScanEnding(bool IsComplete, string Sentence)
{
    internal static ScanEnding Finished() => new(true, "every cell of the scan was measured");

    internal static ScanEnding Stopped(int seen, int cells) =>
        new(seen == cells, $"the scan was stopped after {seen} of {cells} frames");

    internal static ScanEnding EndedEarly(int seen, int cells) => new(
        false, $"the detector ended the series with {cells - seen} of {cells} frames missing: their cells stay empty");

    internal static ScanEnding FellSilent(TimeSpan limit, int last, int seen, int cells) => new(
        seen == cells,
        $"the sender has been silent for {limit.TotalSeconds:F0} s after frame {last}: {cells - seen} of {cells} frames are missing");

    internal static ScanEnding Superseded(long series, long next, int seen, int cells) => new(
        seen == cells,
        (next == series ? $"series {series} was started anew" : $"series {next} began") + $" before series {series} had ended: the scan ends with {seen} of {cells} frames; start again for the new series");
}
