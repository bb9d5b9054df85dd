using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>What the messages of one series say of it. What is null is left out of them, where the dialect allows.</summary>
public sealed record SeriesInfo
{
    /// <summary>Number of the series.</summary>
    public required long SeriesId { get; init; }

    /// <summary>Unique name, a ULID.</summary>
    public required string UniqueId { get; init; }

    /// <summary>When the series was armed; the times of the images count from here.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>Number of images announced, those of all triggers.</summary>
    public required int ImageCount { get; init; }

    /// <summary>Triggers that the images are divided among; divides <see cref="ImageCount"/>.</summary>
    public int TriggerCount { get; init; } = 1;

    /// <summary>What starts the images: <c>ints</c>, <c>inte</c>, <c>exts</c> or <c>exte</c>.</summary>
    public string TriggerMode { get; init; } = "ints";

    /// <summary>Image size.</summary>
    public required ImageShape Shape { get; init; }

    /// <summary>Element type of the pixels.</summary>
    public PixelType Type { get; init; } = PixelType.Int32;

    /// <summary>How the pixels are packed.</summary>
    public PixelEncoding Encoding { get; init; } = PixelEncoding.BitshuffleLz4;

    /// <summary>Exposure plus dead time.</summary>
    public required TimeSpan FramePeriod { get; init; }

    /// <summary>Exposure of one image; null where it is the whole period.</summary>
    public TimeSpan? Exposure { get; init; }

    /// <summary>Photon energy, keV.</summary>
    public required double Energy_keV { get; init; }

    /// <summary>Pixel size, m.</summary>
    public required double PixelSize_m { get; init; }

    /// <summary>Sample to detector, m.</summary>
    public required double Distance_m { get; init; }

    /// <summary>Beam centre along the columns (x) and rows (y), pixels.</summary>
    public required (double X_px, double Y_px) BeamCentre { get; init; }

    /// <summary>Detector, such as <c>PILATUS3 X CdTe 2M</c>.</summary>
    public string? Detector { get; init; }

    /// <summary>Serial number of the detector.</summary>
    public string? DetectorNumber { get; init; }

    /// <summary>Material of the sensor, such as <c>CdTe</c>.</summary>
    public string? SensorMaterial { get; init; }

    /// <summary>Thickness of the sensor, m.</summary>
    public double? SensorThickness_m { get; init; }

    /// <summary>Largest count that a pixel can hold.</summary>
    public int? CountCutoff { get; init; }

    /// <summary>Energy thresholds: an image per threshold, in this order. One at half the photon energy if not given.</summary>
    public IReadOnlyList<ThresholdChannel>? Channels { get; init; }

    /// <summary>How much the header of a DECTRIS dialect says.</summary>
    public HeaderDetail HeaderDetail { get; init; } = HeaderDetail.Basic;

    /// <summary>Pixel-wise tables, sent with <see cref="HeaderDetail.All"/>.</summary>
    public HeaderTables? Tables { get; init; }

    /// <summary>Text that a DECTRIS dialect adds to the header.</summary>
    public string? HeaderAppendix { get; init; }

    /// <summary>Text that a DECTRIS dialect adds to every image.</summary>
    public string? ImageAppendix { get; init; }

    /// <summary>File that a receiver should write; empty for none.</summary>
    public string FileName { get; init; } = "";

    /// <summary>The thresholds, also where none are named.</summary>
    internal IReadOnlyList<ThresholdChannel> ChannelsOrDefault =>
        Channels ?? [new ThresholdChannel(ThresholdChannel.UsualName, Energy_keV / 2)];
}
