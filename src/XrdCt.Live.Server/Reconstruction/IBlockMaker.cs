using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>Makes the slices of a block of bins from its projections. Not thread-safe: one per thread.</summary>
internal interface IBlockMaker : IDisposable
{
    /// <summary>Whether unmeasured cells must be bridged before.</summary>
    bool NeedsBridges { get; }

    /// <summary>Makes the slices.</summary>
    /// <param name="block">Number of the block, from 0 for the first bin that is reconstructed.</param>
    /// <param name="projections">[rotation, sample, <see cref="BinBlock.Width"/>].</param>
    /// <param name="isPresent">Which rotations were measured.</param>
    /// <param name="slices">Receives [y, x, <see cref="BinBlock.Width"/>]; NaN outside the circle that all projections see.</param>
    /// <returns>How an iterative solver converged; null for a direct one.</returns>
    SolverConvergence? Make(int block, ReadOnlyMemory<float> projections, ReadOnlySpan<bool> isPresent, Memory<float> slices);
}
