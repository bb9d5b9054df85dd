using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Model.Ports;

/// <summary>How frames were turned into patterns; it stands in every output.</summary>
public sealed record IntegrationSettings
{
    /// <summary>Filter over the pixels of a bin.</summary>
    public required IntegrationFilter Filter { get; init; }

    /// <summary>Share of the normalisation cut off at the low end, 0…0.5; of <see cref="IntegrationFilter.Trimmed"/> only.</summary>
    public required double TrimLower { get; init; }

    /// <summary>Share of the normalisation cut off at the high end, 0…0.5; of <see cref="IntegrationFilter.Trimmed"/> only.</summary>
    public required double TrimUpper { get; init; }

    /// <summary>Whether the solid angle of the pixel was divided out.</summary>
    public required bool SolidAngle { get; init; }

    /// <summary>Polarisation factor (I_h − I_v)/(I_h + I_v), −1…1, divided out; null for no correction.</summary>
    public required double? PolarisationFactor { get; init; }
}
