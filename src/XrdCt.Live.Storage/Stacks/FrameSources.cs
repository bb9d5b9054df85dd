using XrdCt.Live.Model.Frames;
using XrdCt.Live.Storage.Hdf5;

namespace XrdCt.Live.Storage.Stacks;

/// <summary>Opens datasets of frames, stored or virtual.</summary>
internal static class FrameSources
{
    /// <summary>A scan of ten million frames is a month of beamtime; a claim beyond it must not cost memory.</summary>
    public const int MostFrames = 10_000_000;

    // Each is opened to see whether it is virtual itself; small stacks of tiles have a handful of modules.
    private const int MostSourcesSeen = 200;
    private const int MostNested = 4;

    /// <summary>Opens a dataset.</summary>
    /// <param name="walk">Follows its links, now.</param>
    /// <param name="place">Where it is.</param>
    /// <param name="path">The file's name for messages.</param>
    /// <param name="dataset">The dataset's name for messages.</param>
    /// <param name="decoder">Unpacks bitshuffle-LZ4.</param>
    /// <param name="nested">Virtual datasets that lead here.</param>
    /// <exception cref="InvalidDataException">It holds no frames, or is virtual in a way that is not supported.</exception>
    public static IFrameSource Open(LinkWalk walk, ObjectPlace place, string path, string dataset, ChunkDecoder decoder, int nested)
    {
        DatasetHeader header = new(place.Header);
        if (header.IsBigEndian)
        {
            throw new InvalidDataException($"{path}: {dataset} holds big-endian numbers, which are not supported: save them little-endian");
        }

        if (!header.IsVirtual)
        {
            return new StoredFrames(path, dataset, place, isTiled: false, decoder);
        }

        if (nested >= MostNested)
        {
            throw new InvalidDataException($"{path}: {dataset} is a virtual dataset behind {MostNested} others, or in a circle: name the files that hold the frames");
        }

        if (header is not { Dimensions: [var count, var rows, var columns], Type: { } type })
        {
            throw new InvalidDataException($"{path}: {dataset} is a virtual dataset, but not of frames [frame, row, column] of integers, float32 or float64");
        }

        ImageShape shape = CheckSize(path, dataset, (count, rows, columns), type);
        VirtualFrames frames = new(header, dataset, MostFrames, walk);
        if (frames.IsTiled)
        {
            CheckTiles(walk, frames, path, dataset);
            return new StoredFrames(path, dataset, place, isTiled: true, decoder);
        }

        return new LinkedFrames(path, dataset, shape, type, frames, source => OpenSource(source, decoder, nested + 1));
    }

    /// <summary>Checks that a dataset of this size holds frames of a detector.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public static ImageShape CheckSize(string path, string dataset, (ulong Count, ulong Rows, ulong Columns) sides, PixelType type) =>
        sides.Count is > 0 and <= MostFrames
        && sides.Rows is > 0 and <= ushort.MaxValue
        && sides.Columns is > 0 and <= ushort.MaxValue
        && (long)(sides.Rows * sides.Columns) * PixelTypes.SizeOf(type) <= StoredFrames.LargestChunk_bytes
            ? new ImageShape((int)sides.Rows, (int)sides.Columns)
            : throw new InvalidDataException($"{path}: {dataset} [{sides.Count}, {sides.Rows}, {sides.Columns}] holds no frames of a detector");

    private static IFrameSource OpenSource(VirtualSource source, ChunkDecoder decoder, int nested)
    {
        using LinkWalk walk = new();
        ObjectPlace place = Find(walk, source, out string? why)
            ?? throw new InvalidDataException(why ?? $"{source.File} has no dataset {source.Dataset}");
        return Open(walk, place, source.FilePath, source.Dataset, decoder, nested);
    }

    private static ObjectPlace? Find(LinkWalk walk, VirtualSource source, out string? why) =>
        walk.Find(walk.Open(source.FilePath), source.Dataset, out why) is { Header.IsDataset: true } place ? place : null;

    // PureHDF follows tiles by itself, without an end where they lead back here.
    private static void CheckTiles(LinkWalk walk, VirtualFrames frames, string path, string dataset)
    {
        foreach (VirtualSource source in frames.Sources.Where(s => File.Exists(s.FilePath)))
        {
            ObjectPlace? place = Find(walk, source, out string? why);
            if (frames.Sources.Count > MostSourcesSeen || why is not null || (place is { } there && new DatasetHeader(there.Header).IsVirtual))
            {
                throw new InvalidDataException(
                    $"{path}: {dataset} puts its frames together from virtual datasets, or from more than {MostSourcesSeen}, which is not supported: name the files that hold the frames");
            }
        }
    }
}
