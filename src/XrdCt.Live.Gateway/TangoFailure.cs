namespace XrdCt.Live.Gateway;

/// <summary>Why a call to the gateway failed.</summary>
public enum TangoFailure
{
    /// <summary>The gateway cannot be reached, or did not answer in time; <see cref="TangoException.Outcome"/> tells whether a move may have happened all the same.</summary>
    Unavailable,

    /// <summary>The gateway does not know the token.</summary>
    Unauthenticated,

    /// <summary>The action is not permitted, is outside its limits, or lacks its confirmation.</summary>
    Refused,

    /// <summary>The device refused, failed or did not answer the gateway: Tango's reason is in the message.</summary>
    Device,

    /// <summary>The request cannot be answered as it is: an unknown device, too much at once, an answer that is none.</summary>
    Request,
}
