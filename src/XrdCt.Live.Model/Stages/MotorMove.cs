using System.Globalization;

namespace XrdCt.Live.Model.Stages;

/// <summary>A move of a motor.</summary>
/// <param name="Motor">The motor, and where it is.</param>
/// <param name="By_mm">By how much, mm.</param>
/// <param name="Beyond_mm">Where it goes first, from the target, to meet that from the right side, mm; 0 where its controller sees to that.</param>
public sealed record MotorMove(StageMotor Motor, double By_mm, double Beyond_mm)
{
    /// <summary>Target, mm; null where the motor's position is not known.</summary>
    public double? To_mm => Motor.Position_mm + By_mm;

    /// <summary>Place that is gone to first, mm; null where there is none, or the motor's position is not known.</summary>
    public double? Via_mm => Beyond_mm == 0 ? null : To_mm + Beyond_mm;

    /// <summary>Time that it takes at the motor's speed, s.</summary>
    public double Duration_s => (Math.Abs(By_mm + Beyond_mm) + Math.Abs(Beyond_mm)) / Motor.Speed_mm_s;

    /// <summary>Whether target and way are within the motor's limits, or its position is not known.</summary>
    public bool IsWithinLimits => IsWithin(To_mm) && IsWithin(Via_mm);

    /// <summary>Why it must not be made, as a sentence; null where nothing is in its way that is known.</summary>
    public string? Obstacle
    {
        get
        {
            double? place_mm = !IsWithin(To_mm) ? To_mm : Via_mm;
            return !IsWithinLimits
                ? string.Create(CultureInfo.InvariantCulture, $"{Motor.Name} would go to {place_mm:F4} mm, beyond its limits {Motor.Lowest_mm:G6} to {Motor.Highest_mm:G6} mm")
                : null;
        }
    }

    private bool IsWithin(double? place_mm) => place_mm is not { } place || (place >= Motor.Lowest_mm && place <= Motor.Highest_mm);
}
