using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Ingest.Recording;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Server.Conversion;

/// <summary>A recording in a dialect, as if a detector had sent the frames. Missing ones are left out.</summary>
internal sealed class RecordingOutput : IFrameOutput
{
    private readonly StreamDialect _dialect;
    private readonly IFrameInput _input;
    private readonly IStreamWriter _messages;
    private readonly PixelEncoding _encoding;
    private readonly RecordingWriter _writer;
    private readonly OutgoingMessage _message = new();
    private readonly PixelPacker _packer = new();
    private readonly CbfImages _images;
    private readonly DateTimeOffset _started = TimeProvider.System.GetUtcNow();
    private SeriesInfo? _series;
    private DateTimeOffset _last;
    private byte[] _packed = [];

    public RecordingOutput(string path, StreamDialect dialect, IFrameInput input, string source, string program, bool overwrite)
    {
        _dialect = dialect;
        _input = input;
        _messages = dialect.NewWriter();
        bool isUsual = _messages.Carries(input.Type, dialect.UsualEncoding)
            || (dialect.UsualEncoding == PixelEncoding.CbfByteOffset && PixelTypes.SizeOf(input.Type) <= sizeof(int));
        _encoding = isUsual ? dialect.UsualEncoding
            : _messages.Carries(input.Type, PixelEncoding.None) ? PixelEncoding.None
            : throw UserException.WrongUse($"{dialect.Name} cannot carry {input.Type} pixels: choose another --dialect");
        _images = new CbfImages(input.Shape, input.Type);

        // What nobody told is asked for before a file is made.
        _ = Series(_started);
        var header = new RecordingHeader { Endpoint = source, Dialect = dialect.Name, Program = program, Started = _started };
        _writer = new RecordingWriter(path, header, overwrite);
    }

    /// <inheritdoc/>
    public void Write(in ConvertedFrame frame)
    {
        if (_series is null)
        {
            Begin(frame.Time ?? _started);
        }

        PixelType type = _encoding == PixelEncoding.CbfByteOffset ? PixelType.Int32 : _input.Type;
        _messages.WriteImage(
            _series!,
            new OutgoingImage
            {
                Index = frame.Index,
                Times = CbfImages.Times(_series!, frame),
                Shape = _input.Shape,
                Type = type,
                Encoding = _encoding,
                Payload = Payload(frame),
                Monitor = frame.Monitor,
                Transmission = frame.Transmission,
                Translation_mm = frame.Translation_mm,
                Rotation_deg = frame.Rotation_deg,
            },
            _message);
        Append(frame.Time ?? _started + (_series!.FramePeriod * frame.Index));
    }

    /// <inheritdoc/>
    public void Finish(IReadOnlyList<int> missing)
    {
        if (_series is not null)
        {
            _messages.WriteEnd(_series, _message);
            Append(_last);
        }

        _writer.Finish();
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private void Begin(DateTimeOffset date)
    {
        _series = Series(date);
        _messages.WriteStart(_series, _message);
        Append(date);
    }

    private SeriesInfo Series(DateTimeOffset date) => _input.Facts.Info(
        _dialect,
        1,
        _input.FrameCount,
        _input.Shape,
        _encoding == PixelEncoding.CbfByteOffset ? PixelType.Int32 : _input.Type,
        _encoding,
        date);

    private ReadOnlyMemory<byte> Payload(in ConvertedFrame frame)
    {
        if (_encoding == PixelEncoding.CbfByteOffset)
        {
            return _images.Write(_series!, frame);
        }

        if (_encoding == PixelEncoding.BitshuffleLz4 && frame.Packed is { } packed)
        {
            return packed;
        }

        int room = PixelPacker.RoomFor(frame.Plain.Span, _input.Type, _encoding);
        if (_packed.Length < room)
        {
            _packed = GC.AllocateUninitializedArray<byte>(room);
        }

        return _packed.AsMemory(0, _packer.Pack(frame.Plain.Span, _input.Type, _encoding, _packed));
    }

    private void Append(DateTimeOffset time)
    {
        if (_message.Parts.Count > 0)
        {
            _writer.Append(new MemoryMessage(_message.Parts, time));
            _last = time;
        }
    }
}
