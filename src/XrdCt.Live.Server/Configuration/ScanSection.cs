using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>scan:</c> which frame is which position.</summary>
public sealed class ScanSection
{
    /// <summary>
    /// <c>translation-fast</c>, <c>rotation-fast</c>, <c>interlaced</c>, <c>bit-reversed</c> or <c>golden</c>, each with <c>-zigzag</c> where
    /// every other line runs backwards, or <c>continuous-rotation</c> or <c>positions</c>.
    /// </summary>
    [YamlMember(Alias = "order")]
    public string? Order { get; set; }

    /// <summary>Subsets of an interlaced scan.</summary>
    [YamlMember(Alias = "subsets")]
    public int Subsets { get; set; } = 4;

    /// <summary>First angles of the subsets of an interlaced scan, in their order in time; bit-reversed (0, 2, 1, 3) when left out.</summary>
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
    public double? Range_deg { get; set; }

    /// <summary>Whether the last rotation is at the end of the range (0 to 180° inclusive) instead of one step before it.</summary>
    [YamlMember(Alias = "includes_end")]
    public bool IncludesEnd { get; set; }

    /// <summary>Where in the window of a frame its position is told: <c>centre</c>, <c>start</c> (the trigger) or <c>end</c>.</summary>
    [YamlMember(Alias = "anchor")]
    public string Anchor { get; set; } = "centre";

    /// <summary>
    /// Result of the coarse scan that this region of interest was found in: where it has the rotation axis, this scan has it too where its
    /// own data cannot tell.
    /// </summary>
    [YamlMember(Alias = "coarse")]
    public string? Coarse { get; set; }

    /// <summary>Number of slices: the scan is measured so many times, each at another height of the sample.</summary>
    [YamlMember(Alias = "slices")]
    public int Slices { get; set; } = 1;

    /// <summary>Distance of two slices along the rotation axis, µm; negative where the sample moves down. Needed for more than one.</summary>
    [YamlMember(Alias = "slice_step_um")]
    public double? SliceStep_um { get; set; }

    /// <summary>Height of the first slice, µm; 0 when left out.</summary>
    [YamlMember(Alias = "slice_start_um")]
    public double? SliceStart_um { get; set; }

    /// <summary>
    /// How the slices come: <c>each</c> as a series of its own, all in <c>one</c> series, or <c>auto</c>: the header's number of images tells,
    /// or, where there is none, frames beyond the cells of a slice.
    /// </summary>
    [YamlMember(Alias = "slice_series")]
    public string SliceSeries { get; set; } = "auto";

    /// <summary>Divide by the beam monitor where the stream carries one: <c>corrections.beam</c>, <c>monitor</c> or <c>none</c>, by its older name.</summary>
    [YamlMember(Alias = "normalise_to_monitor")]
    public bool? NormaliseToMonitor { get; set; }
}
