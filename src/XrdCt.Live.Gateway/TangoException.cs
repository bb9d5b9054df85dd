namespace XrdCt.Live.Gateway;

/// <summary>A call to the gateway that failed; the message is one sentence that says why.</summary>
public sealed class TangoException : Exception
{
    /// <summary>A failed call.</summary>
    public TangoException(TangoFailure failure, string message, Exception? inner = null)
        : base(message, inner)
    {
        Failure = failure;
    }

    /// <summary>Why it failed.</summary>
    public TangoFailure Failure { get; }

    /// <summary>What became of the action, of a confirmation or a command; <see cref="TangoOutcome.NotDone"/> of all other calls.</summary>
    public TangoOutcome Outcome { get; init; }
}
