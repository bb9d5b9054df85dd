namespace XrdCt.Live.Model.Ports;

/// <summary>Keeps the result of a scan.</summary>
public interface IScanStore
{
    /// <summary>Saves a scan, durably; an existing file is never overwritten and never left half-written under its final name.</summary>
    /// <param name="scan">The scan.</param>
    /// <returns>Full path of the file.</returns>
    /// <exception cref="IOException">The file cannot be written; the message names the path and the remedy.</exception>
    string Save(ScanRecord scan);
}
