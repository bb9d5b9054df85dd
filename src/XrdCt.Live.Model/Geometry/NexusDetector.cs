using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Geometry;

/// <summary>A detector as pyFAI's HDF5 file describes it (<c>detector.save(…)</c>): what a calibration of its very pixels found.</summary>
public sealed record NexusDetector
{
    /// <summary>Name of its group, for people.</summary>
    public required string Name { get; init; }

    /// <summary>Image size.</summary>
    public required ImageShape Shape { get; init; }

    /// <summary>Pixel size along axis 1 (rows), m.</summary>
    public required double PixelSize1_m { get; init; }

    /// <summary>Pixel size along axis 2 (columns), m.</summary>
    public required double PixelSize2_m { get; init; }

    /// <summary>Orientation; null where the file does not say.</summary>
    public DetectorOrientation? Orientation { get; init; }

    /// <summary>Corners of each pixel; null where the pixels are a regular grid.</summary>
    public PixelCorners? Corners { get; init; }

    /// <summary>Pixels that never count, those without a place among them; null for none.</summary>
    public PixelMask? Mask { get; init; }

    /// <summary>Flat field, row-major; empty for none.</summary>
    public ReadOnlyMemory<float> FlatField { get; init; }

    /// <summary>Dark current, counts, row-major; empty for none.</summary>
    public ReadOnlyMemory<float> Dark { get; init; }
}
