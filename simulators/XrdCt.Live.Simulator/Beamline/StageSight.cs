namespace XrdCt.Live.Simulator.Beamline;

/// <summary>How a stage was seen.</summary>
/// <param name="Position">Where it was, in its unit.</param>
/// <param name="At">When, by the device's own stamp.</param>
/// <param name="WasMoving">Whether it was on its way at that time.</param>
/// <param name="IsAtRest">Whether it stood when the position was read.</param>
internal readonly record struct StageSight(double Position, DateTimeOffset At, bool WasMoving, bool IsAtRest);
