using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Model.Guidance;

/// <summary>The best places of a slice, best first, and how they came about.</summary>
/// <param name="Candidates">Places whose fields of view do not overlap; empty where there is none.</param>
/// <param name="Sentence">What there is to say of the best one, or why there is none.</param>
/// <param name="Coverage">How the projections of the slice cover the half circle; null where that is not known.</param>
public sealed record RoiRanking(IReadOnlyList<RoiCandidate> Candidates, string Sentence, AngularCoverage? Coverage);
