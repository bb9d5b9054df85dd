namespace XrdCt.Live.Phantoms.Powder;

/// <summary>
/// Layered LiNi⅓Mn⅓Co⅓O₂, space group R-3m (hexagonal axes): transition metals on 3a (0, 0, 0), lithium on 3b (0, 0,
/// ½), oxygen on 6c (0, 0, ±z).
/// </summary>
public static class LayeredOxide
{
    /// <summary>Oxygen coordinate z, fraction of c: the M–O layer is 2.1 Å thick, the Li–O layer 2.6 Å.</summary>
    public const double OxygenZ = 0.2585;

    // Mean of nickel (28), manganese (25) and cobalt (27).
    private const double MetalElectrons = 80.0 / 3;
    private const double OxygenElectrons = 8;
    private const double LithiumElectrons = 3;

    // Isotropic displacement B, Å²: typical room-temperature values of such oxides.
    private const double MetalB_A2 = 0.4;
    private const double OxygenB_A2 = 0.8;
    private const double LithiumB_A2 = 1.2;

    /// <summary>Rhombohedral centring, obverse setting: only <c>−h + k + l = 3n</c> reflects.</summary>
    public static bool IsAllowed(int h, int k, int l) => (-h + k + l) % 3 == 0;

    /// <summary>
    /// Structure factor <c>F = 3 [f_M + f_Li cos(π l) + 2 f_O cos(2π l z)]</c>, real, electrons per cell; 0 where the
    /// centring forbids the reflection.
    /// </summary>
    /// <param name="h">Miller index h.</param>
    /// <param name="k">Miller index k.</param>
    /// <param name="l">Miller index l.</param>
    /// <param name="spacing_A">Lattice spacing of (hkl), Å.</param>
    public static double StructureFactor(int h, int k, int l, double spacing_A)
    {
        if (!IsAllowed(h, k, l))
        {
            return 0;
        }

        double q_invA = 2 * Math.PI / spacing_A;
        double s2 = 1 / (4 * spacing_A * spacing_A);
        double metal = AtomicFormFactor.At(MetalElectrons, q_invA) * Math.Exp(-MetalB_A2 * s2);
        double oxygen = AtomicFormFactor.At(OxygenElectrons, q_invA) * Math.Exp(-OxygenB_A2 * s2);
        double lithium = AtomicFormFactor.At(LithiumElectrons, q_invA) * Math.Exp(-LithiumB_A2 * s2);
        double sign = (l & 1) == 0 ? 1 : -1;
        return 3 * (metal + (sign * lithium) + (2 * oxygen * Math.Cos(2 * Math.PI * l * OxygenZ)));
    }

    /// <summary>All rings up to a scattering angle, by angle.</summary>
    /// <param name="cell">Unit cell.</param>
    /// <param name="wavelength_A">Wavelength, Å.</param>
    /// <param name="limit_deg">Largest 2θ, degrees.</param>
    public static IReadOnlyList<Reflection> Reflections(HexagonalCell cell, double wavelength_A, double limit_deg)
    {
        double least_A = wavelength_A / (2 * Math.Sin(double.DegreesToRadians(limit_deg) / 2));
        int mostH = (int)Math.Ceiling(2 / Math.Sqrt(3) * cell.A_A / least_A);
        int mostL = (int)(cell.C_A / least_A);
        List<(int H, int K, int L)> planes = [];
        for (int h = -mostH; h <= mostH; h++)
        {
            for (int k = -mostH; k <= mostH; k++)
            {
                for (int l = -mostL; l <= mostL; l++)
                {
                    if ((h, k, l) != (0, 0, 0) && IsAllowed(h, k, l) && cell.Spacing_A(h, k, l) >= least_A)
                    {
                        planes.Add((h, k, l));
                    }
                }
            }
        }

        return [.. planes
            .GroupBy(p => ((p.H * p.H) + (p.H * p.K) + (p.K * p.K), Math.Abs(p.L)))
            .Select(ring => Ring([.. ring], cell, wavelength_A))
            .OrderBy(r => r.TwoTheta_deg)];
    }

    private static Reflection Ring((int H, int K, int L)[] planes, HexagonalCell cell, double wavelength_A)
    {
        (int h, int k, int l) = planes.Where(p => p is { H: >= 0, K: >= 0, L: >= 0 }).Max();
        double d_A = cell.Spacing_A(h, k, l);
        double theta_rad = Math.Asin(wavelength_A / (2 * d_A));
        double f = StructureFactor(h, k, l, d_A);
        (double sin, double cos) = Math.SinCos(theta_rad);
        double intensity = planes.Length * f * f / (cell.Volume_A3 * cell.Volume_A3 * sin * sin * cos);
        return new Reflection(h, k, l, planes.Length, d_A, double.RadiansToDegrees(2 * theta_rad), f * f, intensity);
    }
}
