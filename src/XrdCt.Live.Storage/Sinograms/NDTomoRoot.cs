using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Storage.Images;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>
/// A file as nDTomo has them: the sinograms at the root, [translation, rotation, bin], with their axes beside them. Read are those of its
/// live integrator (<c>data twotheta q d omega translations scantype slow_axis_steps fast_axis_steps</c>), of MultiTool
/// (<c>Sinograms</c>; <c>sinograms_coarse</c> as MATLAB orders it, [bin, rotation, translation]) and of nDTomoGUI (<c>data xaxis</c>).
/// Sources: https://github.com/antonyvam/nDTomo, gui/nDTomoGUI.py, and at commit cab911b Integrator/*_LiveRead.py and MultiTool/MultiTool.py.
/// </summary>
internal static class NDTomoRoot
{
    private static readonly string[] Datasets = ["/data", "/Sinograms", "/sinograms_coarse", "/I"];

    // What was integrated on comes first: the files of the live integrator hold 2θ, q and d of the same bins.
    private static readonly (string Path, RadialUnit? Unit)[] RadialNames =
    [
        ("/tth", RadialUnit.TwoTheta_deg), ("/twotheta", RadialUnit.TwoTheta_deg), ("/q", RadialUnit.Q_invA), ("/d", RadialUnit.D_A), ("/xaxis", null),
    ];

    private static readonly SinogramAxis[][] Orders =
    [
        [SinogramAxis.Translation, SinogramAxis.Rotation, SinogramAxis.Bin],
        [SinogramAxis.Bin, SinogramAxis.Rotation, SinogramAxis.Translation],
        [SinogramAxis.Bin, SinogramAxis.Translation, SinogramAxis.Rotation],
        [SinogramAxis.Rotation, SinogramAxis.Translation, SinogramAxis.Bin],
        [SinogramAxis.Translation, SinogramAxis.Bin, SinogramAxis.Rotation],
        [SinogramAxis.Rotation, SinogramAxis.Bin, SinogramAxis.Translation],
        [SinogramAxis.Translation, SinogramAxis.Rotation],
        [SinogramAxis.Rotation, SinogramAxis.Translation],
    ];

    /// <summary>What the file holds; null where it is none of nDTomo.</summary>
    public static SinogramDraft? Draft(NumberFile file, string? told)
    {
        if (Datasets.FirstOrDefault(p => (told is null || Normal(told) == p) && IsVolume(file, p)) is not { } path || file.Find(path) is not { } dataset)
        {
            return null;
        }

        // MATLAB's order has no list of its own beside it to tell it by.
        SinogramAxis[][] orders = path == "/sinograms_coarse" ? [Orders[1]] : Orders;
        (double[]? radial, RadialUnit? unit) = Radial(file, dataset.Space.Dimensions);
        SinogramDraft draft = new(file, SinogramLayout.NDTomo, dataset, path)
        {
            Orders = orders,
            Radial = radial,
            Unit = unit,
            Energy_keV = NumberList.Single(file, "/energy"),
            MonitorPath = file.Find("/monitor") is not null ? "/monitor" : "/diode",
            Title = NxxrdctEntry.Text(file, "/title"),
            Program = NxxrdctEntry.Text(file, "/creator"),
        };
        AddPositions(file, draft);
        return draft;
    }

    private static string Normal(string path) => "/" + path.Trim('/');

    private static bool IsVolume(NumberFile file, string path) => file.Find(path) is { } dataset && dataset.Space.Dimensions.Length == 3;

    private static (double[]? Positions, RadialUnit? Unit) Radial(NumberFile file, ulong[] sides)
    {
        foreach ((string path, RadialUnit? unit) in RadialNames)
        {
            if (NumberList.Read(file, path) is { } positions && sides.Contains((ulong)positions.Length))
            {
                return (positions, unit ?? (NumberList.UnitsOf(file, path) is { } units ? FileUnits.Radial(units) : null));
            }
        }

        return (null, null);
    }

    // One position per line and column, or, as the live integrator has it, one per frame in the order of time.
    private static void AddPositions(NumberFile file, SinogramDraft draft)
    {
        double[]? omega_deg = NumberList.Read(file, "/omega", FileUnits.Degrees, "degree");
        string place = file.Find("/translations") is not null ? "/translations" : "/y";
        double[]? translations_um = NumberList.Read(file, place, FileUnits.Micrometres, "mm");
        if (Steps(file, "/slow_axis_steps") is { } rotations
            && Steps(file, "/fast_axis_steps") is { } translations
            && (long)rotations * translations is > 1 and var frames
            && frames != rotations
            && frames != translations)
        {
            string scan = NxxrdctEntry.Text(file, "/scantype") ?? "";
            bool runsOverRotations = scan.StartsWith("ContRot", StringComparison.OrdinalIgnoreCase);
            bool isZigzag = scan.StartsWith("Zigzag", StringComparison.OrdinalIgnoreCase);
            if (omega_deg?.Length == frames)
            {
                omega_deg = runsOverRotations ? omega_deg[..rotations] : Lines(omega_deg, rotations, translations);
            }

            if (translations_um?.Length == frames)
            {
                translations_um = runsOverRotations ? Inwards(Lines(translations_um, translations, rotations)) : Columns(translations_um, rotations, translations, isZigzag);
            }
        }

        (draft.Angles_deg, draft.Translations_um) = (omega_deg, translations_um);
    }

    private static int? Steps(NumberFile file, string path) => NumberList.Single(file, path) is >= 1 and <= 1e6 and var steps ? (int)steps : null;

    private static double[] Lines(double[] frames, int lines, int length) =>
        [.. Enumerable.Range(0, lines).Select(line => frames.Skip(line * length).Take(length).Average())];

    // Every other line runs backwards, as the first of the others.
    private static double[] Columns(double[] frames, int lines, int length, bool isZigzag) =>
        [.. Enumerable.Range(0, length).Select(at => Enumerable.Range(0, lines).Average(
            line => frames[(line * length) + (isZigzag && line % 2 == 1 ? length - 1 - at : at)]))];

    // Continuous rotation measures the first line, the last, the second, the last but one…
    private static double[] Inwards(double[] lines)
    {
        double[] rows = new double[lines.Length];
        for (int line = 0; line < lines.Length; line++)
        {
            rows[line % 2 == 0 ? line / 2 : lines.Length - ((line + 1) / 2)] = lines[line];
        }

        return rows;
    }
}
