using System.Globalization;

namespace XrdCt.Live.Ingest.Files;

/// <summary>
/// A file name with a running number, as detectors write a series: <c>scan7_00042.cbf</c> is number 42 of <c>scan7_</c>.
/// </summary>
/// <param name="Series">What is before the number, with the folder if the name had one; the whole name without its extension where there
/// is no number.</param>
/// <param name="Number">The last run of digits before the extension; 0 where there is none.</param>
public readonly record struct NumberedName(string Series, long Number)
{
    // Longer runs of digits are dates or serial numbers with something behind; only the end counts.
    private const int MostDigits = 18;

    /// <summary>Reads a name.</summary>
    /// <param name="name">A file name or relative path.</param>
    public static NumberedName Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string stem = Path.ChangeExtension(name, null);
        int end = stem.Length;
        while (end > 0 && !char.IsAsciiDigit(stem[end - 1]) && stem[end - 1] != '/' && stem[end - 1] != '\\')
        {
            end--;
        }

        int start = end;
        while (start > 0 && end - start < MostDigits && char.IsAsciiDigit(stem[start - 1]))
        {
            start--;
        }

        // What stands behind the number belongs to the series: name_00001_raw and name_00001_dark are two.
        return start == end
            ? new NumberedName(stem, 0)
            : new NumberedName(stem[..start] + stem[end..], long.Parse(stem.AsSpan(start, end - start), CultureInfo.InvariantCulture));
    }
}
