namespace XrdCt.Live.Model.Guidance;

/// <summary>
/// How much each term counts; only their ratios matter. A term that nothing is known about (no spottiness channel, no lattice map) takes no
/// part, and the others share its weight.
/// </summary>
public sealed record PlacementWeights
{
    /// <summary>Weight of <see cref="PlacementTerm"/> "uniformity": local means of the intensity that differ little.</summary>
    public double Uniformity { get; init; } = 2;

    /// <summary>Weight of "edge": distance to the air around the sample.</summary>
    public double Edge { get; init; } = 2;

    /// <summary>Weight of "in field": share of the signal of an ROI scan that comes from inside its field of view.</summary>
    public double InField { get; init; } = 1;

    /// <summary>Weight of "cupping": as much material around the field of view as in it.</summary>
    public double Cupping { get; init; } = 1;

    /// <summary>Weight of "spottiness": no more large crystallites than elsewhere.</summary>
    public double Spottiness { get; init; } = 1;

    /// <summary>Weight of "cell volume": one V in the whole field of view.</summary>
    public double CellVolume { get; init; } = 2;
}
