namespace XrdCt.Live.Server;

/// <summary>Something the user can put right: one sentence that names the file, key or value, and the remedy.</summary>
internal sealed class UserException : Exception
{
    public UserException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>2 for wrong use (command line, configuration), 1 for what failed on the way.</summary>
    public int ExitCode { get; init; } = 1;

    public static UserException WrongUse(string message, Exception? inner = null) => new(message, inner) { ExitCode = 2 };
}
