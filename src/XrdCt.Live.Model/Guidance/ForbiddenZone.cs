namespace XrdCt.Live.Model.Guidance;

/// <summary>A disc that no field of view may touch.</summary>
/// <param name="X_um">Centre, sample coordinate x, µm.</param>
/// <param name="Y_um">Centre, sample coordinate y, µm.</param>
/// <param name="Radius_um">Radius, µm, not negative: 0 keeps fields of view off a point.</param>
public sealed record ForbiddenZone(double X_um, double Y_um, double Radius_um);
