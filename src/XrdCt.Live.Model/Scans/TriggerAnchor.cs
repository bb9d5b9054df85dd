namespace XrdCt.Live.Model.Scans;

/// <summary>
/// Where in the window of a frame its position is told. A stage that moves while the detector counts has moved on by the end of the window,
/// and what the frame saw lies about its centre: half a step from the trigger, forward or backward as the stage went.
/// </summary>
public enum TriggerAnchor
{
    /// <summary>At the centre of the window, or the stage stood still.</summary>
    Centre,

    /// <summary>At the trigger that opened the window.</summary>
    Start,

    /// <summary>When the window closed.</summary>
    End,
}
