namespace XrdCt.Live.Simulator.Commands;

/// <summary>The command line asks for something that cannot be: exit code 2.</summary>
internal sealed class UsageException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The same sentence without the name of a parameter, which .NET adds and means nothing on a command line.</summary>
    public static UsageException From(ArgumentException e) => new(e.Message.Split(" (Parameter", 2)[0], e);
}
