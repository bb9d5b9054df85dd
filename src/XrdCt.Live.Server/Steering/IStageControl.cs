namespace XrdCt.Live.Server.Steering;

/// <summary>The two motors on top of the rotation, as a control system moves them. All positions are those of the motors, mm, the first one's first.</summary>
internal interface IStageControl
{
    /// <summary>Where the motors stand.</summary>
    /// <exception cref="SteeringException">A motor does not answer.</exception>
    Task<IReadOnlyList<double>> ReadAsync(CancellationToken stop);

    /// <summary>Has a step judged by everybody who may refuse it; nothing moves.</summary>
    /// <param name="to_mm">Where both motors go at a time.</param>
    /// <param name="by">The operator.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="SteeringException">It is refused, or somebody does not answer.</exception>
    Task<StageStep> ProposeAsync(IReadOnlyList<double> to_mm, string by, CancellationToken stop);

    /// <summary>Makes a step that was judged, once: both motors start, and both have arrived when this returns. Cancelled, it stops them.</summary>
    /// <param name="step">The step.</param>
    /// <param name="by">The operator who confirms.</param>
    /// <param name="stopper">Says who stopped them, once <paramref name="stop"/> is cancelled.</param>
    /// <param name="stop">Stops the motors.</param>
    /// <exception cref="SteeringException">It is refused, a motor does not arrive, or it was stopped: both were stopped then, or the message says which could not be.</exception>
    Task MoveAsync(StageStep step, string by, Func<string> stopper, CancellationToken stop);

    /// <summary>Puts into the log of moves that somebody was refused before anything was proposed.</summary>
    /// <param name="by">Who says to be asking.</param>
    /// <param name="reason">Why.</param>
    void LogRefusal(string by, string reason);
}
