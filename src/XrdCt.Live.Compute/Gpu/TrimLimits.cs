namespace XrdCt.Live.Compute.Gpu;

/// <summary>Between which shares of a bin's normalisation pixels are kept.</summary>
internal struct TrimLimits
{
    /// <summary>Share of the normalisation that is cut at the low end, q_low.</summary>
    public double Low;

    /// <summary>1 − the share that is cut at the high end, q_high.</summary>
    public double High;

    /// <summary>1 where the two pixels at the limits count with the share of them that lies inside, 0 for whole pixels.</summary>
    public int IsExact;

    /// <summary>Entries of a bin that fit the group's shared memory; those beyond are fetched from the frame again each time.</summary>
    public int CacheLength;
}
