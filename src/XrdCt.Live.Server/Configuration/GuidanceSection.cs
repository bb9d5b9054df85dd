using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>guidance:</c> what a good place for a region-of-interest scan is, and when the coarse scan may stop.</summary>
public sealed class GuidanceSection
{
    /// <summary>How many places are suggested.</summary>
    [YamlMember(Alias = "count")]
    public int Count { get; set; } = 3;

    /// <summary>
    /// Weights of the terms by name: <c>material</c>, <c>uniformity</c>, <c>edge</c>, <c>in_field</c>, <c>cupping</c>, <c>spottiness</c>,
    /// <c>cell_volume</c>. What is left out keeps its default.
    /// </summary>
    [YamlMember(Alias = "weights")]
    public Dictionary<string, double> Weights { get; set; } = [];

    /// <summary>Further channels whose phases must be in it, with their weights.</summary>
    [YamlMember(Alias = "phases")]
    public Dictionary<string, double> Phases { get; set; } = [];

    /// <summary>Distance beyond the field of view at which an edge is far enough, µm; half of its radius when absent.</summary>
    [YamlMember(Alias = "edge_margin_um")]
    public double? EdgeMargin_um { get; set; }

    /// <summary>Radius of the discs that local means are taken over, µm.</summary>
    [YamlMember(Alias = "local_radius_um")]
    public double LocalRadius_um { get; set; } = 30;

    /// <summary>Discs that no field of view may touch: <c>[x, y, radius]</c> each, µm.</summary>
    [YamlMember(Alias = "forbidden_um")]
    public List<double[]> Forbidden_um { get; set; } = [];

    /// <summary>Places that the stages reach: <c>[lowest x, highest x, lowest y, highest y]</c>, µm; everywhere when absent.</summary>
    [YamlMember(Alias = "reach_um")]
    public double[]? Reach_um { get; set; }

    /// <summary>Updates that the place must have stood still for before the coarse scan may stop.</summary>
    [YamlMember(Alias = "stop_updates")]
    public int StopUpdates { get; set; } = 5;
}
