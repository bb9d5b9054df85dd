namespace XrdCt.Live.Phantoms.Samples;

/// <summary>A reflection of one crystal: it lights up around one rotation angle, at one place on its ring.</summary>
/// <param name="Spacing_A">Lattice spacing d, Å.</param>
/// <param name="Azimuth_rad">Place on the ring, rad, as χ = atan2(vertical, horizontal).</param>
/// <param name="Rotation_deg">Sample rotation at which it is strongest, degrees in [0, 360).</param>
/// <param name="Mosaic_deg">Standard deviation of the rocking curve, degrees.</param>
/// <param name="AzimuthDrift">Movement along the ring per rotation off the maximum, rad per degree.</param>
/// <param name="PeakCounts">Counts in the brightest pixel at the maximum, at full beam current.</param>
/// <param name="Width_px">Standard deviation of the spot, pixels.</param>
public sealed record GrainReflection(
    double Spacing_A,
    double Azimuth_rad,
    double Rotation_deg,
    double Mosaic_deg,
    double AzimuthDrift,
    double PeakCounts,
    double Width_px);
