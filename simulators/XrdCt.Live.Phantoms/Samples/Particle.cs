namespace XrdCt.Live.Phantoms.Samples;

/// <summary>
/// One NMC particle in the slice: an outline <c>r(φ) = Radius · (1 + Ripple · cos(Lobes·φ + Phase))</c>.
/// </summary>
/// <param name="X_um">Centre, sample coordinate x, µm.</param>
/// <param name="Y_um">Centre, sample coordinate y, µm.</param>
/// <param name="Radius_um">Mean radius, µm.</param>
/// <param name="Ripple">Relative amplitude of the outline, dimensionless.</param>
/// <param name="Lobes">Number of lobes of the outline.</param>
/// <param name="Phase_rad">Phase of the outline, rad.</param>
/// <param name="RimFraction">Share of the rim population in it, 0…1.</param>
public sealed record Particle(
    double X_um,
    double Y_um,
    double Radius_um,
    double Ripple,
    int Lobes,
    double Phase_rad,
    double RimFraction)
{
    /// <summary>Largest distance of the outline from the centre, µm.</summary>
    public double Reach_um => Radius_um * (1 + Ripple);

    /// <summary>
    /// The particle at another height, in a column of equal spheres that lie one on another: the plane at <paramref name="z_um"/> cuts the one
    /// whose centre is nearest, at a distance d, in a circle of radius <c>√(Radius² − d²)</c>. So no particle is ever larger than here, none
    /// comes to overlap another, and the columns fall out of step with the height because their spheres differ.
    /// </summary>
    /// <param name="z_um">Height above this slice, µm.</param>
    /// <returns>Null where the plane meets two spheres of the column where they touch.</returns>
    public Particle? At(double z_um)
    {
        double off_um = Math.IEEERemainder(z_um, 2 * Radius_um);
        double squared = (Radius_um * Radius_um) - (off_um * off_um);
        return squared > 0 ? this with { Radius_um = Math.Sqrt(squared) } : null;
    }

    /// <summary>True where the point lies inside the outline.</summary>
    public bool Contains(double x_um, double y_um)
    {
        double dx = x_um - X_um;
        double dy = y_um - Y_um;
        double squared = (dx * dx) + (dy * dy);
        if (squared > Reach_um * Reach_um)
        {
            return false;
        }

        double outline = Radius_um * (1 + (Ripple * Math.Cos((Lobes * Math.Atan2(dy, dx)) + Phase_rad)));
        return squared <= outline * outline;
    }
}
