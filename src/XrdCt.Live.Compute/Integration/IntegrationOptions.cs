using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>What a pattern shall look like; with a geometry and a mask it makes an <see cref="IntegrationPlan"/>.</summary>
public sealed record IntegrationOptions
{
    /// <summary>Unit of the radial axis.</summary>
    public RadialUnit Unit { get; init; } = RadialUnit.TwoTheta_deg;

    /// <summary>Number of bins, 1…65,534. Default 2,048, the field's habit (nDTomo, ID15A).</summary>
    public int BinCount { get; init; } = 2048;

    /// <summary>Lower end of the axis in <see cref="Unit"/>; null for the smallest unmasked pixel centre.</summary>
    public double? Lower { get; init; }

    /// <summary>Upper end of the axis in <see cref="Unit"/>; null for the largest unmasked pixel centre.</summary>
    public double? Upper { get; init; }

    /// <summary>Divide the solid angle out. Default true, as pyFAI.</summary>
    public bool SolidAngle { get; init; } = true;

    /// <summary>Polarisation factor to divide out, −1…1; null for none.</summary>
    public double? PolarisationFactor { get; init; }

    /// <summary>Filter over the pixels of a bin.</summary>
    public IntegrationFilter Filter { get; init; } = IntegrationFilter.Trimmed;

    /// <summary>Share of the normalisation cut off at the low end, 0 ≤ x &lt; 0.5. Default 0.1: "10 % trimmed mean".</summary>
    public double TrimLower { get; init; } = 0.1;

    /// <summary>Share of the normalisation cut off at the high end, 0 ≤ x &lt; 0.5. Default 0.1.</summary>
    public double TrimUpper { get; init; } = 0.1;
}
