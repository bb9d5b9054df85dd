using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>One image as it is to be sent: pixels already packed, and what is known of it.</summary>
public readonly record struct OutgoingImage
{
    /// <summary>Number of the image in its series, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Exposure.</summary>
    public required ImageTimes Times { get; init; }

    /// <summary>Image size, which a test may let differ from the series.</summary>
    public required ImageShape Shape { get; init; }

    /// <summary>Element type of the pixels.</summary>
    public required PixelType Type { get; init; }

    /// <summary>How the pixels are packed; a whole CBF file where a dialect carries files.</summary>
    public required PixelEncoding Encoding { get; init; }

    /// <summary>The packed pixels, of the first threshold where there are several.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The packed pixels of the further thresholds, in the order of <see cref="SeriesInfo.Channels"/>; null where there are none.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? MorePayloads { get; init; }

    /// <summary>MD5 of the plain pixels, 32 lower-case hexadecimal digits; null where nobody computed it.</summary>
    public string? PlainMd5 { get; init; }

    /// <summary>Beam monitor during the exposure; null or NaN to leave it out.</summary>
    public double? Monitor { get; init; }

    /// <summary>Transmission of the sample during the exposure; null or NaN to leave it out.</summary>
    public double? Transmission { get; init; }

    /// <summary>Where the translation stood, mm; null or NaN to leave it out.</summary>
    public double? Translation_mm { get; init; }

    /// <summary>Where the rotation stood, degrees; null or NaN to leave it out.</summary>
    public double? Rotation_deg { get; init; }

    /// <summary>The exposure in time.</summary>
    internal TimeSpan Duration => Times.Stop - Times.Start;

    /// <summary>The monitor, where there is one.</summary>
    internal bool HasMonitor => Monitor is { } value && !double.IsNaN(value);

    /// <summary>The transmission, where there is one.</summary>
    internal bool HasTransmission => Transmission is { } value && !double.IsNaN(value);

    /// <summary>The positions, where there are any.</summary>
    internal (double? Translation_mm, double? Rotation_deg) Positions => (Known(Translation_mm), Known(Rotation_deg));

    private static double? Known(double? value) => value is { } known && !double.IsNaN(known) ? known : null;
}
