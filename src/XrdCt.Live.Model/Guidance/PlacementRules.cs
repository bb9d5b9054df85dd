using XrdCt.Live.Model.Stages;

namespace XrdCt.Live.Model.Guidance;

/// <summary>What a good place for a region-of-interest scan is.</summary>
public sealed record PlacementRules
{
    /// <summary>Radius R of the field of view, µm, above 0.</summary>
    public required double Radius_um { get; init; }

    /// <summary>How many places are wanted, at least 1.</summary>
    public int Count { get; init; } = 3;

    /// <summary>Phases that must be in it; the first one also says where the sample is. Empty: the first slice that is given.</summary>
    public IReadOnlyList<PhaseWeight> Phases { get; init; } = [];

    /// <summary>How much the other terms count.</summary>
    public PlacementWeights Weights { get; init; } = new();

    /// <summary>Distance beyond R at which an edge of the sample is far enough, µm; null for R / 2.</summary>
    public double? EdgeMargin_um { get; init; }

    /// <summary>
    /// Radius of the discs that local means are taken over, µm. Particles of an electrode are up to 10 µm in radius and belong to a uniform one;
    /// a tear that a scan of 10 µm steps shows is wider.
    /// </summary>
    public double LocalRadius_um { get; init; } = 30;

    /// <summary>Relative spread of the local means at which uniformity is 1/2.</summary>
    public double IntensityTolerance { get; init; } = 0.25;

    /// <summary>Relative spread of the cell volume at which its term is 1/2: half of the 0.4 % by which 100 cycles shrank it (Daemi et al., Phys. Chem. Chem. Phys. 22 (2020) 17814).</summary>
    public double VolumeTolerance { get; init; } = 0.002;

    /// <summary>Where no field of view may be.</summary>
    public IReadOnlyList<ForbiddenZone> Forbidden { get; init; } = [];

    /// <summary>What the stages can reach; null for everything.</summary>
    public StageReach? Reach { get; init; }

    /// <summary>The stages, whose limits say what they reach from where they are; null for everything.</summary>
    public SampleStages? Stages { get; init; }

    /// <summary>When the coarse scan may stop.</summary>
    public StopRule Stop { get; init; } = new();

    /// <summary>Edge margin that holds, µm.</summary>
    public double Margin_um => EdgeMargin_um ?? Radius_um / 2;
}
