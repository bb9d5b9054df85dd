namespace XrdCt.Live.Simulator.Simplon;

/// <summary>A request that the detector refuses: HTTP status 404 (no such thing) or 400 (bad value or moment).</summary>
internal sealed class SimplonException(int status, string message) : Exception(message)
{
    /// <summary>HTTP status.</summary>
    public int Status => status;
}
