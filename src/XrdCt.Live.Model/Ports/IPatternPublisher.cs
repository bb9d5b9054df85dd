namespace XrdCt.Live.Model.Ports;

/// <summary>
/// Whoever passes every single pattern on, without loss; <see cref="ILiveDisplay"/> is for those who want the newest only. Calls come from
/// one thread at a time, once per cell, in the order of placing.
/// </summary>
public interface IPatternPublisher
{
    /// <summary>
    /// Takes a pattern. Returns at once (what is lent is copied), allocates nothing after warm-up, and never throws because
    /// nobody listens: it stands in the way of the frames.
    /// </summary>
    /// <param name="pattern">The pattern.</param>
    void Publish(in PlacedPattern pattern);
}
