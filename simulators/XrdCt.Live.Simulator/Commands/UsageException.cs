namespace XrdCt.Live.Simulator.Commands;

/// <summary>The command line asks for something that cannot be: exit code 2.</summary>
internal sealed class UsageException(string message, Exception? cause = null) : Exception(message, cause);
