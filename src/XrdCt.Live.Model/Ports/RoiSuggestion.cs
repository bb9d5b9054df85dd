using XrdCt.Live.Model.Guidance;

namespace XrdCt.Live.Model.Ports;

/// <summary>Suggested places for the region-of-interest scan, best first.</summary>
/// <param name="Candidates">Candidates; empty while nothing can be said.</param>
/// <param name="Explanation">One sentence for people.</param>
public sealed record RoiSuggestion(IReadOnlyList<RoiCandidate> Candidates, string Explanation)
{
    /// <summary>Whether the coarse scan may stop, as of the last look at the slices while it ran.</summary>
    public StopAdvice Stop { get; init; } = new(MayStop: false, "");

    /// <summary>Where no field of view may be.</summary>
    public ForbiddenZones Forbidden { get; init; } = ForbiddenZones.None;

    /// <summary>The best place over the scan; empty where nothing is placed.</summary>
    public IReadOnlyList<RankingPoint> Curve { get; init; } = [];
}
