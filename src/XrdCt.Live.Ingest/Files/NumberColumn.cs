using System.Globalization;
using System.Text;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>
/// One number per frame in a file: a <c>.npy</c> array of one dimension, or text with a number per line. Lines that begin with <c>#</c> are
/// comments; an empty field or <c>nan</c> is a missing number; a first line of words names the columns.
/// </summary>
public static class NumberColumn
{
    // A number per frame of a month of beamtime, 16 letters each.
    private const int LargestFile = 1 << 28;

    private static readonly char[] Separators = [',', ';', '\t', ' '];

    /// <summary>Reads the numbers.</summary>
    /// <param name="path">The file.</param>
    /// <param name="column">The column that is meant where there are several.</param>
    /// <returns>The numbers; NaN where one is missing.</returns>
    /// <exception cref="FormatException">The file holds no such numbers; the message names it, the line and the remedy.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static double[] Read(string path, string column)
    {
        using ImageStream stream = ImageStream.Open(path);
        byte[] begun = new byte[NpyHeader.Magic.Length];
        Span<byte> magic = begun.AsSpan(0, stream.ReadAtMost(begun));
        return magic.SequenceEqual(NpyHeader.Magic)
            ? ReadArray(stream)
            : ReadText(stream, Encoding.UTF8.GetString(stream.ReadToEnd(magic, LargestFile)), column);
    }

    private static double[] ReadArray(ImageStream stream)
    {
        NpyHeader header = NpyHeader.Read(stream);
        int size = NumberArray.SizeOf(header.Format);
        if (header.Sides is not [var length] || length * size > LargestFile)
        {
            throw stream.Wrong($"the array has the shape ({string.Join(", ", header.Sides)}), but one number per frame has one dimension");
        }

        byte[] bytes = stream.ReadExactly((int)length * size);
        return new NumberArray(new ImageShape(1, (int)length), header.Format, bytes, header.IsLittleEndian).ToDouble();
    }

    private static double[] ReadText(ImageStream stream, string text, string column)
    {
        var numbers = new List<double>();
        int? at = null;
        string[] lines = text.TrimEnd().Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.StartsWith('#'))
            {
                continue;
            }

            string[] fields = Fields(line);
            if (at is null && fields.Any(f => f.Length > 0 && !IsNumber(f)))
            {
                at = Array.FindIndex(fields, f => f.Equals(column, StringComparison.OrdinalIgnoreCase));
                at = at >= 0 ? at : fields.Length == 1 ? 0 : throw stream.Wrong($"none of the columns {line} is called {column}: rename the one that is meant");
                continue;
            }

            at ??= fields.Length == 1 ? 0 : throw stream.Wrong($"line {i + 1} has {fields.Length} columns: name them in the first line, one of them {column}");
            string field = at < fields.Length ? fields[at.Value] : "";
            numbers.Add(field.Length == 0 ? double.NaN : IsNumber(field) ? Number(field) : throw stream.Wrong($"line {i + 1}: '{field}' is no number"));
        }

        return numbers.Count > 0 ? [.. numbers] : throw stream.Wrong("there are no numbers in the file");
    }

    private static string[] Fields(string line)
    {
        char separator = Separators.FirstOrDefault(line.Contains, ',');
        StringSplitOptions options = separator is ' ' or '\t'
            ? StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
            : StringSplitOptions.TrimEntries;
        return line.Split(separator, options);
    }

    private static bool IsNumber(string text) =>
        text.Equals("nan", StringComparison.OrdinalIgnoreCase) || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static double Number(string text) =>
        text.Equals("nan", StringComparison.OrdinalIgnoreCase) ? double.NaN : double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}
