namespace XrdCt.Live.Gateway;

/// <summary>How a Tango device stands (DevState).</summary>
public enum TangoState
{
    /// <summary>Not told.</summary>
    Untold,

    /// <summary>Ready.</summary>
    On,

    /// <summary>Switched off.</summary>
    Off,

    /// <summary>Closed (a shutter, a valve).</summary>
    Close,

    /// <summary>Open.</summary>
    Open,

    /// <summary>In the beam.</summary>
    Insert,

    /// <summary>Out of the beam.</summary>
    Extract,

    /// <summary>On its way.</summary>
    Moving,

    /// <summary>Waiting.</summary>
    Standby,

    /// <summary>Broken.</summary>
    Fault,

    /// <summary>Starting.</summary>
    Init,

    /// <summary>At work.</summary>
    Running,

    /// <summary>Something is out of its limits.</summary>
    Alarm,

    /// <summary>Locked.</summary>
    Disable,

    /// <summary>It cannot be told.</summary>
    Unknown,
}
