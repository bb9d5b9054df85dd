using XrdCt.Live.Model.Frames;
using XrdCt.Live.Simulator.Files;

namespace XrdCt.Live.Simulator.Sources;

/// <summary>CBF files, one frame each, in the order of their names.</summary>
public sealed class CbfSource : IFrameSource
{
    private readonly IReadOnlyList<string> _files;

    /// <summary>Looks at the first file.</summary>
    /// <param name="paths">Files, and folders whose <c>.cbf</c> files are meant.</param>
    /// <exception cref="InvalidDataException">There are no files, or the first is none of byte offset; the message says which.</exception>
    /// <exception cref="IOException">A file or folder is missing or cannot be read.</exception>
    public CbfSource(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        _files = [.. paths.SelectMany(Expand)];
        if (_files.Count == 0)
        {
            throw new InvalidDataException($"{string.Join(", ", paths)}: no .cbf files here; name files or a folder that holds some");
        }

        Shape = CbfImage.Parse(_files[0], File.ReadAllBytes(_files[0])).Shape;
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public PixelType Type => PixelType.Int32;

    /// <inheritdoc/>
    public int FrameCount => _files.Count;

    /// <inheritdoc/>
    public FrameFacts FactsOf(int index) => default;

    /// <inheritdoc/>
    public IFrameReader NewReader() => new Reader(this);

    private static IEnumerable<string> Expand(string path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.cbf").Order(StringComparer.Ordinal) : [path];

    private sealed class Reader(CbfSource source) : IFrameReader
    {
        public void Read(int index, Span<int> pixels)
        {
            string file = source._files[index];
            CbfImage image = CbfImage.Parse(file, File.ReadAllBytes(file));
            if (image.Shape != source.Shape)
            {
                throw new InvalidDataException($"{file}: the image is {image.Shape}, the first one is {source.Shape}; send them apart");
            }

            image.Decode(pixels);
        }
    }
}
