using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Model.Slices;

/// <summary>What is known of a reconstructed volume besides its values: a square slice, [y, x], for each radial bin.</summary>
public sealed record VolumeHeader
{
    /// <summary>Pixels along x and along y; the rotation axis is the pixel <c>Size / 2</c>.</summary>
    public required int Size { get; init; }

    /// <summary>Pixel size, µm.</summary>
    public required double PixelSize_um { get; init; }

    /// <summary>Centre of each radial bin in <see cref="Unit"/>; channel numbers where that is null.</summary>
    public required double[] Radial { get; init; }

    /// <summary>Unit of <see cref="Radial"/>; null where these are channel numbers.</summary>
    public RadialUnit? Unit { get; init; }

    /// <summary>Photon energy, keV; null where it is not known.</summary>
    public double? Energy_keV { get; init; }

    /// <summary>Which slice of a stack it is; null where it is none, or not known.</summary>
    public StackSlice? Slice { get; init; }

    /// <summary>Name of the scan, for people; may be empty.</summary>
    public string Title { get; init; } = "";

    /// <summary>File and dataset of the sinogram, for people.</summary>
    public string Origin { get; init; } = "";

    /// <summary>How it was made, and what was found on the way.</summary>
    public IReadOnlyList<VolumeParameter> Parameters { get; init; } = [];

    /// <summary>How it was freed from what lies outside the field of view; null for a scan of the whole sample.</summary>
    public RoiFindings? Outside { get; init; }

    /// <summary>Numbers that are known at the end only: how far the slices can be trusted.</summary>
    public IReadOnlyList<(string Name, string Units)> Findings { get; init; } = [];

    /// <summary>Whether the noise of the mean over the bins is known at the end.</summary>
    public bool HasNoise { get; init; }

    /// <summary>Number of radial bins.</summary>
    public int BinCount => Radial.Length;

    /// <summary>Number of pixels of a slice.</summary>
    public int PixelCount => Size * Size;

    /// <summary>Sample coordinate of a pixel column (x) or row (y), µm.</summary>
    public double Position_um(int pixel) => (pixel - (Size / 2)) * PixelSize_um;
}
