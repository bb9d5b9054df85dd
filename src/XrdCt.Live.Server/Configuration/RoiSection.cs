using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>roi:</c> the region-of-interest scan to come.</summary>
public sealed class RoiSection
{
    /// <summary>Live channel that stands for the material; the first one when absent.</summary>
    [YamlMember(Alias = "channel")]
    public string? Channel { get; set; }

    /// <summary>Radius of its field of view, µm.</summary>
    [YamlMember(Alias = "radius_um")]
    public double? Radius_um { get; set; }

    /// <summary>How it will be measured; no plans are made when absent.</summary>
    [YamlMember(Alias = "scan")]
    public RoiScanSection? Scan { get; set; }
}
