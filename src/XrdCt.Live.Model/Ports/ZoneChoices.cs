using System.Globalization;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Model.Ports;

/// <summary>Which forbidden zones a scan takes.</summary>
/// <param name="Reach_um">Largest coordinate of a centre, to either side of the rotation axis, µm.</param>
/// <param name="LargestRadius_um">Largest radius, µm.</param>
public sealed record ZoneChoices(double Reach_um, double LargestRadius_um)
{
    /// <summary>Most zones; a slice has a handful of spots to be kept off.</summary>
    public const int Most = 64;

    /// <summary>Those of a scan: what lies twice its width away, or is as wide as twice that, is a slip.</summary>
    public static ZoneChoices Of(ScanPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        double width_um = plan.TranslationCount * plan.Step_um;
        return new ZoneChoices(2 * width_um, width_um);
    }

    /// <summary>Why zones are not among them, one sentence; null where they are.</summary>
    /// <param name="before">The zones that they are to replace, which hold already whatever they are.</param>
    /// <param name="zones">The zones.</param>
    public string? Refuse(IReadOnlyList<ForbiddenZone> before, IReadOnlyList<ForbiddenZone> zones)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(zones);
        if (zones.Count > Math.Max(Most, before.Count))
        {
            return string.Create(CultureInfo.InvariantCulture, $"at most {Math.Max(Most, before.Count)} zones are taken, not {zones.Count}");
        }

        foreach (ForbiddenZone zone in zones.Except(before))
        {
            if (!(Math.Abs(zone.X_um) <= Reach_um && Math.Abs(zone.Y_um) <= Reach_um))
            {
                return string.Create(CultureInfo.InvariantCulture, $"a zone must lie within {Reach_um} µm of the rotation axis in x and y, not at ({zone.X_um}, {zone.Y_um})");
            }

            if (!(zone.Radius_um >= 0 && zone.Radius_um <= LargestRadius_um))
            {
                return string.Create(CultureInfo.InvariantCulture, $"the radius of a zone must be 0 to {LargestRadius_um} µm, not {zone.Radius_um}");
            }
        }

        return null;
    }
}
