using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>roi.scan:</c> how the region-of-interest scan will be measured.</summary>
public sealed class RoiScanSection
{
    /// <summary>Order of the frames, as <c>scan.order</c>.</summary>
    [YamlMember(Alias = "order")]
    public string Order { get; set; } = "translation-fast";

    /// <summary>Subsets of an interlaced scan.</summary>
    [YamlMember(Alias = "subsets")]
    public int Subsets { get; set; } = 4;

    /// <summary>First angles of the subsets in their order in time, as <c>scan.subset_order</c>.</summary>
    [YamlMember(Alias = "subset_order")]
    public int[] SubsetOrder { get; set; } = [];

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
    public double Range_deg { get; set; } = 180;

    /// <summary>Frames per second.</summary>
    [YamlMember(Alias = "rate_Hz")]
    public double? Rate_Hz { get; set; }

    /// <summary>Time that a line takes besides its frames: turning round, the slow axis, s.</summary>
    [YamlMember(Alias = "line_overhead_s")]
    public double LineOverhead_s { get; set; }

    /// <summary>Number of slices.</summary>
    [YamlMember(Alias = "slices")]
    public int Slices { get; set; } = 1;

    /// <summary>Distance of two slices along the rotation axis, µm.</summary>
    [YamlMember(Alias = "slice_step_um")]
    public double? SliceStep_um { get; set; }
}
