using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Server.Commands;
using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Server.Conversion;

/// <summary>The frames of an HDF5 file.</summary>
internal sealed class StackInput : IFrameInput
{
    private readonly FrameStackReader _reader;
    private readonly List<string> _problems = [];
    private readonly byte[] _plain;
    private int _row;

    public StackInput(string path, string? dataset, SeriesOptionSet.SeriesFacts told)
    {
        byte[] scratch = [];
        _reader = new FrameStackReader(path, dataset, (packed, elementSize, plain) =>
        {
            int needed = BitshuffleLz4.ScratchLength(packed, elementSize, plain.Length);
            scratch = needed > scratch.Length ? new byte[needed] : scratch;
            return needed >= 0 && BitshuffleLz4.TryDecode(packed, elementSize, scratch, plain);
        });
        _plain = GC.AllocateUninitializedArray<byte>(Shape.PixelCount * PixelTypes.SizeOf(Type));
        Facts = told;
        FrameCount = _reader.FrameCount;
    }

    /// <inheritdoc/>
    public ImageShape Shape => _reader.Shape;

    /// <inheritdoc/>
    public PixelType Type => _reader.Type;

    /// <inheritdoc/>
    public int FrameCount { get; }

    /// <inheritdoc/>
    public SeriesOptionSet.SeriesFacts Facts { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Problems => _problems;

    /// <inheritdoc/>
    public bool TryNext(out ConvertedFrame frame)
    {
        frame = default;
        for (; _row < _reader.FrameCount; _row++)
        {
            if (_reader.Indices is { } indices && indices[_row] < 0)
            {
                continue;
            }

            try
            {
                _reader.Read(_row, _plain);
            }
            catch (InvalidDataException e)
            {
                _problems.Add($"{e.Message}: left out");
                continue;
            }

            double time_s = _reader.Times_s?[_row] ?? double.NaN;
            frame = new ConvertedFrame
            {
                Index = _row,
                Plain = _plain,
                Time = time_s is > 0 and < 1e11 ? DateTimeOffset.UnixEpoch.AddSeconds(time_s) : null,
                Monitor = _reader.Monitors?[_row] ?? double.NaN,
            };
            _row++;
            return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();
}
