using PureHDF;
using PureHDF.Filters;
using PureHDF.VOL.Native;

namespace XrdCt.Live.Storage.Nexus;

/// <summary>Groups and fields as NeXus wants them: every group has its class, every number its unit.</summary>
internal static class NexusNodes
{
    /// <summary>Deflate level 1: level 6 takes three times as long for a few per cent on noisy float32.</summary>
    private const int DeflateLevel = 1;

    /// <summary>Options of all our files: plain contiguous datasets, variable-length UTF-8 strings.</summary>
    public static H5WriteOptions Options { get; } = new(PreferCompactDatasetLayout: false);

    /// <summary>An empty group.</summary>
    public static H5Group Group(string nexusClass) => new() { Attributes = new() { ["NX_class"] = nexusClass } };

    /// <summary>An empty file with its root attributes.</summary>
    /// <param name="defaultEntry">Name of the entry to show first.</param>
    /// <param name="program">Program that writes it.</param>
    /// <param name="time">Time that it is written.</param>
    public static H5File Root(string defaultEntry, string program, DateTimeOffset time) => new()
    {
        Attributes = new()
        {
            ["NX_class"] = "NXroot",
            ["default"] = defaultEntry,
            ["creator"] = program,
            ["file_time"] = Iso8601(time),
        },
    };

    /// <summary>
    /// A text. Never the bare string: PureHDF makes one object with several hard links of a string that it meets twice.
    /// </summary>
    public static H5Dataset Text(string text) => new(text);

    /// <summary>A scalar with a unit.</summary>
    public static H5Dataset Scalar(double value, string units) => WithUnits(new H5Dataset(value), units);

    /// <summary>An axis or any other list of values.</summary>
    public static H5Dataset Vector<T>(T[] values, string? units = null, string? longName = null)
        where T : unmanaged
    {
        H5Dataset dataset = new(values);
        if (units is not null)
        {
            WithUnits(dataset, units);
        }

        if (longName is not null)
        {
            dataset.Attributes["long_name"] = longName;
        }

        return dataset;
    }

    /// <summary>An uncompressed table, [rows, columns].</summary>
    public static H5Dataset Table<T>(T[] values, int rows, int columns, string? units = null)
        where T : unmanaged
    {
        H5Dataset dataset = new(values, fileDims: [(ulong)rows, (ulong)columns]);
        return units is null ? dataset : WithUnits(dataset, units);
    }

    /// <summary>Adds a unit.</summary>
    public static H5Dataset WithUnits(H5Dataset dataset, string units)
    {
        dataset.Attributes["units"] = units;
        return dataset;
    }

    /// <summary>Shuffle and deflate, with a cache of one chunk.</summary>
    public static H5DatasetCreation Compressed() => new(
        ChunkCache: new OneChunkCache(),
        Filters:
        [
            ShuffleFilter.Id,
            new H5Filter(DeflateFilter.Id, new() { [DeflateFilter.COMPRESSION_LEVEL] = DeflateLevel }),
        ]);

    /// <summary>Time with its offset, to the millisecond.</summary>
    public static string Iso8601(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ss.fffzzz");

    /// <summary>
    /// A name that NeXus accepts for a group or field: letters, digits, underscore; what else there was becomes an
    /// underscore.
    /// </summary>
    /// <param name="name">Name for people.</param>
    /// <param name="taken">Names in use; the result is added, with a number behind it where needed.</param>
    public static string ValidName(string name, ISet<string> taken)
    {
        string valid = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        valid = valid.Length == 0 || char.IsAsciiDigit(valid[0]) ? "_" + valid : valid;
        string unique = valid;
        for (int n = 2; !taken.Add(unique); n++)
        {
            unique = $"{valid}_{n}";
        }

        return unique;
    }
}
