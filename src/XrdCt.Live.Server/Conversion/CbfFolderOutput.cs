using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Server.Conversion;

/// <summary>A folder of CBF files, <c>NAME_00000.cbf</c> by index.</summary>
internal sealed class CbfFolderOutput(string folder, string name, IFrameInput input, bool overwrite) : IFrameOutput
{
    private readonly CbfImages _images = new(input.Shape, input.Type);
    private SeriesInfo? _series;

    /// <inheritdoc/>
    public void Write(in ConvertedFrame frame)
    {
        _series ??= input.Facts.Info(
            StreamDialects.Of("pilatus-streamer"),
            1,
            input.FrameCount,
            input.Shape,
            PixelType.Int32,
            PixelEncoding.CbfByteOffset,
            frame.Time ?? TimeProvider.System.GetUtcNow());
        string path = Path.Combine(folder, $"{name}_{frame.Index:D5}.cbf");
        if (!overwrite && File.Exists(path))
        {
            throw new IOException($"{path} exists: choose another folder, or --overwrite");
        }

        ReadOnlyMemory<byte> file = _images.Write(_series, frame);
        using (FileStream part = new(path + ".part", FileMode.Create, FileAccess.Write))
        {
            part.Write(file.Span);
        }

        File.Move(path + ".part", path, overwrite);
    }

    /// <inheritdoc/>
    public void Finish(IReadOnlyList<int> missing)
    {
        // A missing frame is a missing file.
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
