using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>geometry:</c> where the detector stands. Paths are relative to the configuration file.</summary>
public sealed class GeometrySection
{
    /// <summary>PONI file of pyFAI.</summary>
    [YamlMember(Alias = "poni")]
    public string? Poni { get; set; }

    /// <summary>Mask (EDF, NPY, TIFF), non-zero = masked; OR-ed with the gaps between the modules of a Pilatus.</summary>
    [YamlMember(Alias = "mask")]
    public string? Mask { get; set; }
}
