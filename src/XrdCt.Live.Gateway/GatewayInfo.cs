namespace XrdCt.Live.Gateway;

/// <summary>What a gateway is and lets happen.</summary>
/// <param name="Version">Version of the gateway.</param>
/// <param name="TangoVersion">Version of PyTango.</param>
/// <param name="TangoHost">Host and port of the Tango database; empty without one.</param>
/// <param name="LiveDevice">Name of the device that shows our results; empty where none is offered.</param>
/// <param name="Client">Whom our token belongs to.</param>
/// <param name="StartedAt">When it was started, UTC.</param>
/// <param name="Confirmation">How long a proposal can be confirmed.</param>
/// <param name="Permissions">What may be written or run through it.</param>
public sealed record GatewayInfo(
    string Version,
    string TangoVersion,
    string TangoHost,
    string LiveDevice,
    string Client,
    DateTimeOffset StartedAt,
    TimeSpan Confirmation,
    IReadOnlyList<TangoPermission> Permissions);
