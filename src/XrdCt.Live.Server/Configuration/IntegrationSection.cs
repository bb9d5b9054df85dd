using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>integration:</c> how frames become patterns.</summary>
public sealed class IntegrationSection
{
    /// <summary><c>two_theta_deg</c>, <c>q_invA</c>, <c>q_invnm</c> or <c>r_mm</c>.</summary>
    [YamlMember(Alias = "unit")]
    public string Unit { get; set; } = "q_invA";

    /// <summary>Number of radial bins.</summary>
    [YamlMember(Alias = "bins")]
    public int Bins { get; set; } = 2048;

    /// <summary>Lower end of the axis, in its unit; the smallest pixel centre when absent.</summary>
    [YamlMember(Alias = "lower")]
    public double? Lower { get; set; }

    /// <summary>Upper end of the axis, in its unit; the largest pixel centre when absent.</summary>
    [YamlMember(Alias = "upper")]
    public double? Upper { get; set; }

    /// <summary><c>trimmed</c> or <c>mean</c>.</summary>
    [YamlMember(Alias = "filter")]
    public string Filter { get; set; } = "trimmed";

    /// <summary>Share cut off at the low end, 0 ≤ x &lt; 0.5.</summary>
    [YamlMember(Alias = "trim_lower")]
    public double TrimLower { get; set; } = 0.1;

    /// <summary>Share cut off at the high end, 0 ≤ x &lt; 0.5.</summary>
    [YamlMember(Alias = "trim_upper")]
    public double TrimUpper { get; set; } = 0.1;

    /// <summary>Divide the solid angle out.</summary>
    [YamlMember(Alias = "solid_angle")]
    public bool SolidAngle { get; set; } = true;

    /// <summary>Polarisation factor to divide out, −1…1; none when absent.</summary>
    [YamlMember(Alias = "polarisation")]
    public double? Polarisation { get; set; }
}
