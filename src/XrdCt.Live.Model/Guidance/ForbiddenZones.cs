using System.Globalization;

namespace XrdCt.Live.Model.Guidance;

/// <summary>All zones that hold at some moment of a scan.</summary>
/// <param name="Revision">
/// Grows with every change, from the Unix time in ms at which the scan was set up: whoever has the list of a revision has that of this scan, and of no other.
/// </param>
/// <param name="Zones">The zones, each once.</param>
public sealed record ForbiddenZones(long Revision, IReadOnlyList<ForbiddenZone> Zones)
{
    // A sentence is read by people; the list itself stands in the journal and in the file.
    private const int MostNamed = 6;

    /// <summary>None, before anything was said.</summary>
    public static ForbiddenZones None { get; } = new(0, []);

    /// <summary>What differs between two lists, for people: <c>added 50 µm around (-110, 60) µm, removed …</c>; empty where nothing does.</summary>
    /// <param name="before">The list before.</param>
    /// <param name="after">The list after.</param>
    public static string Changes(IReadOnlyList<ForbiddenZone> before, IReadOnlyList<ForbiddenZone> after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        string[] parts = [Named("added", [.. after.Except(before)]), Named("removed", [.. before.Except(after)])];
        return string.Join(", ", parts.Where(p => p.Length > 0));
    }

    /// <summary>Zones for people: <c>50 µm around (-110, 60) µm and …</c>; of many the first six.</summary>
    /// <param name="zones">The zones.</param>
    public static string Describe(IReadOnlyList<ForbiddenZone> zones)
    {
        ArgumentNullException.ThrowIfNull(zones);
        string more = zones.Count > MostNamed ? $" and {zones.Count - MostNamed} more" : "";
        return string.Join(" and ", zones.Take(MostNamed).Select(Describe)) + more;
    }

    private static string Describe(ForbiddenZone zone) =>
        string.Create(CultureInfo.InvariantCulture, $"{zone.Radius_um:0.#} µm around ({zone.X_um:0.#}, {zone.Y_um:0.#}) µm");

    private static string Named(string what, ForbiddenZone[] zones) => zones.Length == 0 ? "" : $"{what} {Describe(zones)}";
}
