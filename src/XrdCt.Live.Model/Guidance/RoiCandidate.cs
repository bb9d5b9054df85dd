namespace XrdCt.Live.Model.Guidance;

/// <summary>A place where the region-of-interest scan could go.</summary>
/// <param name="X_um">Centre, sample coordinate x (slice column), µm from the rotation axis.</param>
/// <param name="Y_um">Centre, sample coordinate y (slice row), µm from the rotation axis.</param>
/// <param name="Radius_um">Radius of the field of view, µm.</param>
/// <param name="MaterialFraction">Share of the disc that is material, 0…1.</param>
/// <param name="EdgeDistance_um">Distance from the centre to the nearest edge of the sample, µm.</param>
/// <param name="Score">0…1; higher is better.</param>
public sealed record RoiCandidate(
    double X_um,
    double Y_um,
    double Radius_um,
    double MaterialFraction,
    double EdgeDistance_um,
    double Score)
{
    /// <summary>Standard uncertainty of <see cref="Score"/> from noise, half-sets and coverage; NaN where it is not known.</summary>
    public double ScoreSigma { get; init; } = double.NaN;

    /// <summary>What the score is made of: the <see cref="PlacementTerm.Contribution"/>s add up to it.</summary>
    public IReadOnlyList<PlacementTerm> Terms { get; init; } = [];
}
