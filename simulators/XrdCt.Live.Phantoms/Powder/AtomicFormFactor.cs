namespace XrdCt.Live.Phantoms.Powder;

/// <summary>
/// X-ray form factor of a Thomas–Fermi atom with Molière's three screening terms:
/// <c>f(q) = Z Σ αᵢ βᵢ² / (βᵢ² + (q a)²)</c>, <c>a = 0.88534 a₀ Z^(−1/3)</c>. One formula for all elements, within
/// about 10 % of tabulated values for transition metals: enough for a phantom, not for a refinement.
/// </summary>
/// <remarks>Source: Molière, <see href="https://doi.org/10.1515/zna-1947-0302"/>, equation for the screened
/// potential.</remarks>
public static class AtomicFormFactor
{
    private const double BohrRadius_A = 0.529177;

    private static readonly double[] Alpha = [0.10, 0.55, 0.35];
    private static readonly double[] Beta = [6.0, 1.2, 0.3];

    /// <summary>Scattering amplitude, electrons.</summary>
    /// <param name="atomicNumber">Number of electrons Z; a mean over a mixed site is allowed.</param>
    /// <param name="q_invA">Momentum transfer, Å⁻¹.</param>
    public static double At(double atomicNumber, double q_invA)
    {
        double qa = q_invA * 0.88534 * BohrRadius_A / Math.Cbrt(atomicNumber);
        double sum = 0;
        for (int i = 0; i < Alpha.Length; i++)
        {
            sum += Alpha[i] * Beta[i] * Beta[i] / ((Beta[i] * Beta[i]) + (qa * qa));
        }

        return atomicNumber * sum;
    }
}
