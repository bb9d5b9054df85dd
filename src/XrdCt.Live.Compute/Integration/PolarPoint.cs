namespace XrdCt.Live.Compute.Integration;

/// <summary>A point of the plane that a pattern's cells lie in.</summary>
/// <param name="Radial">Radial position, in the unit or the bins of the axis.</param>
/// <param name="Azimuth">Azimuth, in degrees or the sectors of the axis; NaN on the beam, which has none.</param>
internal readonly record struct PolarPoint(double Radial, double Azimuth);
