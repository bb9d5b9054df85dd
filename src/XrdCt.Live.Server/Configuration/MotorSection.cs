using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary>A motor of <c>stages:</c>.</summary>
public sealed class MotorSection
{
    /// <summary>Its name in BLISS or SPEC.</summary>
    [YamlMember(Alias = "name")]
    public string? Name { get; set; }

    /// <summary>
    /// Where the sample moves in a displayed slice when the motor moves up: 0 right (+x), 90 down (+y), 180 left, 270 up, degrees. Of the translation: 0 where it and the scan's
    /// translations grow together, 180 where not.
    /// </summary>
    [YamlMember(Alias = "direction_deg")]
    public double? Direction_deg { get; set; }

    /// <summary>Lowest position that it may be sent to, mm.</summary>
    [YamlMember(Alias = "lowest_mm")]
    public double? Lowest_mm { get; set; }

    /// <summary>Highest position that it may be sent to, mm.</summary>
    [YamlMember(Alias = "highest_mm")]
    public double? Highest_mm { get; set; }

    /// <summary>How far before a target it goes first, to meet it always from the same side, µm; 0 where its controller does that.</summary>
    [YamlMember(Alias = "backlash_um")]
    public double Backlash_um { get; set; }

    /// <summary>Side from which targets are met: <c>below</c> (moving up) or <c>above</c>.</summary>
    [YamlMember(Alias = "approach")]
    public string Approach { get; set; } = "below";

    /// <summary>Speed, mm/s.</summary>
    [YamlMember(Alias = "speed_mm_s")]
    public double Speed_mm_s { get; set; } = 1;

    /// <summary>Where it was during the coarse scan, mm; plans say relative moves where it is not known.</summary>
    [YamlMember(Alias = "position_mm")]
    public double? Position_mm { get; set; }

    /// <summary>Tango device whose <c>Position</c> it is, as the gateway knows it.</summary>
    [YamlMember(Alias = "device")]
    public string? Device { get; set; }

    /// <summary>Unit of that position, mm: 0.001 of a stage that counts in µm.</summary>
    [YamlMember(Alias = "device_unit_mm")]
    public double DeviceUnit_mm { get; set; } = 1;
}
