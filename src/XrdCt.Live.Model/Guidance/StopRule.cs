namespace XrdCt.Live.Model.Guidance;

/// <summary>
/// When the coarse scan may stop: the best place has not moved by more than <see cref="Movement_px"/> for <see cref="Updates"/> updates, the score is
/// within <see cref="Tolerance"/> with 95 % confidence, and no wedge of angles is missing.
/// </summary>
public sealed record StopRule
{
    /// <summary>Updates N that the place must have stood still for, at least 1.</summary>
    public int Updates { get; init; } = 5;

    /// <summary>
    /// Share of the planned projections that makes an update: looks at the slice that are nearer to each other see the same projections and
    /// would agree for that alone.
    /// </summary>
    public double LeastProgress { get; init; } = 0.02;

    /// <summary>How far the place may have moved, coarse pixels.</summary>
    public double Movement_px { get; init; } = 1;

    /// <summary>What another place must have more of score than the one that was best, to take its place.</summary>
    public double LeastGain { get; init; } = 0.01;

    /// <summary>Share of the score that 1.96 σ must stay below.</summary>
    public double Tolerance { get; init; } = 0.05;
}
