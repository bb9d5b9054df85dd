namespace XrdCt.Live.Phantoms.Powder;

/// <summary>One powder ring.</summary>
/// <param name="H">Miller index h of one member.</param>
/// <param name="K">Miller index k.</param>
/// <param name="L">Miller index l.</param>
/// <param name="Multiplicity">Number of equivalent lattice planes.</param>
/// <param name="Spacing_A">Lattice spacing d, Å.</param>
/// <param name="TwoTheta_deg">Scattering angle, degrees.</param>
/// <param name="StructureFactorSquared">|F|² with displacement factors, electrons².</param>
/// <param name="Intensity">
/// Relative power per solid angle and unit of 2θ: <c>m |F|² / (V² sin²θ cos θ)</c>; polarisation belongs to the pixel.
/// </param>
public sealed record Reflection(
    int H,
    int K,
    int L,
    int Multiplicity,
    double Spacing_A,
    double TwoTheta_deg,
    double StructureFactorSquared,
    double Intensity);
