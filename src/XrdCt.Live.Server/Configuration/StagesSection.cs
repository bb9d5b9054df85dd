using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>stages:</c> the motors that bring a place of the sample onto the rotation axis, and the axis into the beam.</summary>
public sealed class StagesSection
{
    /// <summary>One of the two motors on top of the rotation.</summary>
    [YamlMember(Alias = "first")]
    public MotorSection? First { get; set; }

    /// <summary>The other.</summary>
    [YamlMember(Alias = "second")]
    public MotorSection? Second { get; set; }

    /// <summary>The translation under the rotation.</summary>
    [YamlMember(Alias = "translation")]
    public MotorSection? Translation { get; set; }

    /// <summary>Name of the rotation.</summary>
    [YamlMember(Alias = "rotation")]
    public string? Rotation { get; set; }

    /// <summary>Rotation at which the directions of the motors on top were found, degrees.</summary>
    [YamlMember(Alias = "calibrated_at_deg")]
    public double CalibratedAt_deg { get; set; }
}
