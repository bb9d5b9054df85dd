namespace XrdCt.Live.Gateway;

/// <summary>An attribute of a Tango device. Tango does not tell upper from lower case, and neither do these names.</summary>
public readonly record struct TangoAttribute
{
    private const int LongestName = 255;

    /// <summary>Names an attribute.</summary>
    /// <param name="device">Name of the device in the gateway's configuration, or, with a database, DOMAIN/FAMILY/MEMBER.</param>
    /// <param name="name">Name of the attribute.</param>
    /// <exception cref="ArgumentException">A name is empty, longer than 255 letters or holds something that no name holds.</exception>
    public TangoAttribute(string device, string name)
    {
        Check(device, "/._-", nameof(device));
        Check(name, "_", nameof(name));
        Device = device;
        Name = name;
    }

    /// <summary>Name of the device.</summary>
    public string Device { get; }

    /// <summary>Name of the attribute.</summary>
    public string Name { get; }

    /// <summary>Reads <c>DEVICE/ATTRIBUTE</c>; the attribute is what follows the last slash.</summary>
    /// <exception cref="ArgumentException">The text is none.</exception>
    public static TangoAttribute Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int slash = text.LastIndexOf('/');
        return slash > 0
            ? new TangoAttribute(text[..slash], text[(slash + 1)..])
            : throw new ArgumentException($"'{text}' is not of the form DEVICE/ATTRIBUTE", nameof(text));
    }

    /// <summary>Whether both are the same attribute.</summary>
    public bool Equals(TangoAttribute other) =>
        string.Equals(Device, other.Device, StringComparison.OrdinalIgnoreCase) && string.Equals(Name, other.Name, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(
        Device?.GetHashCode(StringComparison.OrdinalIgnoreCase), Name?.GetHashCode(StringComparison.OrdinalIgnoreCase));

    /// <summary><c>DEVICE/ATTRIBUTE</c>.</summary>
    public override string ToString() => $"{Device}/{Name}";

    internal static void Check(string name, string more, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, parameter);
        if (name.Length > LongestName || !name.All(c => char.IsAsciiLetterOrDigit(c) || more.Contains(c)))
        {
            throw new ArgumentException($"'{name[..Math.Min(name.Length, LongestName)]}' is no name in Tango", parameter);
        }
    }
}
