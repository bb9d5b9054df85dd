namespace XrdCt.Live.Model.Guidance;

/// <summary>A phase that the region of interest should hold.</summary>
/// <param name="Channel">Live channel whose window stands for it.</param>
/// <param name="Weight">How much it counts, in the scale of <see cref="PlacementWeights"/>.</param>
public sealed record PhaseWeight(string Channel, double Weight = 3);
