using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Storage.Nexus;

/// <summary>Names of the radial axis in files.</summary>
internal static class RadialNames
{
    /// <summary>Unit as UDUNITS (hence NeXus) writes it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not one of <see cref="RadialUnit"/>.</exception>
    public static string Units(RadialUnit unit) => unit switch
    {
        RadialUnit.TwoTheta_deg => "degree",
        RadialUnit.Q_invA => "1/angstrom",
        RadialUnit.Q_invnm => "1/nm",
        RadialUnit.R_mm => "mm",
        RadialUnit.D_A => "angstrom",
        RadialUnit.TwoTheta_rad => "radian",
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "unknown radial unit"),
    };

    /// <summary>Quantity, in the words of the NXxrdct definition where it has them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not one of <see cref="RadialUnit"/>.</exception>
    public static string Quantity(RadialUnit unit) => unit switch
    {
        RadialUnit.TwoTheta_deg or RadialUnit.TwoTheta_rad => "2theta",
        RadialUnit.Q_invA or RadialUnit.Q_invnm => "q",
        RadialUnit.R_mm => "r",
        RadialUnit.D_A => "d",
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "unknown radial unit"),
    };

    /// <summary>Quantity and unit, for people: viewers show a long name as it is, without the unit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not one of <see cref="RadialUnit"/>.</exception>
    public static string Label(RadialUnit unit) => $"{Quantity(unit)} ({Units(unit)})";
}
