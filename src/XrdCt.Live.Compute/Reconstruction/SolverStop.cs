namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>Why a solver left a bin.</summary>
public enum SolverStop
{
    /// <summary>All iterations were used.</summary>
    Iterations,

    /// <summary>The residual hardly fell any more, or no step lowers it.</summary>
    Settled,

    /// <summary>The residual is as large as the noise: further iterations would fit noise (Morozov's discrepancy principle).</summary>
    Discrepancy,

    /// <summary>No sample of the bin was measured: its slice is NaN.</summary>
    Unmeasured,

    /// <summary>All measured samples are 0: so is the slice.</summary>
    Empty,
}
