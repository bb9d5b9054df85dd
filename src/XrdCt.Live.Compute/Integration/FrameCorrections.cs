namespace XrdCt.Live.Compute.Integration;

/// <summary>Images that correct every frame, row-major, one value per pixel of the detector; each may be absent (empty).</summary>
public sealed record FrameCorrections
{
    /// <summary>No corrections.</summary>
    public static FrameCorrections None { get; } = new();

    /// <summary>
    /// Flat field, a factor of the normalisation as in pyFAI; pixels where it is not above 0, or not finite, do not count.
    /// </summary>
    public ReadOnlyMemory<float> FlatField { get; init; }

    /// <summary>Dark current, counts, taken off each frame; pixels where it is not finite do not count.</summary>
    public ReadOnlyMemory<float> Dark { get; init; }
}
