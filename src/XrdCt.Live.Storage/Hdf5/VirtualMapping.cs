namespace XrdCt.Live.Storage.Hdf5;

/// <summary>
/// Which parts of a virtual dataset are which parts of others (specification, III.E "Global Heap Block for Virtual Datasets").
/// </summary>
internal static class VirtualMapping
{
    // As many parts on both sides as there are frames in a scan of a million.
    private const int MostRuns = 2_000_000;

    /// <summary>Takes one part.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="index">Which of the sources that is, in the order of the result.</param>
    /// <param name="from">What is selected there.</param>
    /// <param name="to">What is selected here.</param>
    public delegate void Part(VirtualSource source, int index, FrameSelection from, FrameSelection to);

    /// <summary>Reads the mapping.</summary>
    /// <param name="dataset">The virtual dataset.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="part">Receives each part.</param>
    /// <returns>The sources, none twice.</returns>
    /// <exception cref="InvalidDataException">It is damaged, or does what is not supported; the message says what.</exception>
    public static IReadOnlyList<VirtualSource> Read(DatasetHeader dataset, string path, Part part)
    {
        List<VirtualSource> sources = [];
        if (dataset.HeapAddress == Hdf5Metadata.Nowhere)
        {
            return sources;
        }

        Hdf5Metadata file = dataset.Object.File;
        (ulong rows, ulong columns) = dataset.Dimensions is [.., var r, var c] ? (r, c) : (0, 0);
        ReadOnlyMemory<byte> block = GlobalHeap.Read(file, dataset.HeapAddress, dataset.HeapIndex);
        file.CheckSum(block.Span);
        MetadataCursor cursor = file.Cursor(block.Span[..^sizeof(uint)]);
        if (cursor.Byte() is not 0 and var version)
        {
            throw file.Wrong($"{path} is a virtual dataset of version {version}, 0 is known: name the files that it points to");
        }

        Dictionary<(string, string), int> known = [];
        int runsLeft = MostRuns;
        for (ulong left = cursor.Length(); left > 0; left--)
        {
            (string, string) names = (cursor.Text(), cursor.Text());
            FrameSelection from = FrameSelection.Read(ref cursor, file, rows, columns, ref runsLeft);
            FrameSelection to = FrameSelection.Read(ref cursor, file, rows, columns, ref runsLeft);
            if (!known.TryGetValue(names, out int index))
            {
                known[names] = index = sources.Count;
                sources.Add(Source(file, names, path));
            }

            part(sources[index], index, from, to);
        }

        return sources;
    }

    private static VirtualSource Source(Hdf5Metadata file, (string File, string Dataset) names, string path)
    {
        const string Escaped = "%%";
        (string name, string dataset) = names;
        if ((name + dataset).Replace(Escaped, "", StringComparison.Ordinal).Contains('%', StringComparison.Ordinal))
        {
            throw file.Wrong($"{path} takes its frames from numbered files ({name}:{dataset}), which is not supported: name those files");
        }

        name = name.Replace(Escaped, "%", StringComparison.Ordinal);
        return new VirtualSource(name, LinkWalk.FileOf(file.FilePath, name), dataset.Replace(Escaped, "%", StringComparison.Ordinal));
    }
}
