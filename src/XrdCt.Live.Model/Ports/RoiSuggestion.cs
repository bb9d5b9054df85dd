using XrdCt.Live.Model.Guidance;

namespace XrdCt.Live.Model.Ports;

/// <summary>Suggested places for the region-of-interest scan, best first.</summary>
/// <param name="Candidates">Candidates; empty while nothing can be said.</param>
/// <param name="Explanation">One sentence for people.</param>
public sealed record RoiSuggestion(IReadOnlyList<RoiCandidate> Candidates, string Explanation);
