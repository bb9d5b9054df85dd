using XrdCt.Live.Storage.Hdf5;
using XrdCt.Live.Storage.Images;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>Lists of positions in HDF5 files, with their units.</summary>
internal static class NumberList
{
    /// <summary>What helps where a file says too little.</summary>
    public const string Remedy = "--angles-deg, --translations-um and --axes say what the file does not";

    // One position per frame; a claim beyond it must not cost memory.
    private const ulong MostNumbers = 1UL << 22;

    /// <summary>Reads a list as it is.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Path of the dataset.</param>
    /// <returns>Null where there is no list there.</returns>
    /// <exception cref="InvalidDataException">It holds no numbers, or is damaged.</exception>
    public static double[]? Read(NumberFile file, string path) =>
        file.Find(path) is { } list && list.Space.Dimensions is [> 0 and <= MostNumbers and var count]
            ? file.ReadDoubles(list, path, (long)count)
            : null;

    /// <summary>Reads a list in the unit that is wanted.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Path of the dataset.</param>
    /// <param name="scale">Factor from a unit to the one wanted; null where it is not known.</param>
    /// <param name="usual">Unit where the dataset has none.</param>
    /// <returns>Null where there is no list there.</returns>
    /// <exception cref="InvalidDataException">It holds no numbers, its unit is not known, or it is damaged.</exception>
    public static double[]? Read(NumberFile file, string path, Func<string, double?> scale, string usual)
    {
        if (Read(file, path) is not { } values)
        {
            return null;
        }

        string units = UnitsOf(file, path) ?? usual;
        double factor = scale(units) ?? throw file.Wrong($"{path} has the units '{units}', which are not known here: {Remedy}");
        return factor == 1 ? values : [.. values.Select(value => value * factor)];
    }

    /// <summary>The only number of a dataset; null where there is none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Path of the dataset.</param>
    /// <exception cref="InvalidDataException">It is no number, or damaged.</exception>
    public static double? Single(NumberFile file, string path) =>
        file.Find(path) is { } node && node.Space.Dimensions.All(side => side == 1) ? file.ReadDoubles(node, path, 1)[0] : null;

    /// <summary>Attribute <c>units</c> of a dataset, or <c>unit</c>; null where there is none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Path of the dataset.</param>
    public static string? UnitsOf(NumberFile file, string path) => file.HeaderOf(path) is { } node
        ? file.Guard(path, () => NodeText.Attribute(node, "units") ?? NodeText.Attribute(node, "unit"))
        : null;
}
