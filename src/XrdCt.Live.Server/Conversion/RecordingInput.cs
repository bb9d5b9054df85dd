using System.Buffers.Binary;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Recording;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Server.Commands;

namespace XrdCt.Live.Server.Conversion;

/// <summary>The frames of one series of a recording. The recording is read twice: first to learn how many frames there are.</summary>
internal sealed class RecordingInput : IFrameInput
{
    // What a header announces beyond this is no scan, and must not cost memory.
    private const int MostAnnounced = 10_000_000;
    private const int LargestFrame_bytes = 1 << 30;

    private readonly string _path;
    private readonly Func<IStreamDialect> _dialect;
    private readonly RecordingReader _reader;
    private readonly IStreamDialect _reading;
    private readonly PixelUnpacker _unpacker = new();
    private readonly List<string> _problems = [];
    private readonly long _series;
    private readonly byte[] _plain;
    private byte[] _packed = [];

    /// <summary>Opens a recording.</summary>
    /// <param name="path">The recording.</param>
    /// <param name="dialect">Makes the dialect of its messages.</param>
    /// <param name="series">Number of the series to take; null for the first that has frames.</param>
    /// <param name="told">What the command line says of the series.</param>
    public RecordingInput(string path, Func<IStreamDialect> dialect, long? series, SeriesOptionSet.SeriesFacts told)
    {
        _path = path;
        _dialect = dialect;
        Survey survey = Look(series);
        if (survey.Shape is not { } shape || survey.Type is not { } type)
        {
            throw new UserException(
                $"{path} has no frames{(series is { } wanted ? $" of series {wanted}" : "")} that this dialect can read"
                + (survey.FirstProblem is null ? "" : $" ({survey.FirstProblem}): name another with --source-dialect"));
        }

        if ((long)shape.PixelCount * PixelTypes.SizeOf(type) > LargestFrame_bytes)
        {
            throw new UserException($"{path}: frames of {shape} {type} pixels are larger than 1 GiB");
        }

        _series = survey.Series;
        (Shape, Type, FrameCount) = (shape, type, survey.FrameCount);
        _plain = GC.AllocateUninitializedArray<byte>(shape.PixelCount * PixelTypes.SizeOf(type));
        SeriesHeader? header = survey.Header;
        Facts = told with
        {
            Energy_keV = told.Energy_keV ?? header?.Energy_keV,
            Distance_m = told.Distance_m ?? header?.Distance_m,
            FramePeriod = told.FramePeriod ?? header?.FramePeriod,
            Detector = told.Detector ?? header?.Detector,
        };
        if (survey.Others.Count > 0)
        {
            Notes = [$"series {_series} was converted; there are others: --series {string.Join(", ", survey.Others)}"];
        }

        _reader = new RecordingReader(path);
        _reading = dialect();
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public PixelType Type { get; }

    /// <inheritdoc/>
    public int FrameCount { get; }

    /// <inheritdoc/>
    public SeriesOptionSet.SeriesFacts Facts { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>What is worth knowing and no fault.</summary>
    public IReadOnlyList<string> Notes { get; } = [];

    /// <inheritdoc/>
    public bool TryNext(out ConvertedFrame frame)
    {
        frame = default;
        while (_reader.Read() is { } message)
        {
            SourceEvent happened = _reading.Read(message);
            if (happened.Kind != SourceEventKind.Image || happened.Frame.Header.SeriesId != _series)
            {
                continue;
            }

            using RawFrame raw = happened.Frame;
            if (raw.Shape != Shape || raw.Type != Type)
            {
                _problems.Add($"frame {raw.Header.Index} is {raw.Shape} {raw.Type}, the series {Shape} {Type}: left out");
            }
            else if (_unpacker.Unpack(raw, _plain) != FrameOutcome.Accepted)
            {
                _problems.Add($"frame {raw.Header.Index} does not unpack: left out");
            }
            else
            {
                frame = Frame(raw);
                return true;
            }
        }

        if (_reader.Damage is { } damage)
        {
            _problems.Add($"{_path} is damaged at {damage}: what is before was converted");
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private ConvertedFrame Frame(in RawFrame raw) => new()
    {
        Index = raw.Header.Index,
        Plain = _plain,
        Packed = AsChunk(raw),
        Time = raw.Header.AcquiredAt,
        Monitor = raw.Header.Monitor,
        Transmission = raw.Header.Transmission,
        Translation_mm = raw.Header.Translation_mm,
        Rotation_deg = raw.Header.Rotation_deg,
    };

    /// <summary>The pixels as HDF5 would pack them, where they came so; some senders leave the sizes in the header 0.</summary>
    private Memory<byte>? AsChunk(in RawFrame raw)
    {
        ReadOnlySpan<byte> payload = raw.Payload;
        if (raw.Encoding != PixelEncoding.BitshuffleLz4
            || raw.IsBigEndian
            || raw.IsColumnMajor
            || BinaryPrimitives.ReadUInt64BigEndian(payload) != (ulong)_plain.Length)
        {
            return null;
        }

        if (_packed.Length < payload.Length)
        {
            _packed = GC.AllocateUninitializedArray<byte>(payload.Length + (payload.Length / 4));
        }

        payload.CopyTo(_packed);
        return _packed.AsMemory(0, payload.Length);
    }

    private Survey Look(long? wanted)
    {
        var survey = new Survey { Series = wanted ?? long.MinValue };
        using var reader = new RecordingReader(_path);
        IStreamDialect dialect = _dialect();
        SeriesHeader? header = null;
        int highest = -1;
        while (reader.Read() is { } message)
        {
            SourceEvent happened = dialect.Read(message);
            survey.FirstProblem ??= happened.Reason;
            header = happened.Kind == SourceEventKind.SeriesStarted ? happened.Series : header;
            if (happened.Kind != SourceEventKind.Image)
            {
                continue;
            }

            using RawFrame frame = happened.Frame;
            long id = frame.Header.SeriesId;
            survey.Series = survey.Series == long.MinValue ? id : survey.Series;
            if (id != survey.Series)
            {
                survey.Others.Add(id);
                continue;
            }

            survey.Shape ??= frame.Shape;
            survey.Type ??= frame.Type;
            survey.Header ??= header?.SeriesId == id ? header : null;
            highest = Math.Max(highest, Math.Min(frame.Header.Index, MostAnnounced - 1));
        }

        int announced = survey.Header?.ImageCount is { } count and <= MostAnnounced ? count : 0;
        survey.FrameCount = Math.Max(announced, highest + 1);
        return survey;
    }

    private sealed class Survey
    {
        public long Series { get; set; }

        public ImageShape? Shape { get; set; }

        public PixelType? Type { get; set; }

        public int FrameCount { get; set; }

        public SeriesHeader? Header { get; set; }

        public string? FirstProblem { get; set; }

        public SortedSet<long> Others { get; } = [];
    }
}
