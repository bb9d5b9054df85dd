namespace XrdCt.Live.Gateway;

/// <summary>What a device told of an attribute.</summary>
public sealed record TangoReading
{
    /// <summary>The attribute.</summary>
    public required TangoAttribute Attribute { get; init; }

    /// <summary>The value; null where there is none (<see cref="Error"/>, or an invalid quality).</summary>
    public TangoValue? Value { get; init; }

    /// <summary>What was last asked for, of attributes that can be written; null otherwise.</summary>
    public TangoValue? SetValue { get; init; }

    /// <summary>What the device thinks of the value.</summary>
    public TangoQuality Quality { get; init; }

    /// <summary>When the device read it, UTC; null where it could not be read.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Why it could not be read, Tango's reason and description in one sentence; null where it could.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the device told it by itself (a change event) rather than being asked.</summary>
    public bool IsEvent { get; init; }

    /// <summary>
    /// Whether the value is an old one: since it came the gateway fell silent, or the device could not be read, or nothing has come for too long.
    /// </summary>
    public bool IsStale { get; init; }
}
