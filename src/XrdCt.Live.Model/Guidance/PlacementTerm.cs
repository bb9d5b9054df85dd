namespace XrdCt.Live.Model.Guidance;

/// <summary>One reason for or against a place.</summary>
/// <param name="Name">What is judged: <c>uniformity</c>, <c>material NMC (003)</c>.</param>
/// <param name="Value">0 (bad) to 1 (good).</param>
/// <param name="Weight">Share of the score that it decides on, 0…1; the weights of a candidate add up to 1.</param>
/// <param name="Finding">What was found there, in words with numbers.</param>
public sealed record PlacementTerm(string Name, double Value, double Weight, string Finding)
{
    /// <summary>What it adds to the score.</summary>
    public double Contribution => Value * Weight;
}
