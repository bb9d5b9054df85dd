namespace XrdCt.Live.Compute.Simd;

/// <summary>
/// Where keys can lie at all. Counts are whole, so the keys count / normalisation of a bin form clusters as narrow as its normalisations are
/// alike, with nothing between them; a search that knows it does not feel its way through the gaps.
/// </summary>
/// <param name="Smallest">Smallest 1 / normalisation of the bin.</param>
/// <param name="Largest">Largest 1 / normalisation of the bin.</param>
internal readonly record struct KeyLattice(float Smallest, float Largest)
{
    /// <summary>The cluster of a key, or the one next to it; −1 where clusters overlap.</summary>
    public int Cluster(int key)
    {
        float cluster = MathF.Round(2 * BitConverter.Int32BitsToSingle(key) / (Smallest + Largest));
        return (cluster + 2) * (Largest - Smallest) < Smallest ? (int)cluster : -1;
    }

    /// <summary>Smallest key of a cluster.</summary>
    public int Start(int cluster) => BitConverter.SingleToInt32Bits(cluster * Smallest);

    /// <summary>End of the keys of a cluster.</summary>
    public int End(int cluster) => BitConverter.SingleToInt32Bits(cluster * Largest) + 1;
}
