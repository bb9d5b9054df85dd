using System.Buffers;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Storage.Hdf5;

namespace XrdCt.Live.Storage.Stacks;

/// <summary>The frames of a virtual dataset, each read where it is: a source that is not there costs only its own frames.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="dataset">The dataset, for messages.</param>
/// <param name="shape">Size of its frames.</param>
/// <param name="type">Type of its elements.</param>
/// <param name="frames">Where they are.</param>
/// <param name="open">Opens a source.</param>
internal sealed class LinkedFrames(
    string path, string dataset, ImageShape shape, PixelType type, VirtualFrames frames, Func<VirtualSource, IFrameSource> open) : IFrameSource
{
    // Detectors that take turns; more would only hold files open.
    private const int MostOpen = 4;

    private readonly List<(VirtualSource Source, IFrameSource? Frames, string? Refusal)> _open = [];

    /// <inheritdoc/>
    public ImageShape Shape => shape;

    /// <inheritdoc/>
    public PixelType Type => type;

    /// <inheritdoc/>
    public int FrameCount => (int)frames.FrameCount;

    /// <inheritdoc/>
    public bool MayHaveHoles => true;

    /// <inheritdoc/>
    public bool IsTiled(int row) =>
        frames.Of(row) is { } place && Known(place.Source).Frames is { } from && place.Row < from.FrameCount && from.IsTiled(place.Row);

    /// <inheritdoc/>
    public bool TryReadPacked(int row, ArrayBufferWriter<byte> packed)
    {
        (IFrameSource source, int at) = Locate(row);
        try
        {
            return source.TryReadPacked(at, packed);
        }
        catch (InvalidDataException e)
        {
            throw Wrong(row, e.Message, e);
        }
    }

    /// <inheritdoc/>
    public void Read(int row, Span<byte> plain)
    {
        (IFrameSource source, int at) = Locate(row);
        try
        {
            source.Read(at, plain);
        }
        catch (InvalidDataException e)
        {
            throw Wrong(row, e.Message, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _open.ForEach(o => o.Frames?.Dispose());

    private InvalidDataException Wrong(int row, string why, Exception? cause = null) => new($"{path}: frame {row} of {dataset}: {why}", cause);

    private (IFrameSource Source, int Row) Locate(int row)
    {
        (VirtualSource source, int at) = frames.Of(row) ?? throw Wrong(row, "no file is named for it: it was never written");
        (IFrameSource? from, string? refusal) = Known(source);
        if (from is null)
        {
            throw Wrong(row, refusal!);
        }

        return at < from.FrameCount
            ? (from, at)
            : throw Wrong(row, $"its file {source.File} has only {from.FrameCount} frames in {source.Dataset}");
    }

    private (IFrameSource? Frames, string? Refusal) Known(VirtualSource source)
    {
        int known = _open.FindIndex(o => o.Source == source);
        (VirtualSource Source, IFrameSource? Frames, string? Refusal) found = known < 0 ? Open(source) : _open[known];
        if (known < 0)
        {
            if (_open.Count == MostOpen)
            {
                _open[0].Frames?.Dispose();
                _open.RemoveAt(0);
            }

            _open.Add(found);
        }

        return (found.Frames, found.Refusal);
    }

    private (VirtualSource Source, IFrameSource? Frames, string? Refusal) Open(VirtualSource source)
    {
        if (!File.Exists(source.FilePath))
        {
            return (source, null, $"its file {source.File} is not there: copy it to its place, or leave the frame out by --frames");
        }

        IFrameSource? from = null;
        try
        {
            from = open(source);
            if (from.Shape == shape && from.Type == type)
            {
                return (source, from, null);
            }

            from.Dispose();
            return (source, null, $"{source.File}: {source.Dataset} has {from.Shape} {from.Type} pixels, not {shape} {type}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            from?.Dispose();
            return (source, null, e.Message.TrimEnd('.'));
        }
    }
}
