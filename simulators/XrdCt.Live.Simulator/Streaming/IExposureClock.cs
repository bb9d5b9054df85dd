using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Simulator.Beamline;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>Says when the frames of a series are exposed. Used by one thread at a time.</summary>
public interface IExposureClock
{
    /// <summary>The start message was taken: exposures can begin.</summary>
    /// <returns>The date that they are counted from.</returns>
    DateTimeOffset Arm();

    /// <summary>Waits until the exposure of a frame is over.</summary>
    /// <param name="index">The frame.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>When it was, from the date on.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="BeamlineException">It cannot be exposed.</exception>
    ImageTimes WaitFor(int index, CancellationToken cancellation);
}
