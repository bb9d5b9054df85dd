namespace XrdCt.Live.Phantoms;

/// <summary>The photons of the simulated beamline.</summary>
public static class XRay
{
    /// <summary>Photon energy of the electrode experiments at ID15A, keV.</summary>
    public const double Energy_keV = 50;

    /// <summary>h·c in keV·Å (CODATA 2018, exact in the SI of 2019 up to rounding).</summary>
    public const double PlanckTimesLight_keVA = 12.398419843;

    /// <summary>Wavelength <c>λ = hc / E</c>, Å.</summary>
    public static double Wavelength_A(double energy_keV) => PlanckTimesLight_keVA / energy_keV;
}
