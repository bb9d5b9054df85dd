namespace XrdCt.Live.Compute.Gpu;

/// <summary>How a bin is sigma-clipped.</summary>
internal struct ClipRule
{
    /// <summary>Pixels farther than this from the mean are dropped, standard deviations.</summary>
    public double Threshold_sigma;

    /// <summary>Rounds at most; 0 leaves the plain mean.</summary>
    public int Rounds;

    /// <summary>1 where the deviation that clips is the scatter of the pixels, 0 where it is Poisson's.</summary>
    public int ClipsByScatter;

    /// <summary>Entries of a bin that fit the group's shared memory; those beyond are fetched from the frame again each time.</summary>
    public int CacheLength;
}
