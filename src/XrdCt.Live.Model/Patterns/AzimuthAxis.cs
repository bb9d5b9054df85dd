namespace XrdCt.Live.Model.Patterns;

/// <summary>
/// Uniform azimuthal sectors of a 2D pattern ("cake"): sector k spans <c>[Lower + k·Step, Lower + (k+1)·Step)</c>, its centre is at
/// <c>k + ½</c>. χ = atan2(vertical, horizontal), degrees; an axis that runs across ±180° goes on beyond 180°.
/// </summary>
public sealed class AzimuthAxis
{
    private readonly double[] _centres_deg;

    /// <summary>Makes the axis.</summary>
    /// <param name="lower_deg">Lower edge of the first sector, degrees.</param>
    /// <param name="upper_deg">Upper edge of the last sector, degrees.</param>
    /// <param name="sectorCount">Number of sectors, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">No sectors, or an upper edge not above the lower one.</exception>
    public AzimuthAxis(double lower_deg, double upper_deg, int sectorCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sectorCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(upper_deg, lower_deg);
        Lower_deg = lower_deg;
        Step_deg = (upper_deg - lower_deg) / sectorCount;
        _centres_deg = new double[sectorCount];
        for (int k = 0; k < sectorCount; k++)
        {
            _centres_deg[k] = lower_deg + ((k + 0.5) * Step_deg);
        }
    }

    /// <summary>Lower edge of the first sector, degrees.</summary>
    public double Lower_deg { get; }

    /// <summary>Width of a sector, degrees.</summary>
    public double Step_deg { get; }

    /// <summary>Number of sectors.</summary>
    public int SectorCount => _centres_deg.Length;

    /// <summary>Centres of the sectors, degrees, length <see cref="SectorCount"/>.</summary>
    public ReadOnlySpan<double> Centres_deg => _centres_deg;
}
