namespace XrdCt.Live.Model.Ports;

/// <summary>Phases of a scan.</summary>
public enum ScanPhase
{
    /// <summary>Waiting for the detector's series header.</summary>
    Waiting,

    /// <summary>Frames are coming.</summary>
    Running,

    /// <summary>All frames are in; the result is being saved.</summary>
    Saving,

    /// <summary>Every cell measured and saved.</summary>
    Complete,

    /// <summary>Ended with cells missing, and saved: <see cref="LiveState.Message"/> says why.</summary>
    Incomplete,

    /// <summary>Ended by a failure; what was integrated is saved: <see cref="LiveState.Message"/> says why.</summary>
    Failed,
}
