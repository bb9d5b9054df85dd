namespace XrdCt.Live.Gateway;

/// <summary>What became of an action whose call failed.</summary>
public enum TangoOutcome
{
    /// <summary>It was not done: refused, failed at the device, or never sent. Also of calls that change nothing.</summary>
    NotDone,

    /// <summary>No answer came: it may have been done, or may be done yet. Read where the device stands before anything else is tried.</summary>
    Unknown,

    /// <summary>It was done, and something of it could not be told: its result, or to the gateway's log.</summary>
    Done,
}
