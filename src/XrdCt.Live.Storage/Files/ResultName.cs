using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Storage.Files;

/// <summary>Names of results: <c>TITLE_yyyyMMdd-HHmmss</c>, of a slice of a stack <c>TITLE_slice003_yyyyMMdd-HHmmss</c>, and numbers where a name is taken.</summary>
internal static class ResultName
{
    /// <summary>Far beyond what happens; ends the search when every name seems taken, as on a broken network drive.</summary>
    public const int MostNumbers = 10_000;

    private const string FallbackStem = "scan";

    // File systems allow 255 bytes; 60 letters of up to 3 bytes leave room for time, number, extension and '.part'.
    private const int LongestStem = 60;

    /// <summary>The name without number and extension, safe on every file system.</summary>
    public static string Stem(ScanDescription scan, DateTimeOffset startedAt)
    {
        string slice = scan.Slice is StackSlice one ? $"_slice{one.Number:D3}" : "";
        return $"{Title(scan.Title)}{slice}_{startedAt:yyyyMMdd-HHmmss}";
    }

    /// <summary>A title as part of a file's name.</summary>
    public static string Title(string title)
    {
        // Letters, digits, '-', '_' and '.' are safe; a leading dot would hide the file.
        char[] safe = [.. title.Select(c => char.IsLetterOrDigit(c) || c is '-' or '.' ? c : '_')];
        string stem = new string(safe).Trim('_', '.', '-');
        while (stem.Contains("__", StringComparison.Ordinal))
        {
            stem = stem.Replace("__", "_", StringComparison.Ordinal);
        }

        return stem.Length == 0 ? FallbackStem : stem[..Math.Min(stem.Length, LongestStem)];
    }

    /// <summary>The name with its number, from 1, which is not written.</summary>
    public static string Numbered(string stem, int number, string extension) =>
        number == 1 ? stem + extension : $"{stem}-{number}{extension}";
}
