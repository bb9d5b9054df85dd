using System.Buffers;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Storage.Hdf5;
using XrdCt.Live.Storage.Images;

namespace XrdCt.Live.Storage.Stacks;

/// <summary>
/// Reads frames out of an HDF5 file, one by one: a dataset [frame, row, column] of integers or floats, plain, deflated, or packed by
/// bitshuffle-LZ4, in this file or where links and virtual datasets lead, as BLISS writes them (https://bliss.gitlab-pages.esrf.fr).
/// Not thread-safe.
/// </summary>
public sealed class FrameStackReader : IDisposable
{
    // DECTRIS and NeXus; LImA and BLISS; the frames of areaDetector.
    private static readonly string[] UsualPaths =
    [
        "/entry/data/data", "/entry_0000/measurement/data", "/entry_0000/instrument/data", "/entry/instrument/detector/data",
        "/entry/data/data_000001",
    ];

    private const string Remedy = "by --dataset (convert) or as FILE::/path (integrate)";

    private readonly ChunkDecoder _decoder;
    private readonly IFrameSource _frames;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dataset">Path of the dataset; null looks at the usual places, then everywhere.</param>
    /// <param name="decoder">Unpacks bitshuffle-LZ4.</param>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no HDF5 file, or has no such frames; the message says what is there.</exception>
    public FrameStackReader(string path, string? dataset, ChunkDecoder decoder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(decoder);
        BitshuffleFilter.Register();
        _decoder = decoder;
        using LinkWalk walk = new();
        Hdf5Metadata file = walk.Open(path);
        (DatasetPath, ObjectPlace place) = dataset is null ? Search(walk, file) : (dataset, Find(walk, file, dataset));
        _frames = FrameSources.Open(walk, place, path, DatasetPath, decoder, nested: 0);
        try
        {
            Indices = Beside(walk, file, "index") is { } indices ? [.. indices.Select(i => (long)i)] : null;
            Times_s = Beside(walk, file, "time");
            Monitors = Beside(walk, file, "monitor");
        }
        catch
        {
            _frames.Dispose();
            throw;
        }
    }

    /// <summary>Where the frames are in the file; links in it may lead elsewhere.</summary>
    public string DatasetPath { get; }

    /// <summary>Image size.</summary>
    public ImageShape Shape => _frames.Shape;

    /// <summary>Element type.</summary>
    public PixelType Type => _frames.Type;

    /// <summary>Number of frames.</summary>
    public int FrameCount => _frames.FrameCount;

    /// <summary>Index of each frame in its series, −1 where it is missing; null where the file has none beside the frames.</summary>
    public IReadOnlyList<long>? Indices { get; }

    /// <summary>When each frame was taken, s since 1970-01-01 UTC; null where the file does not say.</summary>
    public IReadOnlyList<double>? Times_s { get; }

    /// <summary>Beam monitor of each frame; null where the file does not say.</summary>
    public IReadOnlyList<double>? Monitors { get; }

    /// <summary>Whether frames can be absent, and read as zeros: in chunks never written, or tiles that are missing.</summary>
    public bool MayHaveHoles => _frames.MayHaveHoles;

    /// <summary>
    /// Whether a virtual dataset, here or behind this one, puts a frame together from parts in other datasets: those are read pixel by
    /// pixel, which takes seconds. False where the frame is not there.
    /// </summary>
    /// <param name="row">Its place in the stack, from 0.</param>
    public bool IsTiled(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)FrameCount, nameof(row));
        return _frames.IsTiled(row);
    }

    /// <summary>Reads one frame as it is packed, by bitshuffle-LZ4 with its header: nothing is unpacked.</summary>
    /// <param name="row">Its place in the stack, from 0.</param>
    /// <param name="packed">Receives the bytes; nothing where the result is false.</param>
    /// <returns>Whether the frame is packed like that, in a chunk of its own; if not, <see cref="Read"/> it.</returns>
    /// <exception cref="InvalidDataException">It cannot be read, or its file is not there; the message names both.</exception>
    public bool TryReadPacked(int row, ArrayBufferWriter<byte> packed)
    {
        ArgumentNullException.ThrowIfNull(packed);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)FrameCount, nameof(row));
        return _frames.TryReadPacked(row, packed);
    }

    /// <summary>Reads one frame.</summary>
    /// <param name="row">Its place in the stack, from 0.</param>
    /// <param name="plain">Receives the pixels, little endian, row-major: as many bytes as shape and type say.</param>
    /// <exception cref="InvalidDataException">It does not unpack, or its file is not there; the message names both.</exception>
    public void Read(int row, Span<byte> plain)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)FrameCount, nameof(row));
        _frames.Read(row, plain);
    }

    /// <inheritdoc/>
    public void Dispose() => _frames.Dispose();

    private static bool HoldsFrames(ObjectPlace place) =>
        place.Header.IsDataset && new DatasetHeader(place.Header).Dimensions is null or [_, _, _];

    private static ObjectPlace Find(LinkWalk walk, Hdf5Metadata file, string dataset) =>
        walk.Find(file, dataset, out string? why) is { } place && HoldsFrames(place)
            ? place
            : throw new InvalidDataException(why ?? $"{file.FilePath} has no dataset {dataset} [frame, row, column]: name another, {Remedy}");

    private static (string Path, ObjectPlace Place) Search(LinkWalk walk, Hdf5Metadata file)
    {
        foreach (string path in UsualPaths)
        {
            if (walk.Find(file, path, out _) is { } place && HoldsFrames(place))
            {
                return (path, place);
            }
        }

        List<string> broken = [];
        foreach ((string Path, ObjectPlace Place) found in walk.Nodes(file, broken))
        {
            if (HoldsFrames(found.Place))
            {
                return found;
            }
        }

        throw new InvalidDataException(broken.Count > 0 ? broken[0] : $"{file.FilePath} has no dataset [frame, row, column]: name it, {Remedy}");
    }

    private double[]? Beside(LinkWalk walk, Hdf5Metadata file, string name)
    {
        string path = DatasetPath[..(DatasetPath.LastIndexOf('/') + 1)] + name;
        if (walk.Find(file, path, out _) is not { Header.IsDataset: true } place
            || new DatasetHeader(place.Header) is not { IsVirtual: false, Dimensions: [var count] }
            || count != (ulong)FrameCount)
        {
            return null;
        }

        try
        {
            using NumberFile numbers = new(file.FilePath, _decoder);
            return numbers.Find(path) is { } dataset ? numbers.ReadDoubles(dataset, path, FrameCount) : null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            // A dataset of that name that means something else.
            return null;
        }
    }
}
