using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Model.Sinograms;

/// <summary>What is known of a sinogram in a file besides its intensities: the axes, the monitor, and where it comes from.</summary>
public sealed record SinogramHeader
{
    /// <summary>Angle of each rotation, degrees, in the order of the file.</summary>
    public required double[] Angles_deg { get; init; }

    /// <summary>Position of each translation, µm, in the order of the file; as the stage counts, so 0 need not be the rotation axis.</summary>
    public required double[] Translations_um { get; init; }

    /// <summary>Centre of each radial bin in <see cref="Unit"/>; 0, 1, 2… where the file does not say.</summary>
    public required double[] Radial { get; init; }

    /// <summary>Unit of <see cref="Radial"/>; null where these are channel numbers, or a quantity that is not known here.</summary>
    public RadialUnit? Unit { get; init; }

    /// <summary>Monitor per cell as it came, [rotation, translation], any unit, NaN where unknown; null where the file has none.</summary>
    public float[]? Monitor { get; init; }

    /// <summary>Photon energy, keV; null where the file does not say.</summary>
    public double? Energy_keV { get; init; }

    /// <summary>Which slice of a stack it is; null where the file does not say.</summary>
    public StackSlice? Slice { get; init; }

    /// <summary>Name of the scan, for people; may be empty.</summary>
    public string Title { get; init; } = "";

    /// <summary>File, dataset and layout that it was read from, for people.</summary>
    public string Origin { get; init; } = "";

    /// <summary>Program that made the file, with its version; empty where the file does not say.</summary>
    public string Program { get; init; } = "";

    /// <summary>Number of rotations.</summary>
    public int RotationCount => Angles_deg.Length;

    /// <summary>Number of translations.</summary>
    public int TranslationCount => Translations_um.Length;

    /// <summary>Number of radial bins.</summary>
    public int BinCount => Radial.Length;

    /// <summary>Number of cells, rotations times translations.</summary>
    public int CellCount => RotationCount * TranslationCount;
}
