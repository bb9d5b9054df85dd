namespace XrdCt.Live.Compute.Integration;

/// <summary>A point of a pixel (its centre, one of its corners) in diffraction space.</summary>
/// <param name="TwoTheta_rad">Scattering angle 2θ, rad, 0…π.</param>
/// <param name="Azimuth_rad">Azimuth χ = atan2(t₁, t₂), rad, −π…π.</param>
/// <param name="R_m">Distance from the beam axis, m.</param>
/// <param name="CosIncidence">Cosine of the angle between the ray and the detector's normal.</param>
public readonly record struct PixelPosition(double TwoTheta_rad, double Azimuth_rad, double R_m, double CosIncidence)
{
    /// <summary>Relative solid angle of the pixel, <c>cos³</c> of the incidence angle; 1 at the point of normal incidence.</summary>
    public double SolidAngle => CosIncidence * CosIncidence * CosIncidence;

    /// <summary>
    /// Polarisation factor <c>½ (1 + cos²2θ − f cos 2χ (1 − cos²2θ))</c>, f = (I_h − I_v)/(I_h + I_v).
    /// </summary>
    /// <param name="factor">f, −1…1; about 0.95…0.99 at a synchrotron.</param>
    public double Polarisation(double factor)
    {
        double cos = Math.Cos(TwoTheta_rad);
        double cosSquared = cos * cos;
        return 0.5 * (1 + cosSquared - (factor * Math.Cos(2 * Azimuth_rad) * (1 - cosSquared)));
    }
}
