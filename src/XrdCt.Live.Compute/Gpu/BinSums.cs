namespace XrdCt.Live.Compute.Gpu;

/// <summary>What comes down from the device per bin and frame; the fields of a <c>DiffractionPattern</c>.</summary>
internal struct BinSums
{
    /// <summary>Σ share · (counts − dark) over the kept pixels.</summary>
    public double Signal;

    /// <summary>Σ share² · variance over the kept pixels.</summary>
    public double Variance;

    /// <summary>Σ share · normalisation over the kept pixels.</summary>
    public double Normalisation;

    /// <summary>Σ (share · normalisation)² over the kept pixels.</summary>
    public double NormalisationSquared;

    /// <summary>Plain mean over all valid pixels; NaN without any.</summary>
    public float Mean;

    /// <summary>Kept pixels.</summary>
    public int Count;
}
