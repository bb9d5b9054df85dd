using System.Globalization;

namespace XrdCt.Live.Model.Stages;

/// <summary>A move of a motor.</summary>
/// <param name="Motor">The motor, and where it is.</param>
/// <param name="By_mm">By how much, mm.</param>
/// <param name="Beyond_mm">How much farther it goes first, to come back against its backlash, mm; 0 where it comes from the right side.</param>
public sealed record MotorMove(StageMotor Motor, double By_mm, double Beyond_mm)
{
    /// <summary>Target, mm; null where the motor's position is not known.</summary>
    public double? To_mm => Motor.Position_mm + By_mm;

    /// <summary>Place that is gone to first, mm; null where there is none, or the motor's position is not known.</summary>
    public double? Via_mm => Beyond_mm == 0 ? null : To_mm + Beyond_mm;

    /// <summary>Time that it takes at the motor's speed, s.</summary>
    public double Duration_s => (Math.Abs(By_mm + Beyond_mm) + Math.Abs(Beyond_mm)) / Motor.Speed_mm_s;

    /// <summary>Why it must not be made, as a sentence; null where nothing is in its way that is known.</summary>
    public string? Obstacle
    {
        get
        {
            double? farthest_mm = new[] { To_mm, Via_mm }.FirstOrDefault(p => p < Motor.Lowest_mm || p > Motor.Highest_mm);
            return farthest_mm is { } place_mm
                ? string.Create(CultureInfo.InvariantCulture, $"{Motor.Name} would go to {place_mm:F4} mm, beyond its limits {Motor.Lowest_mm:G6} to {Motor.Highest_mm:G6} mm")
                : null;
        }
    }
}
