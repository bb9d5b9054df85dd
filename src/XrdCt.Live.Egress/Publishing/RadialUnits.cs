using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Egress.Publishing;

/// <summary>Names of the radial units in messages: those of the configuration.</summary>
internal static class RadialUnits
{
    public static byte[] NameOf(RadialUnit unit) => unit switch
    {
        RadialUnit.TwoTheta_deg => [.. "two_theta_deg"u8],
        RadialUnit.Q_invA => [.. "q_invA"u8],
        RadialUnit.Q_invnm => [.. "q_invnm"u8],
        RadialUnit.R_mm => [.. "r_mm"u8],
        RadialUnit.D_A => [.. "d_A"u8],
        RadialUnit.TwoTheta_rad => [.. "two_theta_rad"u8],
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "no name is known for this unit"),
    };
}
