using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Ports;

/// <summary>What a detector says of a series before its first image; every part but the id may be absent.</summary>
public sealed record SeriesHeader
{
    /// <summary>Number of the series; rises with every arming of the detector.</summary>
    public required long SeriesId { get; init; }

    /// <summary>Unique name of the series, if any (a ULID in DECTRIS streams).</summary>
    public string? UniqueId { get; init; }

    /// <summary>Number of images that the detector will send, if it says so.</summary>
    public int? ImageCount { get; init; }

    /// <summary>Image size, if it says so.</summary>
    public ImageShape? Shape { get; init; }

    /// <summary>Photon energy, keV, if it says so.</summary>
    public double? Energy_keV { get; init; }

    /// <summary>Exposure plus dead time of one frame, if it says so.</summary>
    public TimeSpan? FramePeriod { get; init; }

    /// <summary>Detector's own name, if it says so.</summary>
    public string? Detector { get; init; }

    /// <summary>Sample to detector, m, if it says so.</summary>
    public double? Distance_m { get; init; }

    /// <summary>Whether the detector has divided its flat field out already, if it says so.</summary>
    public bool? FlatFieldApplied { get; init; }

    /// <summary>Pixel-wise tables that came with the header, unpacked when asked for; null if there are none or they were not kept.</summary>
    public ISeriesTables? Tables { get; init; }
}
