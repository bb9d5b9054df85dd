using PureHDF;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage.Images;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>What a layout found of a sinogram, to be completed by what the caller told, and checked.</summary>
/// <param name="file">The file.</param>
/// <param name="layout">Its layout.</param>
/// <param name="dataset">The intensities.</param>
/// <param name="path">Path of the dataset.</param>
internal sealed class SinogramDraft(NumberFile file, SinogramLayout layout, IH5Dataset dataset, string path)
{
    // 8192 rotations of 8192 translations, and more bins than a detector has pixels on its diagonal.
    private const ulong MostCells = 1UL << 26;
    private const ulong MostBins = 1UL << 20;

    /// <summary>Orders that the axes can have in this layout, the usual one first.</summary>
    public required SinogramAxis[][] Orders { get; init; }

    /// <summary>Angles, if the file has them.</summary>
    public double[]? Angles_deg { get; set; }

    /// <summary>Translations, if the file has them.</summary>
    public double[]? Translations_um { get; set; }

    /// <summary>Centres of the bins, if the file has them.</summary>
    public double[]? Radial { get; set; }

    /// <summary>Their unit, if the file says it.</summary>
    public RadialUnit? Unit { get; set; }

    /// <summary>Photon energy, if the file says it; one that is none (0, negative, not finite) counts as not said.</summary>
    public double? Energy_keV { get; set; }

    /// <summary>Path of a dataset of the monitor by cell, or null.</summary>
    public string? MonitorPath { get; init; }

    /// <summary>Which slice of a stack it is, if the file says so.</summary>
    public StackSlice? Slice { get; init; }

    /// <summary>Title, if the file has one.</summary>
    public string? Title { get; init; }

    /// <summary>Program that made the file, if it says so.</summary>
    public string? Program { get; init; }

    /// <summary>Completes and checks it.</summary>
    /// <exception cref="InvalidDataException">Something is missing or does not fit; the message names it and the remedy.</exception>
    public FoundSinogram Resolve(SinogramReading how)
    {
        Angles_deg = Told(how.Angles, FileUnits.Degrees, "degree") ?? Angles_deg;
        Translations_um = Told(how.Translations, FileUnits.Micrometres, "um") ?? Translations_um;
        (Radial, Unit) = (Told(how.Radial) ?? Radial, how.Unit ?? (how.Radial is null ? Unit : null));
        ulong[] sides = file.Guard(path, () => dataset.Space.Dimensions);
        string size = $"{path} [{string.Join(", ", sides)}]";
        if (sides.Length is not (2 or 3))
        {
            throw file.Wrong($"{size} is no sinogram, which has two axes, or three with its bins: name another dataset as FILE::/path");
        }

        if (how.Axes is { } told && told.Count != sides.Length)
        {
            throw file.Wrong($"{size} has {sides.Length} axes, but --axes names {told.Count}");
        }

        SinogramAxis[][] orders = how.Axes is null ? Orders : [[.. how.Axes]];
        SinogramAxis[] axes = orders.Where(order => order.Length == sides.Length).FirstOrDefault(order => Fits(order, sides))
            ?? throw file.Wrong($"{size} does not fit {Lengths()}: {NumberList.Remedy}");
        ulong bins = sides.Length == 3 ? Side(SinogramAxis.Bin) : 1;
        (ulong rotations, ulong translations) = (Side(SinogramAxis.Rotation), Side(SinogramAxis.Translation));
        if (rotations is 0 or > MostCells || translations is 0 or > MostCells || rotations * translations > MostCells || bins is 0 or > MostBins)
        {
            throw file.Wrong($"{size} is no sinogram of at least one and at most {MostCells} cells and {MostBins} bins");
        }

        double[]? radial = Radial?.Length == (int)bins ? Finite(Radial, "radial positions") : null;
        SinogramHeader header = new()
        {
            Angles_deg = Checked(Angles_deg, "angles", "--angles-deg START:STOP:COUNT", rotations),
            Translations_um = Checked(Translations_um, "translations", "--translations-um START:STOP:COUNT", translations),
            Radial = radial ?? [.. Enumerable.Range(0, (int)bins).Select(k => (double)k)],
            Unit = radial is null ? null : Unit,
            Energy_keV = Energy_keV is > 0 and < double.PositiveInfinity ? Energy_keV : null,
            Monitor = Monitor((int)rotations, (int)translations),
            Slice = Slice,
            Title = Title ?? "",
            Program = Program ?? "",
            Origin = $"{file.Name}::{path} [{string.Join(", ", axes).ToLowerInvariant()}]",
        };
        return new FoundSinogram(layout, dataset, path, axes, header);

        ulong Side(SinogramAxis axis) => sides[Array.IndexOf(axes, axis)];
    }

    private bool Fits(SinogramAxis[] order, ulong[] sides) => order.Zip(sides).All(pair => LengthOf(pair.First) is not { } length || (ulong)length == pair.Second);

    private int? LengthOf(SinogramAxis axis) => axis switch
    {
        SinogramAxis.Rotation => Angles_deg?.Length,
        SinogramAxis.Translation => Translations_um?.Length,
        _ => Radial?.Length,
    };

    private string Lengths() => string.Join(", ", new[]
    {
        (Angles_deg?.Length, "rotations"), (Translations_um?.Length, "translations"), (Radial?.Length, "bins"),
    }.Where(known => known.Item1 is not null).Select(known => $"{known.Item1} {known.Item2}"));

    private double[]? Told(AxisSource? source, Func<string, double?> scale, string usual) => source switch
    {
        null => null,
        { Dataset: { } place } => NumberList.Read(file, place, scale, usual) ?? throw file.Wrong($"there is no list of numbers {place}: name another"),
        _ => source.Values.ToArray(),
    };

    private double[]? Told(AxisSource? source) => source switch
    {
        null => null,
        { Dataset: { } place } => NumberList.Read(file, place) ?? throw file.Wrong($"there is no list of numbers {place}: name another"),
        _ => source.Values.ToArray(),
    };

    private double[] Checked(double[]? values, string what, string remedy, ulong count) =>
        values is null ? throw file.Wrong($"the file says no {what} of the {count} in {path}: say them by {remedy}, or the path of a dataset") : Finite(values, what);

    private double[] Finite(double[] values, string what)
    {
        int at = Array.FindIndex(values, value => !double.IsFinite(value));
        return at < 0 ? values : throw file.Wrong($"number {at} of the {what} of {path} is {values[at]}: say them on the command line");
    }

    // [translation, rotation] as the intensities have it, or [rotation, translation]; another size is a monitor of something else.
    private float[]? Monitor(int rotations, int translations)
    {
        if (MonitorPath is null || file.Find(MonitorPath) is not { } monitor || monitor.Space.Dimensions is not [var rows, var columns])
        {
            return null;
        }

        bool isByTranslation = rows == (ulong)translations && columns == (ulong)rotations;
        if (!isByTranslation && (rows != (ulong)rotations || columns != (ulong)translations))
        {
            return null;
        }

        float[] values = file.ReadSingles(monitor, MonitorPath, rotations * translations);
        return isByTranslation ? SinogramTurn.Turned(values, translations, rotations) : values;
    }
}
