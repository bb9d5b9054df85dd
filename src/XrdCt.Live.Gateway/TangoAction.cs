namespace XrdCt.Live.Gateway;

/// <summary>A change to the beamline: a <see cref="StageMove"/> or a <see cref="TangoCommand"/>.</summary>
public abstract record TangoAction
{
    private protected TangoAction(string device, string member)
    {
        TangoAttribute.Check(device, "/._-", nameof(device));
        TangoAttribute.Check(member, "_", nameof(member));
        Device = device;
        Member = member;
    }

    /// <summary>Name of the device.</summary>
    public string Device { get; }

    /// <summary>Name of the attribute or command.</summary>
    public string Member { get; }

    /// <summary>What is written, or the argument; null for a command without one.</summary>
    public abstract double? Value { get; }

    /// <summary><c>DEVICE/MEMBER</c>.</summary>
    public string Name => $"{Device}/{Member}";
}
