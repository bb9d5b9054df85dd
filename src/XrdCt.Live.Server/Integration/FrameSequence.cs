using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Server.Integration;

/// <summary>All frames of a run in their order, whatever files they are in. A file that cannot be opened counts as one frame that fails.</summary>
internal sealed class FrameSequence
{
    private const int LongestNumber = 5;

    private static readonly string[] SingleExtensions = [".cbf", ".edf", ".gz", ".tif", ".tiff"];

    private readonly ImageShape _shape;
    private readonly IReadOnlyList<FrameArgument> _files;
    private readonly int[] _counts;
    private readonly (int File, int Row)[] _frames;

    /// <summary>Counts the frames: stacks are opened, files of one frame are not.</summary>
    /// <param name="files">The files.</param>
    /// <param name="shape">Size of every frame.</param>
    /// <param name="range">Frames of all that are taken.</param>
    /// <exception cref="UserException">The range holds no frame.</exception>
    public FrameSequence(IReadOnlyList<FrameArgument> files, ImageShape shape, Range range)
    {
        _files = files;
        _shape = shape;
        _counts = [.. files.Select(CountFrames)];
        (int, int)[] frames = [.. _counts.SelectMany((count, file) => Enumerable.Range(0, count).Select(row => (file, row)))];
        TotalCount = frames.Length;
        First = Math.Min(range.Start.GetOffset(TotalCount), TotalCount);
        int end = Math.Min(range.End.GetOffset(TotalCount), TotalCount);
        _frames = First < end
            ? [.. frames[First..end]]
            : throw UserException.WrongUse($"--frames holds none of the {TotalCount} frames");
    }

    /// <summary>Frames of the run.</summary>
    public int Count => _frames.Length;

    /// <summary>Frames of all files.</summary>
    public int TotalCount { get; }

    /// <summary>Index of the run's first frame among all.</summary>
    public int First { get; }

    /// <summary>Number of files.</summary>
    public int FileCount => _files.Count;

    /// <summary>A file, from 0.</summary>
    public FrameArgument File(int file) => _files[file];

    /// <summary>Frames in a file.</summary>
    public int CountIn(int file) => _counts[file];

    /// <summary>The file of a frame.</summary>
    public FrameArgument FileOf(int frame) => _files[_frames[frame].File];

    /// <summary>The frame's place in its file.</summary>
    public int RowOf(int frame) => _frames[frame].Row;

    /// <summary>The frame as people find it again: a file, or a file and a place in it.</summary>
    public string NameOf(int frame) => _counts[_frames[frame].File] > 1 ? $"{FileOf(frame)}, frame {RowOf(frame)}" : FileOf(frame).ToString();

    /// <summary>Name of the frame for a file of its own, without extension.</summary>
    public string StemOf(int frame)
    {
        string name = Path.GetFileName(FileOf(frame).Path);
        string stem = Path.GetFileNameWithoutExtension(name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name);
        return _counts[_frames[frame].File] > 1 ? $"{stem}_{RowOf(frame).ToString($"D{LongestNumber}")}" : stem;
    }

    /// <summary>Opens the file of a frame.</summary>
    public IFrameStack Open(int frame) => Open(FileOf(frame));

    private int CountFrames(FrameArgument file)
    {
        if (IsSingle(file))
        {
            return 1;
        }

        try
        {
            using IFrameStack stack = Open(file);
            return stack.FrameCount;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidDataException)
        {
            return 1;
        }
    }

    private IFrameStack Open(FrameArgument file)
    {
        if (file.Dataset is not null || (!IsSingle(file) && Begins(file.Path, [0x89, (byte)'H', (byte)'D', (byte)'F', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'])))
        {
            return new Hdf5Frames(file.Path, file.Dataset, _shape);
        }

        return !IsSingle(file) && Begins(file.Path, [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'])
            ? new NpyFrames(file.Path, _shape)
            : new SingleFrame(file.Path, _shape);
    }

    private static bool IsSingle(FrameArgument file) =>
        file.Dataset is null && SingleExtensions.Contains(Path.GetExtension(file.Path), StringComparer.OrdinalIgnoreCase);

    private static bool Begins(string path, ReadOnlySpan<byte> magic)
    {
        Span<byte> begun = stackalloc byte[magic.Length];
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        return file.ReadAtLeast(begun, magic.Length, throwOnEndOfStream: false) == magic.Length && begun.SequenceEqual(magic);
    }
}
