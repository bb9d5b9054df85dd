using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>corrections:</c> what is corrected in the sinogram; the raw one stays as it is.</summary>
public sealed class CorrectionsSection
{
    /// <summary>What takes decay and top-ups out: <c>monitor</c>, <c>air</c>, <c>constant-total</c> or <c>none</c>; the monitor when left out.</summary>
    [YamlMember(Alias = "beam")]
    public string? Beam { get; set; }

    /// <summary>Divide by the transmission where frames carry one.</summary>
    [YamlMember(Alias = "transmission")]
    public bool Transmission { get; set; } = true;

    /// <summary>Take off what is scattered outside the sample, where the scan reaches beyond it.</summary>
    [YamlMember(Alias = "air")]
    public bool Air { get; set; } = true;

    /// <summary>Dead and hot lines: <c>none</c>, <c>flag</c> or <c>interpolate</c>.</summary>
    [YamlMember(Alias = "lines")]
    public string Lines { get; set; } = "flag";

    /// <summary>Flag cells in which large crystallites reflect; where there is a live channel of the spottiness when left out.</summary>
    [YamlMember(Alias = "spotty")]
    public bool? Spotty { get; set; }
}
