using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Geometry;

/// <summary>
/// Where the detector stands, in pyFAI's convention (PONI: point of normal incidence). Axis 1 is slow (rows), axis 2
/// fast (columns), axis 3 along the beam; pixel (row, column) has its centre at (row + 0.5, column + 0.5) pixels;
/// rotations 1 and 2 are left-handed, rotation 3 right-handed. Lengths in metres and angles in radians, as in the
/// PONI file, so that no digit is lost.
/// </summary>
/// <remarks>Source: pyFAI, <see href="https://doi.org/10.1107/S1600576715004306"/>, section 2.</remarks>
public sealed record DetectorGeometry
{
    /// <summary>Detector name in the file, for people.</summary>
    public string Detector { get; init; } = "Detector";

    /// <summary>Image size.</summary>
    public required ImageShape Shape { get; init; }

    /// <summary>Pixel size along axis 1 (rows), m.</summary>
    public required double PixelSize1_m { get; init; }

    /// <summary>Pixel size along axis 2 (columns), m.</summary>
    public required double PixelSize2_m { get; init; }

    /// <summary>Distance from the sample to the point of normal incidence, m.</summary>
    public required double Distance_m { get; init; }

    /// <summary>Point of normal incidence along axis 1, m.</summary>
    public required double Poni1_m { get; init; }

    /// <summary>Point of normal incidence along axis 2, m.</summary>
    public required double Poni2_m { get; init; }

    /// <summary>First rotation (around axis 1), rad.</summary>
    public double Rot1_rad { get; init; }

    /// <summary>Second rotation (around axis 2), rad.</summary>
    public double Rot2_rad { get; init; }

    /// <summary>Third rotation (around the beam), rad.</summary>
    public double Rot3_rad { get; init; }

    /// <summary>Wavelength, m; null where the file does not give it (then only 2θ and r can be computed).</summary>
    public double? Wavelength_m { get; init; }

    /// <summary>Which corner of the detector the image begins in. Default <see cref="DetectorOrientation.BottomRight"/>, as pyFAI.</summary>
    public DetectorOrientation Orientation { get; init; } = DetectorOrientation.BottomRight;

    /// <summary>Corners of each pixel, of the size of <see cref="Shape"/>; null where pixels are a regular grid of the pixel sizes above.</summary>
    /// <remarks>Only with <see cref="DetectorOrientation.BottomRight"/>: corners say themselves where each pixel is.</remarks>
    public PixelCorners? Corners { get; init; }

    /// <summary>What stops the photons; null where the file does not say.</summary>
    public SensorLayer? Sensor { get; init; }
}
