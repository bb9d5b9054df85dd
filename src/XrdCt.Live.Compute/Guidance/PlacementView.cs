using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Guidance;

/// <summary>What is known of a coarse scan when ROIs are placed in it. All maps have one shape.</summary>
public sealed record PlacementView
{
    /// <summary>Slices by the windows of phases; the rules say which count, and the first of those says where the sample is.</summary>
    public required IReadOnlyList<PhaseMap> Phases { get; init; }

    /// <summary>Slice of what large crystallites add (mean less trimmed mean), which is additive; null where it is not known.</summary>
    public SliceMap? Spottiness { get; init; }

    /// <summary>Cell volume V of each voxel, Å³, NaN where it was not fitted, [y, x]; null where it is not known.</summary>
    public float[]? CellVolume_A3 { get; init; }

    /// <summary>Noise σ of the slice of the first phase that counts (<see cref="Reconstruction.NoiseMap"/>), [y, x]; null where it is not known.</summary>
    public float[]? Noise { get; init; }

    /// <summary>How the projections cover the half circle; null where it is not known.</summary>
    public AngularCoverage? Coverage { get; init; }
}
