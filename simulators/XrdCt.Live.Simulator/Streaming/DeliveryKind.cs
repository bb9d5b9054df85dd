namespace XrdCt.Live.Simulator.Streaming;

/// <summary>Kinds of <see cref="Delivery"/>.</summary>
public enum DeliveryKind
{
    /// <summary>The frame as it should be.</summary>
    Good,

    /// <summary>The packed pixels end half-way.</summary>
    Truncated,

    /// <summary>The upper half of the image only.</summary>
    WrongSize,

    /// <summary>One bit of the packed pixels is wrong.</summary>
    Flipped,
}
