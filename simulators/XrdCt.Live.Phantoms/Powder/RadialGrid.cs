namespace XrdCt.Live.Phantoms.Powder;

/// <summary>Uniform bins in 2θ from 0.</summary>
/// <param name="BinCount">Number of bins.</param>
/// <param name="Limit_deg">Upper end of the last bin, degrees.</param>
public readonly record struct RadialGrid(int BinCount, double Limit_deg)
{
    /// <summary>Bin width, degrees.</summary>
    public double Width_deg => Limit_deg / BinCount;

    /// <summary>Centre of a bin, degrees.</summary>
    public double Centre_deg(int bin) => (bin + 0.5) * Width_deg;

    /// <summary>Bin of a scattering angle; the nearest one outside the range.</summary>
    public int BinOf(double twoTheta_deg) => Math.Clamp((int)(twoTheta_deg / Width_deg), 0, BinCount - 1);
}
