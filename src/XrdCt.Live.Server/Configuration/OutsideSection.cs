using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>reconstruction.outside:</c> what is done about the sample beyond the field of view of a scan of a region of interest.</summary>
public sealed class OutsideSection
{
    /// <summary>
    /// <c>completion</c> (default where <c>scan.coarse</c> is given), <c>subtraction</c>, <c>extension</c> or <c>none</c> (default where it is not).
    /// </summary>
    [YamlMember(Alias = "mode")]
    public string? Mode { get; set; }

    /// <summary>x of this scan's rotation axis in the coarse slice, about, µm.</summary>
    [YamlMember(Alias = "x_um")]
    public double X_um { get; set; }

    /// <summary>y likewise, µm.</summary>
    [YamlMember(Alias = "y_um")]
    public double Y_um { get; set; }

    /// <summary>Whether the coarse scan counted while its translation was moving (<c>true</c>), or at points.</summary>
    [YamlMember(Alias = "coarse_moved")]
    public bool CoarseMoved { get; set; } = true;
}
