using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Storage.Nexus;

/// <summary>2θ of radial positions: as it is, from q = 4π sin θ / λ, or from d = λ / (2 sin θ).</summary>
internal static class PolarAngle
{
    private const double DegreePerRadian = 180 / Math.PI;
    private const double AngstromPerNanometre = 10;

    /// <summary>Converts positions.</summary>
    /// <param name="positions">Positions in <paramref name="unit"/>.</param>
    /// <param name="unit">Their unit.</param>
    /// <param name="wavelength_A">Wavelength, Å; null where it is not known.</param>
    /// <returns>2θ in degrees, NaN where no angle belongs to a position; null where it cannot be told.</returns>
    public static double[]? Of_deg(ReadOnlySpan<double> positions, RadialUnit unit, double? wavelength_A)
    {
        double perAngstrom = unit == RadialUnit.Q_invnm ? 1 / AngstromPerNanometre : 1;
        return (unit, wavelength_A) switch
        {
            (RadialUnit.TwoTheta_deg, _) => positions.ToArray(),
            (RadialUnit.TwoTheta_rad, _) => [.. positions.ToArray().Select(twoTheta => twoTheta * DegreePerRadian)],
            (RadialUnit.D_A, { } lambda_A) => [.. positions.ToArray().Select(d => 2 * Math.Asin(lambda_A / (2 * d)) * DegreePerRadian)],
            (RadialUnit.Q_invA or RadialUnit.Q_invnm, { } lambda_A) =>
                [.. positions.ToArray().Select(q => 2 * Math.Asin(q * perAngstrom * lambda_A / (4 * Math.PI)) * DegreePerRadian)],
            _ => null,
        };
    }
}
