namespace XrdCt.Live.Model.Frames;

/// <summary>
/// Identity and time of one frame. It travels unchanged from the detector to the screen, so that the end-to-end
/// latency (now − <see cref="AcquiredAt"/>) is known at any point.
/// </summary>
public readonly record struct FrameHeader
{
    /// <summary>Series (one arming of the detector) that the frame belongs to.</summary>
    public required long SeriesId { get; init; }

    /// <summary>
    /// Index of the frame in its series, from 0; it decides the cell of the scan, never the order of arrival. Where one series holds the
    /// slices of a stack, it is the index in the slice once the frame was received.
    /// </summary>
    public required int Index { get; init; }

    /// <summary>End of the exposure on the detector's clock; the time of reception where the stream carries no time.</summary>
    public required DateTimeOffset AcquiredAt { get; init; }

    /// <summary>Beam monitor during the exposure, counts or any proportional unit; NaN where the stream carries none.</summary>
    public double Monitor { get; init; }

    /// <summary>
    /// Transmission of the sample during the exposure: beam after it over beam before it, relative to that without sample; null where the
    /// stream does not say.
    /// </summary>
    public double? Transmission { get; init; }

    /// <summary>Where the translation stood at the centre of the exposure, mm; null where the stream does not say.</summary>
    public double? Translation_mm { get; init; }

    /// <summary>Where the rotation stood at the centre of the exposure, degrees; null where the stream does not say.</summary>
    public double? Rotation_deg { get; init; }
}
