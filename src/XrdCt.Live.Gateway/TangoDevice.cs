namespace XrdCt.Live.Gateway;

/// <summary>A device as Tango describes it.</summary>
/// <param name="Name">Name that the gateway has for it.</param>
/// <param name="TangoName">DOMAIN/FAMILY/MEMBER.</param>
/// <param name="DeviceClass">Its class.</param>
/// <param name="Server">SERVER/INSTANCE.</param>
/// <param name="State">Its state.</param>
/// <param name="Status">Its status, for people.</param>
/// <param name="Attributes">Its attributes.</param>
/// <param name="Commands">Names of its commands.</param>
public sealed record TangoDevice(
    string Name,
    string TangoName,
    string DeviceClass,
    string Server,
    TangoState State,
    string Status,
    IReadOnlyList<TangoAttributeInfo> Attributes,
    IReadOnlyList<string> Commands);
