using System.Globalization;
using System.Text;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage.Files;
using XrdCt.Live.Storage.Nexus;

namespace XrdCt.Live.Storage;

/// <summary>
/// Writes an integrated pattern as two-column text or as CSV. A file appears complete or not at all.
/// Numbers are written so that they read back to the same double, with a point, whatever the language of the machine.
/// </summary>
public static class PatternFile
{
    private const string NoPixels = "nan";

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
            WriteHeader(text, pattern.Source, pattern.Settings);
            WriteColumns(text, pattern.Axis.Centres, pattern.Intensity, RadialNames.Label(pattern.Axis.Unit));
        });
    }

    /// <summary>Writes the mean pattern of a sinogram like <see cref="WriteXy(string, IntegratedPattern, bool)"/>.</summary>
    /// <param name="path">File to write.</param>
    /// <param name="header">The sinogram.</param>
    /// <param name="mean">Mean intensity of each bin; NaN where no cell has a value.</param>
    /// <param name="settings">Lines that say how it was made.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="ArgumentException">There is not one intensity per bin.</exception>
    /// <exception cref="IOException">The file exists and must not be replaced, or cannot be written; the message names
    /// the path and the remedy.</exception>
    public static void WriteXy(string path, SinogramHeader header, double[] mean, IReadOnlyList<string> settings, bool overwrite = false)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(settings);
        if (mean.Length != header.BinCount)
        {
            throw new ArgumentException($"{mean.Length} intensities for {header.BinCount} bins", nameof(mean));
        }

        SaveText(path, overwrite, text =>
        {
            WriteHeader(text, header.Origin, settings);
            WriteColumns(text, header.Radial, mean, header.Unit is { } unit ? RadialNames.Label(unit) : "channel");
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
            WriteHeader(text, pattern.Source, pattern.Settings);
            text.Write($"# x: {RadialNames.Label(pattern.Axis.Unit)}; intensity and sigma: counts; count: pixels kept\n");
            text.Write("x,intensity,sigma,count\n");
            for (int bin = 0; bin < x.Length; bin++)
            {
                string intensity = Number(pattern.Intensity[bin]);
                string sigma = Number(pattern.Sigma[bin]);
                text.Write($"{Number(x[bin])},{intensity},{sigma},{pattern.Count[bin]}\n");
            }
        });
    }

    /// <summary>Checks that a file may be written, for those who would compute long before they find out.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="IOException">It exists and must not be replaced; the message names the path and the remedy.</exception>
    public static void RefuseExisting(string path, bool overwrite)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string fullPath = Path.GetFullPath(path);
        if (!overwrite && File.Exists(fullPath))
        {
            throw new IOException(
                $"the pattern cannot be saved to '{fullPath}', because it exists: "
                + "choose another name or allow overwriting");
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
        RefuseExisting(path, overwrite);
        string fullPath = Path.GetFullPath(path);
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

    private static void WriteHeader(StreamWriter text, string source, IReadOnlyList<string> settings)
    {
        WriteComment(text, $"source: {source}");
        foreach (string line in settings)
        {
            WriteComment(text, line);
        }
    }

    private static void WriteColumns(StreamWriter text, ReadOnlySpan<double> x, double[] intensity, string label)
    {
        int empty = intensity.Count(double.IsNaN);
        if (empty > 0)
        {
            text.Write($"# bins without pixels, left out: {empty}\n");
        }

        text.Write($"# columns: {label}, intensity (counts)\n");
        for (int bin = 0; bin < x.Length; bin++)
        {
            if (!double.IsNaN(intensity[bin]))
            {
                text.Write($"{Number(x[bin])} {Number(intensity[bin])}\n");
            }
        }
    }

    // A line break inside a text would end the comment and start a row of numbers.
    private static void WriteComment(StreamWriter text, string line) =>
        text.Write($"# {line.ReplaceLineEndings(" ").Replace('\r', ' ')}\n");

    private static string Number(double value) =>
        double.IsNaN(value) ? NoPixels : value.ToString("R", CultureInfo.InvariantCulture);

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
