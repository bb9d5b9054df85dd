namespace XrdCt.Live.Model.Ports;

/// <summary>
/// The reconstructed pattern of any voxel, while the scan runs. Bins are brought up to date a block after the other: while a correction or the axis
/// has just changed, a pattern may be of two states. Thread-safe.
/// </summary>
public interface IVoxelPatterns
{
    /// <summary>Number of radial bins.</summary>
    int BinCount { get; }

    /// <summary>Reads the pattern of a voxel.</summary>
    /// <param name="row">Row of the slice, y.</param>
    /// <param name="column">Column of the slice, x.</param>
    /// <param name="pattern">Receives <see cref="BinCount"/> intensities; NaN outside the circle that all projections see, and before the first
    /// of them.</param>
    /// <returns>False where there is no such voxel.</returns>
    bool TryRead(int row, int column, Span<float> pattern);
}
