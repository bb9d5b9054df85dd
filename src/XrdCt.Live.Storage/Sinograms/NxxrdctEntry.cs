using System.Globalization;
using PureHDF;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage.Hdf5;
using XrdCt.Live.Storage.Images;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>
/// An entry of the application definition NXxrdct, of ours or of others. Paths are those that the package nxxrdct 0.1 reads
/// (https://github.com/nexuscontributions/nxxrdct, src/nxxrdct/paths/nxxrdct.py); units that are not told are its defaults.
/// </summary>
internal static class NxxrdctEntry
{
    /// <summary>Name of the definition.</summary>
    public const string Definition = "NXxrdct";

    // The entry itself, and what ScanTree writes below it.
    private static readonly string[] ParameterGroups =
    [
        "", "process", "process/geometry", "corrections", "corrections/beam", "corrections/transmission", "corrections/lines",
        "corrections/air", "corrections/spottiness", "reconstruction", "scan_plan", "stage", "centre_of_rotation", "counters",
    ];

    /// <summary>Where the corrected sinogram is, below the entry.</summary>
    public const string CorrectedIntensity = "corrected/intensity";

    private const int DeepestEntry = 2;
    private const int MostGroups = 200;

    // Every zone is looked at for every pixel.
    private const int MostZones = 10_000;

    private static readonly SinogramAxis[] Usual = [SinogramAxis.Translation, SinogramAxis.Rotation, SinogramAxis.Bin];

    // The names that data/@axes has for them.
    private static readonly Dictionary<string, SinogramAxis> AxisNames = new()
    {
        ["translation_values"] = SinogramAxis.Translation,
        ["rotation_angles"] = SinogramAxis.Rotation,
        ["rotation_angle"] = SinogramAxis.Rotation,
        ["diffraction_channel"] = SinogramAxis.Bin,
    };

    /// <summary>Path of the first entry of the definition; null where there is none.</summary>
    public static string? Find(NumberFile file)
    {
        Queue<(string Path, int Depth)> groups = new([("", 0)]);
        for (int seen = 0; seen < MostGroups && groups.TryDequeue(out (string Path, int Depth) group); seen++)
        {
            if (group.Depth > 0 && IsEntry(file, group.Path))
            {
                return group.Path;
            }

            foreach (string name in group.Depth < DeepestEntry ? file.NamesIn(group.Path) : [])
            {
                groups.Enqueue(($"{group.Path}/{name}", group.Depth + 1));
            }
        }

        return null;
    }

    /// <summary>Names of the axes of a plot, as an array or as one text with colons, which NXxrdct's own writer makes of them.</summary>
    public static string[]? AxesOf(ObjectHeader group) => NodeText.Attributes(group, "axes") is { } axes ? [.. axes.SelectMany(a => a.Split(':', ','))] : null;

    /// <summary>What the entry holds.</summary>
    /// <param name="file">The file.</param>
    /// <param name="entry">Path of the entry.</param>
    /// <param name="told">Dataset to read instead of the usual one; it has the same axes.</param>
    /// <returns>Null where there are no intensities, or no dataset of that name with their size.</returns>
    public static SinogramDraft? Draft(NumberFile file, string entry, string? told)
    {
        string[] places = [$"{entry}/data/intensity", $"{entry}/instrument/detector/data"];
        if (places.FirstOrDefault(p => file.Find(p) is not null) is not { } path || file.Find(path) is not { } dataset)
        {
            return null;
        }

        if (told is not null)
        {
            if (file.Find(told) is not { } other || !other.Space.Dimensions.SequenceEqual(dataset.Space.Dimensions))
            {
                return null;
            }

            (path, dataset) = (told, other);
        }

        (double[]? radial, RadialUnit? unit) = Radial(file, entry);
        return new SinogramDraft(file, SinogramLayout.Nxxrdct, dataset, path)
        {
            Orders = Orders(file, entry),
            Angles_deg = NumberList.Read(file, $"{entry}/data/rotation_angles", FileUnits.Degrees, "degree")
                ?? NumberList.Read(file, $"{entry}/sample/rotation_angle", FileUnits.Degrees, "degree"),
            Translations_um = NumberList.Read(file, $"{entry}/data/translation_values", FileUnits.Micrometres, "m")
                ?? NumberList.Read(file, $"{entry}/sample/translation_values", FileUnits.Micrometres, "m"),
            Radial = radial,
            Unit = unit,
            Energy_keV = Energy(file, $"{entry}/beam/incident_energy"),
            MonitorPath = $"{entry}/control/data",
            Slice = Slice(file, entry),
            Title = Text(file, $"{entry}/title"),
            Program = Program(file, entry),
        };
    }

