namespace XrdCt.Live.Server.Steering;

/// <summary>A place that cannot be gone to; the message is one sentence that says why.</summary>
internal sealed class SteeringException : Exception
{
    public SteeringException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
