namespace XrdCt.Live.Server.Reconstruction;

/// <summary>How slices are made of projections.</summary>
internal enum SolverKind
{
    /// <summary>Filtered back projection.</summary>
    Fbp,

    /// <summary>Simultaneous iterative reconstruction technique.</summary>
    Sirt,

    /// <summary>Conjugate gradients for the least squares.</summary>
    Cgls,
}
