using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>What the messages of one series say of it.</summary>
public sealed record SeriesInfo
{
    /// <summary>Number of the series.</summary>
    public required long SeriesId { get; init; }

    /// <summary>Unique name, a ULID.</summary>
    public required string UniqueId { get; init; }

    /// <summary>When the series was armed; the times of the images count from here.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>Number of images announced.</summary>
    public required int ImageCount { get; init; }

    /// <summary>Image size.</summary>
    public required ImageShape Shape { get; init; }

    /// <summary>Exposure plus dead time.</summary>
    public required TimeSpan FramePeriod { get; init; }

    /// <summary>Photon energy, keV.</summary>
    public required double Energy_keV { get; init; }

    /// <summary>Pixel size, m.</summary>
    public required double PixelSize_m { get; init; }

    /// <summary>Sample to detector, m.</summary>
    public required double Distance_m { get; init; }

    /// <summary>Beam centre along the columns (x) and rows (y), pixels.</summary>
    public required (double X_px, double Y_px) BeamCentre { get; init; }
}
