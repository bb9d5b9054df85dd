namespace XrdCt.Live.Gateway;

/// <summary>Why a call to the gateway failed.</summary>
public enum TangoFailure
{
    /// <summary>The gateway cannot be reached, or did not answer in time. Of a move nothing is known then: read the position.</summary>
    Unavailable,

    /// <summary>The gateway does not know the token.</summary>
    Unauthenticated,

    /// <summary>The action is not permitted, is outside its limits, or lacks its confirmation.</summary>
    Refused,

    /// <summary>The device refused or failed: Tango's reason is in the message.</summary>
    Device,

    /// <summary>The request cannot be answered as it is: an unknown device, too much at once, an answer that is none.</summary>
    Request,
}
