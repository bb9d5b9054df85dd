using System.Globalization;
using System.Text;
using PureHDF;
using PureHDF.Selections;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Storage.Files;
using XrdCt.Live.Storage.Nexus;

namespace XrdCt.Live.Storage;

/// <summary>
/// Writes integrated patterns as two-column text, as CSV or as NeXus HDF5. A file appears complete or not at all.
/// Numbers are written so that they read back to the same double, with a point, whatever the language of the machine.
/// </summary>
public static class PatternFile
{
    private const string NoPixels = "nan";
    private const string EntryName = "entry";
    private const string CountUnits = "counts";

    private static readonly UTF8Encoding Utf8WithoutMark = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>
    /// Writes two columns, position and intensity, under a header of <c>#</c> lines: what refinement programs,
    /// gnuplot and <c>numpy.loadtxt</c> read. Bins without pixels are left out, because refinement programs know no NaN; the
    /// header says how many.
    /// </summary>
    /// <param name="path">File to write.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="ArgumentException">An array of the pattern has not one value per bin.</exception>
    /// <exception cref="IOException">The file exists and must not be replaced, or cannot be written; the message names
    /// the path and the remedy.</exception>
    public static void WriteXy(string path, IntegratedPattern pattern, bool overwrite = false)
    {
        Check(pattern);
        SaveText(path, overwrite, text =>
        {
            ReadOnlySpan<double> x = pattern.Axis.Centres;
            int empty = pattern.Intensity.Count(double.IsNaN);
            WriteHeader(text, pattern);
            if (empty > 0)
            {
                text.Write($"# bins without pixels, left out: {empty}\n");
            }

            text.Write($"# columns: {Label(pattern.Axis.Unit)}, intensity (counts)\n");
            for (int bin = 0; bin < x.Length; bin++)
            {
                if (!double.IsNaN(pattern.Intensity[bin]))
                {
                    text.Write($"{Number(x[bin])} {Number(pattern.Intensity[bin])}\n");
                }
            }
        });
    }

    /// <summary>
    /// Writes a header of <c>#</c> lines, a line <c>x,intensity,sigma,count</c> and one line per bin; <c>nan</c> stands
    /// in empty bins.
    /// </summary>
    /// <param name="path">File to write.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="ArgumentException">An array of the pattern has not one value per bin.</exception>
    /// <exception cref="IOException">The file exists and must not be replaced, or cannot be written; the message names
    /// the path and the remedy.</exception>
    public static void WriteCsv(string path, IntegratedPattern pattern, bool overwrite = false)
    {
        Check(pattern);
        SaveText(path, overwrite, text =>
        {
            ReadOnlySpan<double> x = pattern.Axis.Centres;
            WriteHeader(text, pattern);
            text.Write($"# x: {Label(pattern.Axis.Unit)}; intensity and sigma: counts; count: pixels kept\n");
            text.Write("x,intensity,sigma,count\n");
            for (int bin = 0; bin < x.Length; bin++)
            {
                string intensity = Number(pattern.Intensity[bin]);
                string sigma = Number(pattern.Sigma[bin]);
                text.Write($"{Number(x[bin])},{intensity},{sigma},{pattern.Count[bin]}\n");
            }
        });
    }

    /// <summary>
    /// Writes patterns of one radial axis as <c>/entry/data</c> (NXdata): <c>x</c> [bin] and <c>intensity</c>,
    /// <c>sigma</c>, <c>count</c> [frame, bin], compressed; <c>source</c> [frame]; <c>/entry/process/settings</c>, one
    /// text where all frames were made alike, else one per frame.
    /// </summary>
    /// <param name="path">File to write.</param>
    /// <param name="patterns">The patterns, at least one.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="ArgumentException">No pattern, differing axes, or an array without one value per bin.</exception>
    /// <exception cref="IOException">The file exists and must not be replaced, or cannot be written; the message names
    /// the path and the remedy.</exception>
    public static void WriteHdf5(string path, IReadOnlyList<IntegratedPattern> patterns, bool overwrite = false)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        if (patterns.Count == 0)
        {
            throw new ArgumentException("there is no pattern to write", nameof(patterns));
        }

        foreach (IntegratedPattern pattern in patterns)
        {
            Check(pattern);
            if (!SameAxis(pattern.Axis, patterns[0].Axis))
            {
                throw new ArgumentException(
                    $"'{pattern.Source}' has another radial axis than '{patterns[0].Source}'", nameof(patterns));
            }
        }

