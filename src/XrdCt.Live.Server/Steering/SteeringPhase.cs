namespace XrdCt.Live.Server.Steering;

/// <summary>How far a place for the region-of-interest scan has come.</summary>
internal enum SteeringPhase
{
    /// <summary>There is no coarse scan yet.</summary>
    Waiting,

    /// <summary>The coarse scan is being measured: places are still sought, and nothing moves.</summary>
    Measuring,

    /// <summary>The coarse scan is saved: a place can be taken.</summary>
    Offered,

    /// <summary>A place was taken, and its moves wait to be confirmed.</summary>
    Proposed,

    /// <summary>The motors move.</summary>
    Moving,

    /// <summary>The place is on the axis, or people see to that: the next series is its scan.</summary>
    Ready,

    /// <summary>Its scan is being measured.</summary>
    Scanning,
}
