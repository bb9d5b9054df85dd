using System.Globalization;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Model.Ports;

/// <summary>What an operator may change of the slices while a scan runs. Patterns, and what is kept of them, are the same with any.</summary>
/// <param name="Filter">Apodisation of the ramp.</param>
/// <param name="Axis_px">Offset of the rotation axis from translation index TranslationCount/2, steps of the translation; null for where the data
/// have it.</param>
/// <param name="Air">Whether what is scattered outside the sample is taken off, where it is found.</param>
public sealed record ReconstructionSettings(RampFilter Filter, double? Axis_px, bool Air)
{
    /// <summary>Those that a scan was set up with.</summary>
    public static ReconstructionSettings Of(ScanSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new ReconstructionSettings(settings.Filter, settings.Axis_px, settings.Corrections.Air);
    }

    /// <summary>A scan's settings with these in their place.</summary>
    public ScanSettings Over(ScanSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings with { Filter = Filter, Axis_px = Axis_px, Corrections = settings.Corrections with { Air = Air } };
    }

    /// <summary>What differs from other settings, for people: <c>filter shepp-logan → hann, air on → off</c>; empty where nothing does.</summary>
    public string ChangesFrom(ReconstructionSettings before)
    {
        ArgumentNullException.ThrowIfNull(before);
        List<string> changes = [];
        Add("filter", before.Filter.Name(), Filter.Name());
        Add("axis", Describe(before.Axis_px), Describe(Axis_px));
        Add("air", before.Air ? "on" : "off", Air ? "on" : "off");
        return string.Join(", ", changes);

        void Add(string what, string from, string to)
        {
            if (from != to)
            {
                changes.Add($"{what} {from} → {to}");
            }
        }
    }

    private static string Describe(double? axis_px) => axis_px is double set ? string.Create(CultureInfo.InvariantCulture, $"{set} px") : "from the data";
}
