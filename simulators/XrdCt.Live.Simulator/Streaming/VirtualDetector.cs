using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Phantoms.Detector;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>What the simulated detector says of itself.</summary>
public static class VirtualDetector
{
    /// <summary>Its description in the messages; number, date, size and times of a series are still to be filled in.</summary>
    /// <param name="geometry">Geometry; its wavelength must be given.</param>
    /// <exception cref="ArgumentException">The geometry has no wavelength.</exception>
    public static SeriesInfo Describe(DetectorGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        double wavelength_m = geometry.Wavelength_m
            ?? throw new ArgumentException("the geometry has no wavelength, which the header needs", nameof(geometry));

        // The direct beam hits where 2θ is 0.
        (double row, double column) = new PixelGeometry(geometry).Project(0, 0);
        return new SeriesInfo
        {
            SeriesId = 0,
            UniqueId = "",
            Date = default,
            ImageCount = 0,
            Shape = geometry.Shape,
            Type = PixelType.Int32,
            FramePeriod = TimeSpan.Zero,
            Energy_keV = Phantoms.XRay.PlanckTimesLight_keVA / (wavelength_m * 1e10),
            PixelSize_m = geometry.PixelSize1_m,
            Distance_m = geometry.Distance_m,
            BeamCentre = (column + 0.5, row + 0.5),
            Detector = "PILATUS3 X CdTe 2M (simulated)",
            DetectorNumber = "SIM-0001",
            SensorMaterial = "CdTe",
            SensorThickness_m = 0.001,
            CountCutoff = 1_048_575,
        };
    }
}
