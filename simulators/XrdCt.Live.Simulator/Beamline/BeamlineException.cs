namespace XrdCt.Live.Simulator.Beamline;

/// <summary>The beamline that a scan is driven on does not do what it should; the message is one sentence.</summary>
/// <param name="message">What it does not do.</param>
/// <param name="cause">Why, where that is known.</param>
public sealed class BeamlineException(string message, Exception? cause = null) : Exception(message, cause);
