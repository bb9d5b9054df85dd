namespace XrdCt.Live.Model.Geometry;

/// <summary>Photon energy and wavelength.</summary>
public static class PhotonEnergy
{
    /// <summary>h·c = 12.398 419 843 320 026 keV·Å (exact in the SI of 2019: h = 6.62607015e-34 J s, c = 299792458 m/s, e = 1.602176634e-19 C).</summary>
    public const double Hc_keV_A = 12.398419843320026;

    /// <summary>Energy of a wavelength, keV.</summary>
    /// <param name="wavelength_m">Wavelength, m, positive.</param>
    public static double FromWavelength_keV(double wavelength_m) => Hc_keV_A / (wavelength_m * 1e10);

    /// <summary>Wavelength of an energy, m.</summary>
    /// <param name="energy_keV">Energy, keV, positive.</param>
    public static double ToWavelength_m(double energy_keV) => Hc_keV_A / energy_keV * 1e-10;
}
