namespace XrdCt.Live.Phantoms.Powder;

/// <summary>
/// Pseudo-Voigt peak of unit area: η Lorentzian + (1 − η) Gaussian of one full width at half maximum.
/// </summary>
public static class PseudoVoigt
{
    private static readonly double GaussHeight = 2 * Math.Sqrt(Math.Log(2) / Math.PI);

    /// <summary>Height at an offset, in 1 / unit of the offset.</summary>
    /// <param name="offset">Distance from the peak.</param>
    /// <param name="fullWidth">Full width at half maximum, same unit, positive.</param>
    /// <param name="lorentzShare">η, 0…1.</param>
    public static double At(double offset, double fullWidth, double lorentzShare)
    {
        double u = 2 * offset / fullWidth;
        double gauss = GaussHeight / fullWidth * Math.Exp(-Math.Log(2) * u * u);
        double lorentz = 2 / (Math.PI * fullWidth * (1 + (u * u)));
        return (lorentzShare * lorentz) + ((1 - lorentzShare) * gauss);
    }
}
