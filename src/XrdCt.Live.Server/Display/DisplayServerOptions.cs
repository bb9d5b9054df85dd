using System.Net;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Server.Steering;

namespace XrdCt.Live.Server.Display;

/// <summary>Where and to whom the live page is served.</summary>
public sealed record DisplayServerOptions
{
    /// <summary>
    /// Address to listen on. Loopback by default: the page has no login, so opening it to a network is a decision.
    /// </summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>TCP port; 0 for any free one.</summary>
    public int Port { get; init; }

    /// <summary>
    /// Names, besides the loopback ones and <see cref="Address"/>, under which browsers may ask for the page. Others
    /// are refused, so that no foreign web page can reach this server under a name of its own (DNS rebinding).
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Most pages at a time; a control room has a handful of screens.</summary>
    public int MaxClients { get; init; } = 32;

    /// <summary>The scan whose reconstruction can be changed; gives null where none is.</summary>
    public Func<IReconstructionControl?> Reconstruction { get; init; } = () => null;

    /// <summary>Brings places of the coarse scan onto the axis; null where no region-of-interest scan is told.</summary>
    internal RoiSteering? Steering { get; init; }

    /// <summary>The scan whose forbidden zones can be changed; gives null where none is.</summary>
    public Func<IZoneControl?> Zones { get; init; } = () => null;

    /// <summary>
    /// Whether pages and programs may change the reconstruction and the forbidden zones, and take places. Null (default) for where <see cref="Address"/> is loopback: who reaches it is
    /// on this machine.
    /// </summary>
    public bool? Control { get; init; }

    /// <summary>What <see cref="Control"/> comes to.</summary>
    public bool MayControl => Control ?? IPAddress.IsLoopback(Address);

    /// <summary>Folder of the built page.</summary>
    public string WebRoot { get; init; } = Path.Combine(AppContext.BaseDirectory, "wwwroot");

    /// <summary>How often a silent page is pinged.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a page may leave a ping unanswered, or a message unread, before it counts as dead and is dropped.
    /// </summary>
    public TimeSpan DeadAfter { get; init; } = TimeSpan.FromSeconds(20);
}