    /// <summary>A text; null where there is none.</summary>
    public static string? Text(NumberFile file, string path) => file.Guard(path, () => NodeText.Of(file.HeaderOf(path)));

    /// <summary>Texts and single numbers of the groups that say how the sinogram came about.</summary>
    public static Dictionary<string, string> Parameters(NumberFile file, string entry)
    {
        Dictionary<string, string> found = [];
        foreach (string group in ParameterGroups)
        {
            foreach (string name in file.NamesIn($"{entry}/{group}"))
            {
                string path = group.Length == 0 ? name : $"{group}/{name}";
                if (Parameter(file, $"{entry}/{path}") is { } value)
                {
                    found[path] = value;
                }
            }
        }

        return found;
    }

    private static string? Parameter(NumberFile file, string path)
    {
        if (file.Find(path) is not { } node || node.Space.Dimensions.Any(side => side != 1))
        {
            return null;
        }

        return Text(file, path)
            ?? (NumberFile.Class(node.Type) is H5DataTypeClass.FixedPoint or H5DataTypeClass.FloatingPoint
                ? string.Create(CultureInfo.InvariantCulture, $"{file.ReadDoubles(node, path, 1)[0]} {NumberList.UnitsOf(file, path)}").TrimEnd()
                : null);
    }

    private static bool IsEntry(NumberFile file, string path) => file.HeaderOf(path) is { IsGroup: true } group
        && (string.Equals(file.Guard(path, () => NodeText.Attribute(group, "definition")), Definition, StringComparison.OrdinalIgnoreCase)
            || string.Equals(Text(file, $"{path}/definition"), Definition, StringComparison.OrdinalIgnoreCase));

    // The order with bins, and the one without.
    private static SinogramAxis[][] Orders(NumberFile file, string entry)
    {
        string path = $"{entry}/data";
        string[] names = (file.HeaderOf(path) is { } group ? file.Guard(path, () => AxesOf(group)) : null) ?? [];
        SinogramAxis[] told = names.All(AxisNames.ContainsKey) ? [.. names.Select(n => AxisNames[n]).Distinct()] : [];
        SinogramAxis[] cells = [.. told.Where(axis => axis != SinogramAxis.Bin)];
        return told.Length != names.Length || cells.Length != 2 ? [Usual, Usual[..2]]
            : told.Length == 2 ? [Usual, cells]
            : [told, cells];
    }

    private static (double[]? Positions, RadialUnit? Unit) Radial(NumberFile file, string entry)
    {
        string[] places = [$"{entry}/data/diffraction_channel", $"{entry}/instrument/detector/diffraction_channel"];
        string? place = places.FirstOrDefault(p => file.Find(p) is not null);
        return place is null || NumberList.Read(file, place) is not { } positions ? (null, null)
            : (positions, NumberList.UnitsOf(file, place) is { } units ? FileUnits.Radial(units) : null);
    }

    /// <summary>Where the data of a scan of ours have the rotation axis, and how sure that is; null where the file does not say.</summary>
    public static AxisPosition? Axis(NumberFile file, string entry)
    {
        double? offset = NumberList.Single(file, $"{entry}/centre_of_rotation/offset");
        double? uncertainty = NumberList.Single(file, $"{entry}/centre_of_rotation/offset_errors");
        double? step_um = NumberList.Single(file, $"{entry}/scan_plan/step");
        return offset * step_um is double position_um && uncertainty * step_um is double sigma_um && double.IsFinite(position_um) && sigma_um is > 0 and < double.PositiveInfinity
            ? new AxisPosition(position_um, sigma_um)
            : null;
    }

    /// <summary>How a scan of ours was measured; null where the file is of another program, or does not say it whole.</summary>
    public static RecordedScan? Scan(NumberFile file, string entry)
    {
        string plan = $"{entry}/scan_plan";
        if (Text(file, $"{plan}/order") is not { } order || !ScanPath.ByName.TryGetValue(order, out ScanPath path)
            || Count("translation_count") is not { } translations || Count("rotation_count") is not { } rotations
            || NumberList.Single(file, $"{plan}/step") is not { } step_um || NumberList.Single(file, $"{plan}/range") is not { } range_deg)
        {
            return null;
        }

        int[]? subsets = NumberList.Read(file, $"{plan}/subset_order") is { } list ? [.. list.Select(v => (int)v)] : null;
        double shift_px = NumberList.Single(file, $"{entry}/stage/line_shift_applied") ?? 0;
        double offset_px = NumberList.Single(file, $"{entry}/centre_of_rotation/offset_applied") ?? 0;
        _ = Enum.TryParse(Text(file, $"{plan}/anchor"), ignoreCase: true, out TriggerAnchor anchor);
        try
        {
            ScanPlan measured = new(translations, rotations, step_um, path, range_deg, subsets)
            {
                IncludesEnd = Count("includes_end") is 1,
                Anchor = anchor,
            };
            return double.IsFinite(shift_px) && double.IsFinite(offset_px)
                ? new RecordedScan(measured, shift_px, offset_px, Text(file, $"{entry}/centre_of_rotation/status") ?? "")
                {
                    UnmatchedCells = Unmatched(file, entry, measured),
                }
                : null;
        }
        catch (ArgumentException)
        {
            return null;
        }

        int? Count(string name) => NumberList.Single(file, $"{plan}/{name}") is { } value and >= 0 and <= int.MaxValue ? (int)value : null;
    }

