namespace XrdCt.Live.Gateway;

/// <summary>Which attributes tell where the stages stand and how bright the beam is.</summary>
public sealed record TangoReadingsOptions
{
    /// <summary>The translation, mm; null where not told.</summary>
    public TangoQuantity? Translation { get; init; }

    /// <summary>The rotation, degrees; null where not told.</summary>
    public TangoQuantity? Rotation { get; init; }

    /// <summary>The beam monitor; null where not told.</summary>
    public TangoQuantity? Monitor { get; init; }

    /// <summary>The transmission of the sample; null where not told.</summary>
    public TangoQuantity? Transmission { get; init; }

    /// <summary>
    /// An attribute that told nothing for so long is read: a stage that stands tells nothing by itself, and frames between two readings farther
    /// apart than <see cref="Model.Readings.ReadingRule.LargestGap"/> find no value. Default 0.2 s.
    /// </summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(0.2);
}
