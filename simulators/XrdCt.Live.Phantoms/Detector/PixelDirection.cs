namespace XrdCt.Live.Phantoms.Detector;

/// <summary>Direction of a pixel seen from the sample.</summary>
/// <param name="TwoTheta_rad">Scattering angle, rad.</param>
/// <param name="Azimuth_rad">χ = atan2(vertical, horizontal), rad.</param>
/// <param name="CosIncidence">Cosine of the angle of incidence on the detector.</param>
public readonly record struct PixelDirection(double TwoTheta_rad, double Azimuth_rad, double CosIncidence)
{
    /// <summary>Relative solid angle <c>cos³ α</c>.</summary>
    public double SolidAngle => CosIncidence * CosIncidence * CosIncidence;

    /// <summary>
    /// Polarisation factor <c>P = ½ (1 + cos² 2θ − f cos 2χ (1 − cos² 2θ))</c>.
    /// </summary>
    /// <param name="factor">f = (I_h − I_v) / (I_h + I_v), −1…1.</param>
    public double Polarisation(double factor)
    {
        double cos = Math.Cos(TwoTheta_rad);
        double cosSquared = cos * cos;
        return 0.5 * (1 + cosSquared - (factor * Math.Cos(2 * Azimuth_rad) * (1 - cosSquared)));
    }
}
