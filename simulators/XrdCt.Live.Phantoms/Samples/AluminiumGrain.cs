namespace XrdCt.Live.Phantoms.Samples;

/// <summary>One crystal of the foil: where it lies and at which rotations it diffracts.</summary>
/// <param name="X_um">Centre, sample coordinate x, µm.</param>
/// <param name="Y_um">Centre, sample coordinate y, µm.</param>
/// <param name="Size_um">Diameter, µm.</param>
/// <param name="Reflections">Its Bragg events during a full turn.</param>
public sealed record AluminiumGrain(
    double X_um,
    double Y_um,
    double Size_um,
    IReadOnlyList<GrainReflection> Reflections);
