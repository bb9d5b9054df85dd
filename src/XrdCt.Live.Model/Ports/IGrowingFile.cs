namespace XrdCt.Live.Model.Ports;

/// <summary>
/// A file with the layout of the result that others may open and read while the scan runs, at any moment and whatever becomes of this
/// process. Used by one thread at a time. It is there to be looked at: what is safe stands in the journal.
/// </summary>
public interface IGrowingFile : IDisposable
{
    /// <summary>Full path of the file; null while there is none.</summary>
    string? Path { get; }

    /// <summary>
    /// Brings all but the cells to how the scan stands. Makes the file, with empty cells, at the first call, and anew where what it has no
    /// place for has come up since: another order of the plan, the header of the series, positions.
    /// </summary>
    /// <param name="scan">The scan as it stands. Of its sinogram only plan and bins, of monitor and positions nothing but their being there is
    /// looked at: they may be written to meanwhile, and come through <see cref="Write"/>.</param>
    /// <param name="cancel">Ends the making of a file, which takes seconds where it is large.</param>
    /// <returns>Whether the file is a new one, so that every cell is to be written.</returns>
    /// <exception cref="IOException">It cannot be written; the message names the path and the reason.</exception>
    /// <exception cref="OperationCanceledException">There was no file and none was made.</exception>
    bool Show(ScanRecord scan, CancellationToken cancel);

    /// <summary>Writes a cell, in any order and as often as it changes; allocates nothing.</summary>
    /// <param name="cell">The cell; lent for the call.</param>
    /// <exception cref="IOException">It cannot be written; the message names the path and the reason.</exception>
    /// <exception cref="InvalidOperationException">There is no file yet.</exception>
    void Write(PlacedCell cell);

    /// <summary>The result is there, or this file is given up: removes it, or what another process left of it; where there is none, nothing.</summary>
    /// <exception cref="IOException">It cannot be removed; the message names the path.</exception>
    void Remove();
}
