namespace XrdCt.Live.Model.Patterns;

/// <summary>Unit of the radial axis of a pattern.</summary>
public enum RadialUnit
{
    /// <summary>Scattering angle 2θ, degrees.</summary>
    TwoTheta_deg,

    /// <summary>Momentum transfer q = 4π sin θ / λ, Å⁻¹.</summary>
    Q_invA,

    /// <summary>Momentum transfer q, nm⁻¹.</summary>
    Q_invnm,

    /// <summary>Distance of the pixel from the beam axis, mm.</summary>
    R_mm,

    /// <summary>Lattice spacing d = 2π / q, Å.</summary>
    D_A,

    /// <summary>Scattering angle 2θ, rad.</summary>
    TwoTheta_rad,
}
