namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>How an iterative solver goes on, and when it stops.</summary>
public sealed record SolverOptions
{
    /// <summary>Iterations at most, at least 1. Default 50.</summary>
    public int Iterations { get; init; } = 50;

    /// <summary>Whether values below 0 are forbidden. Default false: differences and backgrounds may be negative.</summary>
    public bool IsNonNegative { get; init; }

    /// <summary>
    /// Pixels that may hold something, [y, x], N² values; all of the circle where absent (default). The others are held at 0: a known empty
    /// place is worth as much as further angles.
    /// </summary>
    public IReadOnlyList<bool>? Mask { get; init; }

    /// <summary>Relaxation λ of SIRT, between 0 and 2 (both excluded). Default 1. Conjugate gradients choose their own steps.</summary>
    public double Relaxation { get; init; } = 1;

    /// <summary>
    /// A bin stops where an iteration (of conjugate gradients without negative values: a cycle) lowers its residual norm by no more than this
    /// share, 0…1. Default 0: it goes on.
    /// </summary>
    public double LeastChange { get; init; }
}
