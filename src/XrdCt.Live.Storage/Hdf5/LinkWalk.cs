namespace XrdCt.Live.Storage.Hdf5;

/// <summary>
/// Follows paths through links of all kinds and through files, as HDF5 does: the name of another file counts from the folder of the file
/// that has the link. Not thread-safe.
/// </summary>
internal sealed class LinkWalk : IDisposable
{
    // As HDF5 has it (H5L_NUM_LINKS).
    private const int MostLinks = 16;
    private const int MostFiles = 256;
    private const int MostNodes = 10_000;
    private const int DeepestGroup = 8;
    private const int LongestPath = 1000;

    private readonly Dictionary<string, Hdf5Metadata> _files = [];

    // Each path begins at the root, and groups of thousands of links lie on the way. What they hold was paid for when it was read.
    private readonly Dictionary<(Hdf5Metadata, ulong), Dictionary<string, Link>> _groups = [];

    /// <summary>
    /// A file, by the name that another one has for it: beside that one, else beside what that one is a symbolic link to; data that were
    /// copied elsewhere keep the old folder in an absolute name, and are looked for without it.
    /// </summary>
    public static string FileOf(string holder, string name)
    {
        if (name == ".")
        {
            return holder;
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(holder))!;
        string usual = Path.Combine(folder, name);
        string? real = File.ResolveLinkTarget(holder, returnFinalTarget: true)?.FullName;
        string[] places =
        [
            usual,
            Path.Combine(Path.GetDirectoryName(real) ?? folder, name),
            Path.Combine(folder, Path.IsPathRooted(name) ? Path.GetFileName(name) : name),
        ];
        return places.FirstOrDefault(File.Exists) ?? usual;
    }

    /// <summary>A file, opened once.</summary>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no HDF5 file.</exception>
    public Hdf5Metadata Open(string path)
    {
        string whole = Path.GetFullPath(path);
        if (!_files.TryGetValue(whole, out Hdf5Metadata? file))
        {
            file = _files.Count < MostFiles ? new Hdf5Metadata(path) : throw new InvalidDataException($"{path} is one of more than {MostFiles} files that links lead to");
            _files[whole] = file;
        }

        return file;
    }

    /// <summary>Follows a path.</summary>
    /// <param name="file">The file that it begins in.</param>
    /// <param name="path">The path.</param>
    /// <param name="why">Which link leads nowhere, a sentence; null where a name is simply not there.</param>
    /// <returns>What is there; null where nothing is.</returns>
    public ObjectPlace? Find(Hdf5Metadata file, string path, out string? why)
    {
        why = null;
        int links = 0;
        Stack<string> names = [];
        Push(names, path);
        ObjectPlace at = Root(file);
        while (names.TryPop(out string? name))
        {
            if (!at.Header.IsGroup || at.Path.Length > LongestPath || !LinksOf(at.Header).TryGetValue(name, out Link link))
            {
                return null;
            }

            file = at.Header.File;
            if (link.Path is null)
            {
                at = new ObjectPlace($"{at.Path}/{name}", new ObjectHeader(file, link.Address));
                continue;
            }

            links++;
            if (links > MostLinks)
            {
                why = $"{file.FilePath}: the link {at.Path}/{name} goes in a circle, or follows {MostLinks} others";
                return null;
            }

            if (link.File is not null)
            {
                if (TryOpen(file, $"{at.Path}/{name}", link.File, out why) is not { } other)
                {
                    return null;
                }

                at = Root(other);
            }
            else if (link.Path.StartsWith('/'))
            {
                at = Root(file);
            }

            Push(names, link.Path);
        }

        return at;
    }

    /// <summary>The links of a group, by name; read once.</summary>
    public IReadOnlyDictionary<string, Link> LinksOf(ObjectHeader group)
    {
        if (!_groups.TryGetValue((group.File, group.Address), out Dictionary<string, Link>? links))
        {
            links = [];
            foreach (Link link in GroupLinks.Of(group))
            {
                links.TryAdd(link.Name, link);
            }

            _groups[(group.File, group.Address)] = links;
        }

        return links;
    }

    /// <summary>The groups and datasets of a file, and of those that it has links to, with their paths from its root, groups first; none twice.</summary>
    /// <param name="file">The file.</param>
    /// <param name="broken">Receives a sentence for each link that leads nowhere.</param>
    public IEnumerable<(string Path, ObjectPlace Place)> Nodes(Hdf5Metadata file, ICollection<string> broken) =>
        Nodes("", Root(file), [(file, file.Root)], broken);

    /// <summary>Frames of a dataset [frame, row, column], 1 for [row, column], 0 where there is none.</summary>
    public long FramesIn(VirtualSource source)
    {
        try
        {
            return Find(Open(source.FilePath), source.Dataset, out _) is { Header.IsDataset: true } place
                ? new DatasetHeader(place.Header).Dimensions switch { [var count, _, _] => (long)Math.Min(count, int.MaxValue), [_, _] => 1, _ => 0 }
                : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // A scan that was stopped has such files, and no frames in them.
            return 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Hdf5Metadata file in _files.Values)
        {
            file.Dispose();
        }
    }

    private static ObjectPlace Root(Hdf5Metadata file) => new("", new ObjectHeader(file, file.Root));

    private static void Push(Stack<string> names, string path)
    {
        foreach (string name in path.Split('/').Reverse().Where(n => n is not ("" or ".")))
        {
            names.Push(name);
        }
    }

    private Hdf5Metadata? TryOpen(Hdf5Metadata holder, string link, string name, out string? why)
    {
        why = null;
        string path = FileOf(holder.FilePath, name);
        try
        {
            if (File.Exists(path))
            {
                return Open(path);
            }

            why = $"{holder.FilePath}: {link} is a link to {name}, which is not there: copy it to its place beside this file";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            why = $"{holder.FilePath}: {link} is a link to {name}: {e.Message.TrimEnd('.')}";
        }

        return null;
    }

    private IEnumerable<(string Path, ObjectPlace Place)> Nodes(
        string path, ObjectPlace group, HashSet<(Hdf5Metadata, ulong)> seen, ICollection<string> broken, int depth = 0)
    {
        if (path.Length > LongestPath || group.Path.Length > LongestPath)
        {
            yield break;
        }

        Hdf5Metadata file = group.Header.File;
        foreach (Link link in LinksOf(group.Header).Values.OrderBy(l => l.Name, StringComparer.Ordinal))
        {
            if (seen.Count >= MostNodes)
            {
                yield break;
            }

            string? why = null;
            if ((link.Path is null ? Hard(group, link, seen) : Find(file, $"{group.Path}/{link.Name}", out why)) is not { } place)
            {
                if (link.Path is not null)
                {
                    broken.Add(why ?? $"{file.FilePath}: {group.Path}/{link.Name} leads nowhere");
                }

                continue;
            }

            if (!seen.Add((place.Header.File, place.Header.Address)))
            {
                continue;
            }

            string at = $"{path}/{link.Name}";
            yield return (at, place);
            if (place.Header.IsGroup && depth < DeepestGroup)
            {
                foreach ((string, ObjectPlace) inner in Nodes(at, place, seen, broken, depth + 1))
                {
                    yield return inner;
                }
            }
        }
    }

    // Where a hard link leads, without the way there from the root; null where that was seen.
    private static ObjectPlace? Hard(ObjectPlace group, Link link, HashSet<(Hdf5Metadata, ulong)> seen) => seen.Contains((group.Header.File, link.Address))
        ? null
        : new ObjectPlace($"{group.Path}/{link.Name}", new ObjectHeader(group.Header.File, link.Address));
}
