namespace XrdCt.Live.Model.Stages;

/// <summary>A linear motor of the sample's stages.</summary>
/// <param name="Name">Its name in the beamline's control system.</param>
public sealed record StageMotor(string Name)
{
    /// <summary>
    /// Direction in which the sample moves when the motor moves up, in sample coordinates: from +x towards +y (90: down a displayed slice), degrees. Of a motor
    /// under the rotation: 0 where the beam then meets higher translations of the scan plan, 180 where it meets lower ones.
    /// </summary>
    public double Direction_deg { get; init; }

    /// <summary>Lowest position that it may be sent to, mm.</summary>
    public double Lowest_mm { get; init; } = double.NegativeInfinity;

    /// <summary>Highest position that it may be sent to, mm.</summary>
    public double Highest_mm { get; init; } = double.PositiveInfinity;

    /// <summary>
    /// How far before a target it goes first, to meet it always from the same side, µm; 0 where its controller does that. Also where it comes from that side already: a
    /// list of moves need not be followed in its order.
    /// </summary>
    public double Backlash_um { get; init; }

    /// <summary>Whether targets are met moving up.</summary>
    public bool ApproachesUp { get; init; } = true;

    /// <summary>Speed, mm/s.</summary>
    public double Speed_mm_s { get; init; } = 1;

    /// <summary>Where it is, mm; null where that is not known.</summary>
    public double? Position_mm { get; init; }

    /// <summary>Tango device whose <c>Position</c> it is; null for none.</summary>
    public string? Device { get; init; }

    /// <summary>Unit of that position, mm: 0.001 of a stage that counts in µm; negative where it counts the other way. Finite, not 0.</summary>
    public double DeviceUnit_mm { get; init; } = 1;

    /// <summary>A move by a distance from where it is, mm.</summary>
    public MotorMove MoveBy(double distance_mm) => new(this, distance_mm, Backlash_um == 0 ? 0 : (ApproachesUp ? -1 : 1) * Backlash_um / 1000);
}
