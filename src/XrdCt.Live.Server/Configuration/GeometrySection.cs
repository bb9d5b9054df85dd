using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>geometry:</c> where the detector stands. Paths are relative to the configuration file.</summary>
public sealed class GeometrySection
{
    /// <summary>PONI file of pyFAI.</summary>
    [YamlMember(Alias = "poni")]
    public string? Poni { get; set; }

    /// <summary>Mask (EDF, NPY, TIFF, CBF, HDF5), non-zero = masked; OR-ed with the detector's own.</summary>
    [YamlMember(Alias = "mask")]
    public string? Mask { get; set; }

    /// <summary>Flat field (the same formats), a factor of the normalisation.</summary>
    [YamlMember(Alias = "flat_field")]
    public string? FlatField { get; set; }

    /// <summary>Dark image (the same formats), counts, taken off each frame.</summary>
    [YamlMember(Alias = "dark")]
    public string? Dark { get; set; }
}
