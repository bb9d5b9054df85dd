using XrdCt.Live.Storage.Hdf5;
using XrdCt.Live.Storage.Images;
using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>
/// Compares a file with what the package nxxrdct 0.1 reads (https://github.com/nexuscontributions/nxxrdct: every path of
/// paths/nxxrdct.py, units as get_quantity takes them), and with what NeXus viewers need to find and label the plot.
/// </summary>
public sealed class NxxrdctCheck
{
    private const string Intensity = "data/intensity";

    // Group, its class, and whether an entry is none without it.
    private static readonly (string Path, string Class, bool IsNeeded)[] Groups =
    [
        ("beam", "NXbeam", false), ("sample", "NXsample", true), ("instrument", "NXinstrument", true), ("instrument/detector", "NXdetector", true),
        ("instrument/source", "NXsource", false), ("instrument/monochromator", "NXmonochromator", false), ("control", "NXmonitor", false), ("data", "NXdata", true),
    ];

    private static readonly (string Path, Func<string, double?> Scale, string Kind, string Usual, bool IsNeeded)[] Quantities =
    [
        ("sample/rotation_angle", FileUnits.Degrees, "an angle", "degree", true),
        ("sample/translation_values", FileUnits.Micrometres, "a length", "m", true),
        ("sample/x_translation", FileUnits.Micrometres, "a length", "m", false),
        ("sample/y_translation", FileUnits.Micrometres, "a length", "m", false),
        ("sample/z_translation", FileUnits.Micrometres, "a length", "m", false),
        ("beam/incident_energy", FileUnits.KiloElectronvolts, "an energy", "keV", false),
        ("instrument/monochromator/wavelength", FileUnits.Micrometres, "a length", "angstrom", false),
        ("instrument/detector/polar_angle", FileUnits.Degrees, "an angle", "degree", false),
        ("instrument/detector/count_time", FileUnits.Seconds, "a time", "s", false),
        ("instrument/detector/distance", FileUnits.Micrometres, "a length", "m", false),
        ("instrument/detector/x_pixel_size", FileUnits.Micrometres, "a length", "m", false),
        ("instrument/detector/y_pixel_size", FileUnits.Micrometres, "a length", "m", false),
    ];

    private static readonly (string Path, bool IsNeeded)[] Values =
    [
        ("definition", true), ("title", true), ("start_time", false), ("end_time", false), ("sample/name", false), ("instrument/name", false),
        ("instrument/source/name", false), ("instrument/source/type", false), ("instrument/source/probe", false),
        ("instrument/detector/data", true), ("instrument/detector/diffraction_channel", true),
        ("control/data", false), ("control/mode", false), ("control/preset", false), ("control/integral", false), (Intensity, true),
    ];

    private readonly NumberFile _file;
    private readonly List<LayoutFinding> _findings = [];
    private string _entry = "";

    private NxxrdctCheck(NumberFile file) => _file = file;

    /// <summary>Checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="decoder">Unpacks bitshuffle-LZ4.</param>
    /// <returns>What is not as it should be, defects first; empty where nothing is.</returns>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no HDF5 file, or damaged; the message names it.</exception>
    public static IReadOnlyList<LayoutFinding> Read(string path, ChunkDecoder decoder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(decoder);
        using NumberFile file = new(path, decoder);
        NxxrdctCheck check = new(file);
        file.Guard("the file", () =>
        {
            check.Run();
            return true;
        });
        return [.. check._findings.OrderByDescending(f => f.IsDefect)];
    }

    private void Run()
    {
        if (NxxrdctEntry.Find(_file) is not { } entry)
        {
            Defect("/", "no group has the definition NXxrdct: readers find no entry");
            return;
        }

        _entry = entry;
        CheckEntry();
        foreach ((string path, string nexusClass, bool isNeeded) in Groups)
        {
            CheckGroup(path, nexusClass, isNeeded);
        }

        foreach ((string path, bool isNeeded) in Values.Where(v => Node(v.Path) is null))
        {
            Absent(path, isNeeded);
        }

        foreach ((string path, Func<string, double?> scale, string kind, string usual, bool isNeeded) in Quantities)
        {
            CheckQuantity(path, scale, (kind, usual), isNeeded);
        }

        CheckPlot();
        CheckDefault();
    }

