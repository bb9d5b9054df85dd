using System.IO.Enumeration;

namespace XrdCt.Live.Server.Integration;

/// <summary>
/// Names with <c>*</c> (any letters), <c>?</c> (one letter) and <c>**</c> (folders at any depth, also none), as shells know them, for
/// patterns that are quoted because a shell has no room for so many names. Hidden files and linked folders are not searched.
/// </summary>
internal static class FilePattern
{
    private static readonly EnumerationOptions Visible = new() { IgnoreInaccessible = false };

    /// <summary>Whether a path has anything to expand.</summary>
    public static bool IsPattern(string path) => path.AsSpan().ContainsAny('*', '?');

    /// <summary>The files that match, numbers in names in the order of their values.</summary>
    /// <exception cref="UserException">A folder cannot be read.</exception>
    public static IReadOnlyList<string> Find(string pattern)
    {
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        string root = Path.GetPathRoot(pattern) ?? "";
        string[] segments = pattern[root.Length..].Split(separators, StringSplitOptions.RemoveEmptyEntries);
        if (segments is [.., "**"])
        {
            segments = [.. segments, "*"];
        }

        try
        {
            return [.. Match(root, segments).Distinct().Order(NaturalOrder.Instance)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{pattern}: {e.Message.TrimEnd('.')}: check the folder's permissions", e);
        }
    }

    private static IEnumerable<string> Match(string folder, ReadOnlyMemory<string> segments)
    {
        string segment = segments.Span[0];
        ReadOnlyMemory<string> rest = segments[1..];
        string listed = folder.Length == 0 ? "." : folder;
        if (segment == "**")
        {
            IEnumerable<string> deeper = Folders(listed, "*")
                .Where(name => new DirectoryInfo(Path.Combine(folder, name)).LinkTarget is null)
                .SelectMany(name => Match(Path.Combine(folder, name), segments));
            return Match(folder, rest).Concat(deeper);
        }

        if (rest.IsEmpty)
        {
            return IsPattern(segment)
                ? Directory.EnumerateFiles(listed, "*", Visible).Select(file => Path.GetFileName(file)).Where(name => Matches(segment, name))
                    .Select(name => Path.Combine(folder, name))
                : File.Exists(Path.Combine(folder, segment)) ? [Path.Combine(folder, segment)] : [];
        }

        if (IsPattern(segment))
        {
            return Folders(listed, segment).SelectMany(name => Match(Path.Combine(folder, name), rest));
        }

        string next = Path.Combine(folder, segment);
        return Directory.Exists(next) ? Match(next, rest) : [];
    }

    private static IEnumerable<string> Folders(string folder, string segment) =>
        Directory.EnumerateDirectories(folder, "*", Visible).Select(inner => Path.GetFileName(inner)).Where(name => Matches(segment, name));

    private static bool Matches(string segment, string name) => FileSystemName.MatchesSimpleExpression(segment, name, ignoreCase: false);
}
