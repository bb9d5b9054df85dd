using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Recording;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Simulator.Sources;

/// <summary>The frames of the first series of a recording, in the order of their indices.</summary>
public sealed class RecordingSource : IFrameSource, IDisposable
{
    private readonly string _path;
    private readonly string _dialect;
    private readonly Entry[] _frames;
    private readonly Lock _lock = new();
    private readonly List<RecordingReader> _open = [];

    /// <summary>Goes through the recording once.</summary>
    /// <param name="path">A file of <c>xrdct record</c>.</param>
    /// <exception cref="InvalidDataException">It is none, has no frames, or frames of different sizes; the message says which.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public RecordingSource(string path)
    {
        _path = path;
        using RecordingReader recording = new(path);
        _dialect = recording.Header.Dialect;
        if (!StreamDialects.Names.Contains(_dialect))
        {
            throw new InvalidDataException(
                $"{path}: the recording does not say a known dialect ('{_dialect}'); record it with --dialect, or send it with xrdct replay");
        }

        _frames = [.. Index(recording).Values];
        if (_frames.Length == 0)
        {
            throw new InvalidDataException($"{path}: there is no frame of the dialect {_dialect} in it");
        }

        Shape = _frames[0].Shape;
        if (_frames.FirstOrDefault(f => f.Shape != Shape) is { } other)
        {
            throw new InvalidDataException($"{path}: frames of {Shape} and of {other.Shape} are in it; only one size can be sent");
        }
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public PixelType Type => PixelType.Int32;

    /// <inheritdoc/>
    public int FrameCount => _frames.Length;

    /// <inheritdoc/>
    public FrameFacts FactsOf(int index) => _frames[index].Facts;

    /// <inheritdoc/>
    public IFrameReader NewReader()
    {
        RecordingReader recording = new(_path);
        lock (_lock)
        {
            _open.Add(recording);
        }

        return new Reader(this, recording);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _open.ForEach(r => r.Dispose());
            _open.Clear();
        }
    }

    private SortedDictionary<int, Entry> Index(RecordingReader recording)
    {
        SortedDictionary<int, Entry> frames = [];
        IStreamDialect dialect = StreamDialects.Create(_dialect, new DialectOptions());
        long? series = null;
        (long Position, long Record) place = (recording.Position_bytes, recording.RecordCount);
        while (recording.Read() is { } message)
        {
            SourceEvent read = dialect.Read(message);
            if (read.Kind == SourceEventKind.Image)
            {
                using RawFrame frame = read.Frame;
                series ??= frame.Header.SeriesId;
                double? monitor = double.IsNaN(frame.Header.Monitor) ? null : frame.Header.Monitor;
                FrameFacts facts = new(monitor, frame.Header.Translation_mm, frame.Header.Rotation_deg)
                {
                    Transmission = frame.Header.Transmission,
                };
                if (frame.Header.SeriesId == series)
                {
                    frames.TryAdd(frame.Header.Index, new Entry(place.Position, place.Record, frame.Shape, facts));
                }
            }

            place = (recording.Position_bytes, recording.RecordCount);
        }

        return frames;
    }

    private sealed record Entry(long Position_bytes, long Record, ImageShape Shape, FrameFacts Facts);

    private sealed class Reader(RecordingSource source, RecordingReader recording) : IFrameReader
    {
        private readonly IStreamDialect _dialect = StreamDialects.Create(source._dialect, new DialectOptions());
        private readonly FrameDecoder _decoder = new(source.Shape);

        public void Read(int index, Span<int> pixels)
        {
            Entry entry = source._frames[index];
            recording.GoTo(entry.Position_bytes, entry.Record);
            SourceEvent read = recording.Read() is { } message ? _dialect.Read(message) : default;
            FrameOutcome outcome = FrameOutcome.Malformed;
            if (read.Kind == SourceEventKind.Image)
            {
                using RawFrame frame = read.Frame;
                outcome = _decoder.Decode(frame, pixels);
            }

            if (outcome != FrameOutcome.Accepted)
            {
                throw new InvalidDataException($"{source._path}: the frame of record {entry.Record} cannot be decoded: it is {outcome}");
            }
        }
    }
}
