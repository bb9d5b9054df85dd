namespace XrdCt.Live.Simulator.Beamline;

/// <summary>When a stage that runs at constant velocity is where: from one reading of its position, with the device's own stamp.</summary>
/// <param name="At">The stamp.</param>
/// <param name="Position">Where the stage was then.</param>
/// <param name="Velocity">Its velocity, units per second; negative towards lower positions, never 0.</param>
internal sealed record LineTiming(DateTimeOffset At, double Position, double Velocity)
{
    /// <summary>When the stage is somewhere, to 0.1 µs.</summary>
    public DateTimeOffset TimeAt(double position) => At + TimeSpan.FromSeconds((position - Position) / Velocity);

    /// <summary>How much later than it should the stage was where another reading saw it; negative where it was early.</summary>
    public TimeSpan DelayOf(DateTimeOffset at, double position) => at - TimeAt(position);
}
