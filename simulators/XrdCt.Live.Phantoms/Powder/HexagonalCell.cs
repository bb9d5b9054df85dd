namespace XrdCt.Live.Phantoms.Powder;

/// <summary>Hexagonal unit cell.</summary>
/// <param name="A_A">Cell edge a, Å.</param>
/// <param name="C_A">Cell edge c, Å.</param>
public readonly record struct HexagonalCell(double A_A, double C_A)
{
    /// <summary>Pristine NMC 111 (Daemi et al. 2020).</summary>
    public static HexagonalCell PristineNmc { get; } = new(2.856, 14.221);

    /// <summary>
    /// The population near the rim of the phantom: a −0.2 %, c +0.3 %, the direction in which delithiation moves the
    /// cell, so that lattice maps have something to show.
    /// </summary>
    public static HexagonalCell RimNmc { get; } = new(2.850, 14.262);

    /// <summary>Cell volume <c>√3/2 · a² · c</c>, Å³.</summary>
    public double Volume_A3 => Math.Sqrt(3) / 2 * A_A * A_A * C_A;

    /// <summary>Lattice spacing <c>1/d² = 4/3 (h² + hk + k²)/a² + l²/c²</c>, Å.</summary>
    public double Spacing_A(int h, int k, int l)
    {
        double inverseSquared = (4.0 / 3 * ((h * h) + (h * k) + (k * k)) / (A_A * A_A)) + (l * l / (C_A * C_A));
        return 1 / Math.Sqrt(inverseSquared);
    }
}