        Save(path, overwrite, stream => WriteTree(stream, patterns));
    }

    private static void WriteTree(Stream stream, IReadOnlyList<IntegratedPattern> patterns)
    {
        RadialAxis axis = patterns[0].Axis;
        H5Dataset<double[]> intensity = Stack<double[]>(patterns, CountUnits);
        H5Dataset<double[]> sigma = Stack<double[]>(patterns, CountUnits);
        H5Dataset<long[]> count = Stack<long[]>(patterns, "pixels");

        H5Group data = NexusNodes.Group("NXdata");
        data.Attributes["signal"] = "intensity";
        data.Attributes["axes"] = new[] { ".", "x" };
        data.Attributes["interpretation"] = "spectrum";
        data["x"] = NexusNodes.Vector(
            axis.Centres.ToArray(), RadialNames.Units(axis.Unit), RadialNames.Quantity(axis.Unit));
        data["intensity"] = intensity;
        data["sigma"] = sigma;
        data["intensity_errors"] = sigma;
        data["count"] = count;
        data["source"] = patterns.Select(p => p.Source).ToArray();

        string[] settings = [.. patterns.Select(p => string.Join('\n', p.Settings))];
        H5Group process = NexusNodes.Group("NXprocess");
        process["settings"] = settings.Distinct().Count() == 1 ? NexusNodes.Text(settings[0]) : new H5Dataset(settings);

        H5Group entry = NexusNodes.Group("NXentry");
        entry.Attributes["default"] = "data";
        entry["data"] = data;
        entry["process"] = process;

        H5File file = NexusNodes.Root(EntryName, "XrdCt.Live", DateTimeOffset.Now);
        file[EntryName] = entry;
        // Not in a using: disposing writes index and superblock; after a failure a broken file would look whole.
        H5NativeWriter writer = file.BeginWrite(stream, NexusNodes.Options);
        WriteRows(writer, intensity, [.. patterns.Select(p => p.Intensity)]);
        WriteRows(writer, sigma, [.. patterns.Select(p => p.Sigma)]);
        WriteRows(writer, count, [.. patterns.Select(p => p.Count)]);
        writer.Dispose();
    }

    // One chunk per frame: frames are read one by one, and none is held twice in memory.
    private static H5Dataset<T> Stack<T>(IReadOnlyList<IntegratedPattern> patterns, string units)
    {
        ulong bins = (ulong)patterns[0].Axis.BinCount;
        H5Dataset<T> stack = new([(ulong)patterns.Count, bins], [1, (uint)bins], NexusNodes.Compressed());
        NexusNodes.WithUnits(stack, units);
        return stack;
    }

    private static void WriteRows<T>(H5NativeWriter writer, H5Dataset<T[]> stack, IReadOnlyList<T[]> rows)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            HyperslabSelection place = new(rank: 2, starts: [(ulong)row, 0], blocks: [1, (ulong)rows[row].Length]);
            writer.Write(stack, rows[row], fileSelection: place);
        }
    }

    private static void SaveText(string path, bool overwrite, Action<StreamWriter> write) =>
        Save(path, overwrite, stream =>
        {
            using StreamWriter text = new(stream, Utf8WithoutMark, leaveOpen: true);
            write(text);
        });

    private static void Save(string path, bool overwrite, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string fullPath = Path.GetFullPath(path);
        if (!overwrite && File.Exists(fullPath))
        {
            throw new IOException(
                $"the pattern cannot be saved to '{fullPath}', because it exists: "
                + "choose another name or allow overwriting");
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(fullPath)!);
            using PartFile part = PartFile.Start(fullPath, reuse: true);
            write(part.Stream);
            part.Publish(fullPath, overwrite);
        }
        catch (Exception fault) when (WriteFailure.IsFileFault(fault))
        {
            throw WriteFailure.Explain("the pattern", fullPath, fault);
        }
    }

    private static void WriteHeader(StreamWriter text, IntegratedPattern pattern)
    {
        WriteComment(text, $"source: {pattern.Source}");
        foreach (string line in pattern.Settings)
        {
            WriteComment(text, line);
        }
    }

    // A line break inside a text would end the comment and start a row of numbers.
    private static void WriteComment(StreamWriter text, string line) =>
        text.Write($"# {line.ReplaceLineEndings(" ").Replace('\r', ' ')}\n");

    private static string Number(double value) =>
        double.IsNaN(value) ? NoPixels : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Label(RadialUnit unit) => $"{RadialNames.Quantity(unit)} ({RadialNames.Units(unit)})";

    private static bool SameAxis(RadialAxis one, RadialAxis other) =>
        one.Unit == other.Unit && one.Centres.SequenceEqual(other.Centres);

    private static void Check(IntegratedPattern pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        int bins = pattern.Axis.BinCount;
        if (pattern.Intensity.Length != bins || pattern.Sigma.Length != bins || pattern.Count.Length != bins)
        {
            throw new ArgumentException(
                $"'{pattern.Source}' has {pattern.Intensity.Length} intensities, {pattern.Sigma.Length} sigmas and "
                + $"{pattern.Count.Length} counts, expected {bins} each",
                nameof(pattern));
        }
    }
}
