namespace XrdCt.Live.Server.Integration;

/// <summary>A file of frames as the command line names it: <c>FILE</c>, or <c>FILE::/path/to/dataset</c> in an HDF5 file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Dataset">The dataset; null for one that is found by itself.</param>
internal readonly record struct FrameArgument(string Path, string? Dataset)
{
    private const string Separator = "::";

    /// <summary>Reads a word of the command line; a pattern is expanded, and a file that exists is never taken for one.</summary>
    /// <exception cref="UserException">A pattern matches nothing, or the word is a folder.</exception>
    public static IEnumerable<FrameArgument> Expand(string word)
    {
        int separator = word.IndexOf(Separator, StringComparison.Ordinal);
        string path = separator < 0 ? word : word[..separator];
        string? dataset = separator < 0 ? null : word[(separator + Separator.Length)..];
        if (Directory.Exists(path))
        {
            throw UserException.WrongUse($"{path} is a folder: name the frames in it, such as '{System.IO.Path.Combine(path, "*.cbf")}'");
        }

        if (File.Exists(path) || !FilePattern.IsPattern(path))
        {
            return [new FrameArgument(path, dataset)];
        }

        IReadOnlyList<string> files = FilePattern.Find(path);
        return files.Count > 0
            ? files.Select(file => new FrameArgument(file, dataset))
            : throw new UserException($"no file matches {path}: check the folder and the pattern (* and ? inside a name, ** for folders at any depth)");
    }

    /// <inheritdoc/>
    public override string ToString() => Dataset is null ? Path : $"{Path}{Separator}{Dataset}";
}
