using PureHDF;
using PureHDF.VOL.Native;

namespace XrdCt.Live.Storage.Hdf5;

/// <summary>
/// Looks at the sources of a virtual dataset before PureHDF reads it: PureHDF 2.2 gives the fill value where a source is missing, the
/// bytes as they are where it has another type, and goes on without an end where a dataset takes from itself.
/// </summary>
internal static class VirtualSources
{
    // As a scan of many detectors has them; each is opened.
    private const int MostSources = 1000;
    private const int MostNested = 4;
    private const long LargestChunk_bytes = 1L << 30;

    /// <summary>Checks all sources, and theirs.</summary>
    /// <param name="walk">Follows their links.</param>
    /// <param name="dataset">The virtual dataset.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="InvalidDataException">One is missing, has another type, or there are too many; the message names both.</exception>
    public static void Check(LinkWalk walk, DatasetHeader dataset, string path)
    {
        int left = MostSources;
        Check(walk, dataset, path, nested: 0, ref left);
    }

    private static void Check(LinkWalk walk, DatasetHeader dataset, string path, int nested, ref int left)
    {
        Hdf5Metadata file = dataset.Object.File;
        if (nested >= MostNested)
        {
            throw file.Wrong($"{path} is a virtual dataset behind {MostNested} others, or in a circle: name the files that hold the numbers");
        }

        foreach (VirtualSource source in VirtualMapping.Read(dataset, path, (_, _, _, _) => { }))
        {
            left--;
            if (left < 0)
            {
                throw file.Wrong($"{path} is put together from more than {MostSources} datasets: name the files that hold the numbers");
            }

            DatasetHeader there = new(Find(walk, file, source, path));
            if (there.Type is null || there.Type != dataset.Type || there.IsBigEndian != dataset.IsBigEndian)
            {
                throw file.Wrong($"{path} has {dataset.Type?.ToString() ?? "other"} numbers, but its source {source.File}:{source.Dataset} has {Name(there)}: name the source");
            }

            if (there.IsVirtual)
            {
                Check(walk, there, source.Dataset, nested + 1, ref left);
            }
        }
    }

    private static string Name(DatasetHeader dataset) => $"{dataset.Type?.ToString() ?? "others"}{(dataset.IsBigEndian ? ", big-endian" : "")}";

    private static ObjectHeader Find(LinkWalk walk, Hdf5Metadata file, VirtualSource source, string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file.FilePath))!;

        // PureHDF looks neither beside what a symbolic link leads to, nor in this folder for the name in an absolute path.
        bool isReached = source.File == "." || source.FilePath == Path.Combine(folder, source.File);
        if (!isReached || !File.Exists(source.FilePath))
        {
            throw file.Wrong($"{path} takes numbers from {source.File}, which is not there: copy it to its place, or name the file itself");
        }

        string? why = null;
        if (walk.Find(walk.Open(source.FilePath), source.Dataset, out why) is not { Header: { IsDataset: true } found })
        {
            throw file.Wrong($"{path} takes numbers from {source.File}, {why ?? $"which has no dataset {source.Dataset}"}");
        }

        using NativeFile opened = H5File.OpenRead(source.FilePath);
        if (!opened.LinkExists(source.Dataset))
        {
            throw file.Wrong($"{path} takes numbers from {source.File}:{source.Dataset}, which cannot be reached: name the source");
        }

        return ChunkBytes(opened.Dataset(source.Dataset)) <= LargestChunk_bytes
            ? found
            : throw file.Wrong($"{path} takes numbers from {source.File}:{source.Dataset}, whose chunks are larger than {LargestChunk_bytes >> 20} MiB");
    }

    private static double ChunkBytes(IH5Dataset dataset) => dataset.Layout.Class == H5DataLayoutClass.Chunked
        ? (((IH5DataLayout)dataset.Layout).Chunks ?? []).Aggregate((double)dataset.Type.Size, (product, side) => product * side)
        : 0;
}