    private void CheckEntry()
    {
        ObjectHeader entry = _file.HeaderOf(_entry)!;
        Expect(entry, "", "NX_class", "NXentry");
        Expect(entry, "", "definition", NxxrdctEntry.Definition);
        if (!NodeText.HasAttribute(entry, "version"))
        {
            Note($"{_entry}@version", "absent: readers warn, and take the newest version of the definition");
        }

        if (Node("definition") is { } definition && !string.Equals(NodeText.Of(definition), NxxrdctEntry.Definition, StringComparison.OrdinalIgnoreCase))
        {
            Defect($"{_entry}/definition", $"is '{NodeText.Of(definition)}', expected {NxxrdctEntry.Definition}");
        }
    }

    private void CheckGroup(string path, string nexusClass, bool isNeeded)
    {
        if (Node(path) is not { } group)
        {
            Absent(path, isNeeded);
        }
        else if (!group.IsGroup)
        {
            Defect($"{_entry}/{path}", "is no group");
        }
        else
        {
            Expect(group, "/" + path, "NX_class", nexusClass);
        }
    }

    private void CheckQuantity(string path, Func<string, double?> scale, (string Kind, string Usual) unit, bool isNeeded)
    {
        if (Node(path) is not { IsDataset: true })
        {
            Absent(path, isNeeded);
        }
        else if (NumberList.UnitsOf(_file, $"{_entry}/{path}") is not { } units)
        {
            Note($"{_entry}/{path}@units", $"absent: read as {unit.Usual}");
        }
        else if (scale(units) is null)
        {
            Defect($"{_entry}/{path}@units", $"is '{units}', which is no unit of {unit.Kind} that is known");
        }
    }

    private void CheckPlot()
    {
        if (Node("data") is not { IsGroup: true } data || Node(Intensity) is not { IsDataset: true } intensity)
        {
            return;
        }

        Expect(data, "/data", "signal", "intensity");
        ulong[] sides = new DatasetHeader(intensity).Dimensions ?? [];
        string size = $"[{string.Join(", ", sides)}]";
        if (sides.Length != 3)
        {
            Defect($"{_entry}/{Intensity}", $"is {size}, expected [translation, rotation, bin]");
        }

        if (NxxrdctEntry.AxesOf(data) is not { } axes)
        {
            Defect($"{_entry}/data@axes", "absent, or no names: viewers label the plot with numbers");
            return;
        }

        if (NodeText.Attribute(data, "axes") is { } whole && whole.Contains(':', StringComparison.Ordinal))
        {
            Note($"{_entry}/data@axes", "is one text with colons: NeXus viewers want a list of names");
        }

        if (axes.Length != sides.Length)
        {
            Defect($"{_entry}/data@axes", $"names {axes.Length} axes, but intensity is {size}");
            return;
        }

        foreach ((string name, ulong side) in axes.Zip(sides).Where(a => a.First != "."))
        {
            if (Node($"data/{name}") is not { IsDataset: true } axis)
            {
                Defect($"{_entry}/data/{name}", "absent, though @axes names it");
            }
            else if (new DatasetHeader(axis).Dimensions is var along && (along is not [var length] || (length != side && length != side + 1)))
            {
                Defect($"{_entry}/data/{name}", $"is [{string.Join(", ", along ?? [])}], but intensity is {size}");
            }
        }
    }

    // From the root, as viewers do: each names the next until there is a plot.
    private void CheckDefault()
    {
        const int Longest = 8;
        string at = "";
        for (int step = 0; step < Longest; step++)
        {
            if (_file.HeaderOf(at) is not { } node)
            {
                Defect(at, "absent, though @default leads there");
                return;
            }

            if (NodeText.Attribute(node, "NX_class") == "NXdata")
            {
                return;
            }

            if (NodeText.Attribute(node, "default") is not { } next)
            {
                Note($"{(at.Length == 0 ? "/" : at)}@default", "absent: viewers do not know what to show first");
                return;
            }

            at = next.StartsWith('/') ? next : $"{at}/{next}";
        }

        Defect("/@default", $"leads to no plot in {Longest} steps");
    }

    private ObjectHeader? Node(string path) => _file.HeaderOf($"{_entry}/{path}");

    private void Expect(ObjectHeader node, string path, string attribute, string value)
    {
        string? found = NodeText.Attribute(node, attribute);
        if (!string.Equals(found, value, StringComparison.OrdinalIgnoreCase))
        {
            Defect($"{_entry}{path}@{attribute}", found is null ? $"absent, expected {value}" : $"is '{found}', expected {value}");
        }
    }

    private void Absent(string path, bool isNeeded) => _findings.Add(new LayoutFinding($"{_entry}/{path}", "absent", isNeeded));

    private void Defect(string path, string what) => _findings.Add(new LayoutFinding(path, what, IsDefect: true));

    private void Note(string path, string what) => _findings.Add(new LayoutFinding(path, what, IsDefect: false));
}
