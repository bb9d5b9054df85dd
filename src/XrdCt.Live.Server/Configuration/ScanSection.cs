using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>scan:</c> which frame is which position.</summary>
public sealed class ScanSection
{
    /// <summary>
    /// <c>translation-fast</c>, <c>translation-fast-zigzag</c>, <c>rotation-fast</c>, <c>rotation-fast-zigzag</c> or
    /// <c>interlaced</c>.
    /// </summary>
    [YamlMember(Alias = "order")]
    public string? Order { get; set; }

    /// <summary>Subsets of an interlaced scan.</summary>
    [YamlMember(Alias = "subsets")]
    public int Subsets { get; set; } = 4;

    /// <summary>Number of translations.</summary>
    [YamlMember(Alias = "translations")]
    public int? Translations { get; set; }

    /// <summary>Number of rotations.</summary>
    [YamlMember(Alias = "rotations")]
    public int? Rotations { get; set; }

    /// <summary>Distance of two translations, µm.</summary>
    [YamlMember(Alias = "step_um")]
    public double? Step_um { get; set; }

    /// <summary>Angular range, 180 or 360, degrees.</summary>
    [YamlMember(Alias = "range_deg")]
    public double? Range_deg { get; set; }

    /// <summary>Divide by the beam monitor where the stream carries one.</summary>
    [YamlMember(Alias = "normalise_to_monitor")]
    public bool NormaliseToMonitor { get; set; } = true;
}
