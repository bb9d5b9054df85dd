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

    /// <summary>The packed pixels.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Beam monitor during the exposure; NaN to leave it out.</summary>
    public double Monitor { get; init; }

    /// <summary>Where the translation stood, mm; NaN to leave it out.</summary>
    public double Translation_mm { get; init; }

    /// <summary>Where the rotation stood, degrees; NaN to leave it out.</summary>
    public double Rotation_deg { get; init; }
}
