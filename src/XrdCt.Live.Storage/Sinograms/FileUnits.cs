using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>Units as files write them (UDUNITS, pint, and what people write).</summary>
internal static class FileUnits
{
    private const double DegreePerRadian = 180 / Math.PI;

    /// <summary>µm in a unit of length; null where it is none that is known.</summary>
    public static double? Micrometres(string units) => units.Trim() switch
    {
        "m" or "meter" or "metre" => 1e6,
        "cm" => 1e4,
        "mm" or "millimeter" or "millimetre" => 1e3,
        "um" or "µm" or "μm" or "micron" or "micrometer" or "micrometre" => 1,
        "nm" or "nanometer" or "nanometre" => 1e-3,
        "angstrom" or "Å" or "Å" => 1e-4,
        _ => null,
    };

    /// <summary>Degrees in a unit of angle; null where it is none that is known.</summary>
    public static double? Degrees(string units) => units.Trim() switch
    {
        "deg" or "degree" or "degrees" or "°" => 1,
        "rad" or "radian" or "radians" => DegreePerRadian,
        "mrad" => DegreePerRadian / 1000,
        _ => null,
    };

    /// <summary>keV in a unit of energy; null where it is none that is known.</summary>
    public static double? KiloElectronvolts(string units) => units.Trim() switch
    {
        "keV" => 1,
        "eV" => 1e-3,
        _ => null,
    };

    /// <summary>Seconds in a unit of time; null where it is none that is known.</summary>
    public static double? Seconds(string units) => units.Trim() switch
    {
        "s" or "second" or "seconds" => 1,
        "ms" or "millisecond" => 1e-3,
        "us" or "µs" or "microsecond" => 1e-6,
        _ => null,
    };

    /// <summary>The radial axis that has a unit; null where it is none that is known.</summary>
    public static RadialUnit? Radial(string units) => units.Trim() switch
    {
        "deg" or "degree" or "degrees" or "°" => RadialUnit.TwoTheta_deg,
        "rad" or "radian" or "radians" => RadialUnit.TwoTheta_rad,
        "1/angstrom" or "1/Å" or "1/Å" or "1/A" or "angstrom^-1" or "A^-1" or "Å^-1" or "Å⁻¹" or "1 / Å" => RadialUnit.Q_invA,
        "1/nm" or "nm^-1" or "nm⁻¹" or "1 / nm" => RadialUnit.Q_invnm,
        "mm" => RadialUnit.R_mm,
        "angstrom" or "Å" or "Å" or "A" => RadialUnit.D_A,
        _ => null,
    };
}
