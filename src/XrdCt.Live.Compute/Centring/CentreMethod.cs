namespace XrdCt.Live.Compute.Centring;

/// <summary>How a centre of rotation was found.</summary>
public enum CentreMethod
{
    /// <summary>Projections from opposite sides, <see cref="PairCentre"/>.</summary>
    Pair,

    /// <summary>The centre of mass of the projections, <see cref="MassCentre"/>.</summary>
    Mass,

    /// <summary>Slices for a range of offsets, <see cref="SweepCentre"/>.</summary>
    Sweep,

    /// <summary>The coarse scan of the same sample on the same stages.</summary>
    CoarseScan,
}