    // Where positions decide, such frames are in no cell.
    private static int[] Unmatched(NumberFile file, string entry, ScanPlan plan) => plan.Path.Order == ScanOrder.Positions ? [] :
    [
        .. (NumberList.Read(file, $"{entry}/readings/unmatched_frames") ?? []).Where(index => index >= 0 && index < plan.CellCount)
            .Select(index => plan.CellOf((int)index)).Select(cell => (cell.Rotation * plan.TranslationCount) + cell.Translation),
    ];

    /// <summary>The live channels that a scan of ours kept, in the order of their names in the file; none where it is of another program.</summary>
    public static IEnumerable<SavedChannel> Channels(NumberFile file, string entry, SinogramHeader header)
    {
        foreach (string name in file.NamesIn($"{entry}/live").Take(MostGroups))
        {
            string group = $"{entry}/live/{name}";
            if (file.HeaderOf(group) is { IsGroup: true } node
                && file.Guard(group, () => NodeText.Attribute(node, "channel")) is { } channel
                && Enum.TryParse(file.Guard(group, () => NodeText.Attribute(node, "kind")), out LiveChannelKind kind))
            {
                float[]? slice = Table($"{group}/slice", header.TranslationCount);
                float[]? sinogram = Table($"{group}/sinogram", header.RotationCount);
                if (slice is not null)
                {
                    yield return new SavedChannel(channel, kind, slice, sinogram);
                }
            }
        }

        float[]? Table(string path, int rows) => file.Find(path) is { } table && file.Dimensions(table) is [var first, var second] && first == rows && second == header.TranslationCount
            ? file.ReadSingles(table, path, first * second)
            : null;
    }

    /// <summary>Where a scan of ours was told to keep regions of interest off; none where it was not, or is of another program.</summary>
    /// <exception cref="InvalidDataException">They are no zones; the message says where.</exception>
    public static IReadOnlyList<ForbiddenZone> Zones(NumberFile file, string entry)
    {
        double[]? x_um = List("forbidden_x_um"), y_um = List("forbidden_y_um"), radius_um = List("forbidden_radius_um");
        if (x_um is null && y_um is null && radius_um is null)
        {
            return [];
        }

        return x_um?.Length is > 0 and <= MostZones && y_um?.Length == x_um.Length && radius_um?.Length == x_um.Length
            && x_um.All(double.IsFinite) && y_um.All(double.IsFinite) && radius_um.All(r => r is >= 0 and < double.PositiveInfinity)
            ? [.. x_um.Select((x, i) => new ForbiddenZone(x, y_um[i], radius_um[i]))]
            : throw file.Wrong($"the forbidden zones in {entry}/roi_candidates are none: as many x, y and radii are expected, at most {MostZones}");

        double[]? List(string name) => NumberList.Read(file, $"{entry}/roi_candidates/{name}", FileUnits.Micrometres, "um");
    }

    // As ScanTree writes it, and with any unit of length.
    private static StackSlice? Slice(NumberFile file, string entry)
    {
        string path = $"{entry}/sample/z_translation";
        double? z_um = NumberList.Single(file, path) * FileUnits.Micrometres(NumberList.UnitsOf(file, path) ?? "m");
        double? number = NumberList.Single(file, $"{entry}/scan_plan/slice_number");
        double? count = NumberList.Single(file, $"{entry}/scan_plan/slice_count");
        return z_um is double z && double.IsFinite(z) && number >= 1 && number <= count && count <= int.MaxValue
            ? new StackSlice((int)number, (int)count, z)
            : null;
    }

    private static double? Energy(NumberFile file, string path) =>
        NumberList.Single(file, path) * FileUnits.KiloElectronvolts(NumberList.UnitsOf(file, path) ?? "keV");

    private static string? Program(NumberFile file, string entry)
    {
        string path = $"{entry}/program_name";
        string? version = file.HeaderOf(path) is { } node ? file.Guard(path, () => NodeText.Attribute(node, "version")) : null;
        return Text(file, path) is { } name ? $"{name} {version}".TrimEnd() : null;
    }
}
