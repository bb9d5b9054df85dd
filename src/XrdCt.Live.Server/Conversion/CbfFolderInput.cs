using System.Runtime.InteropServices;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Server.Commands;

namespace XrdCt.Live.Server.Conversion;

/// <summary>The frames of one series of CBF files in a folder; a frame's index is the number in its name.</summary>
internal sealed class CbfFolderInput : IFrameInput
{
    // Numbers that a stack of missing frames could be made of; dates in names are far beyond.
    private const long LargestIndex = 10_000_000;

    private readonly (int Index, string Path)[] _files;
    private readonly List<string> _problems = [];
    private readonly int[] _pixels;
    private readonly byte[] _plain;
    private int _next;

    /// <summary>Lists a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="firstNumber">Number in the name of the frame with index 0.</param>
    /// <param name="told">What the command line says of the series.</param>
    public CbfFolderInput(string folder, long firstNumber, SeriesOptionSet.SeriesFacts told)
    {
        (NumberedName Name, string Path)[] all =
        [
            .. Directory.EnumerateFiles(folder, "*.cbf").Select(p => (NumberedName.Of(Path.GetFileName(p)), p)),
        ];
        string[] series = [.. all.Select(f => f.Name.Series).Distinct().Order(StringComparer.Ordinal)];
        if (series.Length != 1)
        {
            throw new UserException(series.Length == 0
                ? $"{folder} has no CBF files"
                : $"{folder} has CBF files of {series.Length} series ({string.Join(", ", series.Take(4))} …): put each into a folder of its own");
        }

        _files = [.. all.Select(f => ((int)Index(f.Name, firstNumber, f.Path), f.Path)).OrderBy(f => f.Item1)];
        if (_files.GroupBy(f => f.Index).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new UserException($"{folder}: {string.Join(" and ", twice.Select(f => Path.GetFileName(f.Path)))} have the same number");
        }

        CbfFile first = ReadFirst();
        Shape = first.Shape;
        Facts = told.With(first);
        FrameCount = _files[^1].Index + 1;
        _pixels = new int[Shape.PixelCount];
        _plain = new byte[Shape.PixelCount * sizeof(int)];
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public PixelType Type => PixelType.Int32;

    /// <inheritdoc/>
    public int FrameCount { get; }

    /// <inheritdoc/>
    public SeriesOptionSet.SeriesFacts Facts { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Problems => _problems;

    /// <inheritdoc/>
    public bool TryNext(out ConvertedFrame frame)
    {
        while (_next < _files.Length)
        {
            (int index, string path) = _files[_next++];
            try
            {
                CbfFile file = CbfFile.Read(path);
                if (file.Shape != Shape)
                {
                    _problems.Add($"{path} is {file.Shape}, the first file {Shape}: left out");
                }
                else if (!CbfByteOffset.TryDecode(file.Payload, _pixels))
                {
                    _problems.Add($"{path} does not unpack: left out");
                }
                else
                {
                    MemoryMarshal.AsBytes(_pixels.AsSpan()).CopyTo(_plain);
                    frame = new ConvertedFrame
                    {
                        Index = index,
                        Plain = _plain,
                        Time = File.GetLastWriteTimeUtc(path),
                        Monitor = double.NaN,
                    };
                    return true;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
            {
                _problems.Add($"{e.Message.TrimEnd('.')}: left out");
            }
        }

        frame = default;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static long Index(NumberedName name, long firstNumber, string path) =>
        name.Number - firstNumber is >= 0 and < LargestIndex and var index
            ? index
            : throw new UserException($"{path}: the number in the name, {name.Number}, is no index from {firstNumber} on: set --first-number");

    private CbfFile ReadFirst()
    {
        foreach ((_, string path) in _files)
        {
            try
            {
                return CbfFile.Read(path);
            }
            catch (FormatException)
            {
                // Named when its turn comes.
            }
        }

        throw new UserException($"none of the {_files.Length} CBF files can be read, such as {_files[0].Path}");
    }
}
