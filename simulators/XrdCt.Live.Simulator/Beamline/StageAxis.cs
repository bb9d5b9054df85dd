using XrdCt.Live.Gateway;

namespace XrdCt.Live.Simulator.Beamline;

/// <summary>An axis of the simulated beamline (<c>simulators/tango</c>), and how far and how fast it goes.</summary>
/// <param name="Device">Its name in the gateway's configuration.</param>
/// <param name="Unit">Unit of its positions.</param>
/// <param name="Lower">Lower end of its range.</param>
/// <param name="Upper">Upper end of its range.</param>
/// <param name="Slowest">Least velocity, units per second.</param>
/// <param name="Fastest">Largest velocity, units per second.</param>
internal sealed record StageAxis(string Device, string Unit, double Lower, double Upper, double Slowest, double Fastest)
{
    /// <summary>The translation across the beam, mm.</summary>
    public static StageAxis Translation { get; } = new("translation", "mm", -10, 10, 0.001, 20);

    /// <summary>The rotation, degrees.</summary>
    public static StageAxis Rotation { get; } = new("rotation", "deg", -180, 540, 0.01, 360);

    /// <summary>Where it is; writing it moves the stage.</summary>
    public TangoAttribute Position => new(Device, "Position");

    /// <summary>Velocity of its next move.</summary>
    public TangoAttribute Velocity => new(Device, "Velocity");

    /// <summary>MOVING, or ON or ALARM where it stands.</summary>
    public TangoAttribute State => new(Device, "State");

    /// <summary>Stops it where it is.</summary>
    public TangoCommand Stop => new(Device, "Stop");

    /// <summary>What a scan may do with it.</summary>
    public IReadOnlyList<TangoPermission> Permissions =>
    [
        new(Device, Position.Name, IsCommand: false, Lower, Upper),
        new(Device, Velocity.Name, IsCommand: false, Slowest, Fastest),
        new(Device, Stop.Member, IsCommand: true, null, null) { IsConfirmed = false },
    ];
}
