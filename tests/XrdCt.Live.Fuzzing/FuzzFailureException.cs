namespace XrdCt.Live.Fuzzing;

/// <summary>A case whose outcome is wrong; the message says how.</summary>
internal sealed class FuzzFailureException(string message) : Exception(message);
