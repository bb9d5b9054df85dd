using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Share of the photons that a sensor absorbs, relative to normal incidence: <c>(1 − exp(−µ t / cos α)) / (1 − exp(−µ t))</c>, α the angle of
/// incidence, t the thickness. From 1 at the point of normal incidence it grows with the path of the ray through the sensor.
/// </summary>
/// <remarks>Lambert and Beer's law along the ray; µ is photoelectric absorption, of <see cref="SensorMaterial"/>.</remarks>
internal sealed class SensorEfficiency
{
    private readonly double _opticalThickness;

    /// <summary>Takes the sensor and the energy of a geometry.</summary>
    /// <exception cref="ArgumentException">The material or energy is not tabulated, or the thickness not above 0.</exception>
    /// <exception cref="InvalidOperationException">The geometry lacks the sensor or the wavelength.</exception>
    public SensorEfficiency(DetectorGeometry geometry)
    {
        SensorLayer sensor = geometry.Sensor ?? throw new InvalidOperationException(
            "sensor absorption needs the sensor, and the geometry file has none: add \"sensor\": {\"material\": …, \"thickness\": …} to its Detector_config");
        double wavelength_m = geometry.Wavelength_m ?? throw new InvalidOperationException(
            "sensor absorption needs the wavelength, and the geometry file has none: add \"Wavelength: …\" (in m) to the PONI file");
        if (!(sensor.Thickness_m > 0 && double.IsFinite(sensor.Thickness_m)))
        {
            throw new ArgumentException($"the sensor's thickness must be above 0 m, not {sensor.Thickness_m}", nameof(geometry));
        }

        double energy_keV = PhotonEnergy.FromWavelength_keV(wavelength_m);
        _opticalThickness = SensorMaterial.Of(sensor.Material).Absorption_invm(energy_keV) * sensor.Thickness_m;
    }

    /// <summary>Efficiency relative to normal incidence, at least 1.</summary>
    /// <param name="cosIncidence">Cosine of the angle of incidence, above 0, at most 1.</param>
    public double At(double cosIncidence) => (1 - Math.Exp(-_opticalThickness / cosIncidence)) / (1 - Math.Exp(-_opticalThickness));
}
