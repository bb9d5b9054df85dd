using System.Buffers.Binary;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Ingest.Xrdct;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>
/// A dialect with all its options: a byte that picks them, a byte with the number of parts, their lengths (2 bytes each, little
/// endian), the parts; what is left belongs to the last one.
/// </summary>
internal sealed class DialectTarget : IFuzzTarget
{
    private const int LargestPart_bytes = 1 << 18;

    // LZ4 packs 255 to 1 at most, so a table or an image of honest size takes no more.
    private const int LargestRatio = 255;

    private readonly (IStreamDialect Dialect, DialectOptions Options)[] _dialects;
    private readonly FrameDecoder _decoder = new(SampleImage.Shape);
    private readonly ReadingTransport? _readings;
    private GuardedMessage? _message;

    /// <summary>Makes a target.</summary>
    /// <param name="dialect">Name of the dialect.</param>
    internal DialectTarget(string dialect)
    {
        Name = dialect;
        _readings = dialect == "xrdct" ? new ReadingTransport() : null;
        Seeds = [.. DialectSeeds.Of(dialect).SelectMany((parts, i) => new[] { Joined(0, parts), Joined((byte)((i % 7) + 1), parts) })];
        _dialects =
        [
            .. Enumerable.Range(0, 8).Select(i => new DialectOptions
            {
                CheckDigests = (i & 1) != 0,
                KeepTables = (i & 2) != 0,
                Channel = (i & 4) != 0 ? "threshold_2" : null,
                FirstFrame = (i & 4) != 0 ? 1 : 0,
            }).Select(o => (StreamDialects.Create(dialect, o), o)),
        ];
    }

    public string Name { get; }

    public IReadOnlyList<byte[]> Seeds { get; }

    // Tables: packed, unpacked, and as mask or floats. Checked more closely in Run.
    public long Ceiling_bytes => 1L << 29;

    internal static IEnumerable<IFuzzTarget> All() => StreamDialects.Names.Select(n => new DialectTarget(n));

    public void Run(GuardedBytes input, FuzzArena arena)
    {
        GuardedMessage message = _message ??= new GuardedMessage(LargestPart_bytes);
        if (!TrySplit(input.Span, arena.AtEnd, message))
        {
            return;
        }

        (IStreamDialect dialect, DialectOptions options) = _dialects[input.Span[0] % _dialects.Length];
        if (_readings is not null)
        {
            _readings.Next = message;
            bool isReading = _readings.Stream.TryReceive(TimeSpan.Zero, out StageReading reading, out string? refusal);
            Expect(isReading == (refusal is null), "a reading with a refusal, or neither");
            Expect(!isReading || reading.Index is not null || reading.At is not null, "a reading of nothing");
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        SourceEvent read = dialect.Read(message);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // A header's texts or a sentence, the tables as they came, an image for its digest; an exception inside, which quotes the text.
        long allowed = (64 << 10) + ((options.CheckDigests ? LargestRatio + 32 : 32) * (long)input.Span.Length);
        Expect(allocated <= allowed, $"{allocated} bytes were allocated, {allowed} are allowed");
        Expect(message.KeptCount == (read.Kind == SourceEventKind.Image ? 1 : 0), $"{read.Kind} keeps {message.KeptCount} parts");
        switch (read.Kind)
        {
            case SourceEventKind.SeriesStarted:
                Expect(read.Series?.SeriesId == read.SeriesId, "the header has another series than its event");
                Check(read.Series!.Tables);
                break;
            case SourceEventKind.Image:
                Check(read, arena);
                break;
            case SourceEventKind.Rejected:
                Expect(read.Outcome is FrameOutcome.Malformed or FrameOutcome.Truncated, $"rejected as {read.Outcome}");
                Expect(!string.IsNullOrWhiteSpace(read.Reason), "rejected without a reason");
                break;
            default:
                Expect(read.Kind == SourceEventKind.SeriesEnded, $"{read.Kind}");
                break;
        }
    }

    private static void Check(ISeriesTables? tables)
    {
        if (tables?.ReadMask() is { } mask)
        {
            Expect(mask.Masked.Length == mask.Shape.PixelCount && mask.Shape.PixelCount > 0, "the mask has no shape");
        }

        Expect(tables?.ReadFlatField() is null or { Length: > 0 }, "the flat field is empty");
    }

    private void Check(in SourceEvent read, FuzzArena arena)
    {
        RawFrame frame = read.Frame;
        Expect(frame.Header.SeriesId == read.SeriesId, "the frame has another series than its event");
        Expect(frame.Shape.Rows > 0 && frame.Shape.Columns > 0 && Enum.IsDefined(frame.Type), $"{frame.Shape} pixels of {frame.Type}");
        Expect(frame.Payload.Length == frame.PayloadLength, "the pixels lie outside");
        if (frame.Shape == SampleImage.Shape)
        {
            FrameOutcome outcome = _decoder.Decode(frame, arena.Counts(SampleImage.Shape.PixelCount));
            Expect(outcome is FrameOutcome.Accepted or FrameOutcome.Truncated, $"decoded as {outcome}");
        }
    }

    // Readings come on a socket of their own, in messages of the same kind.
    private sealed class ReadingTransport : IMessageReceiver
    {
        public ReadingTransport() => Stream = new ReadingStream(this, firstFrame: 1);

        public ReadingStream Stream { get; }

        public StreamMessage? Next { get; set; }

        public string Endpoint => "fuzz";

        public int LentCount => 0;

        public StreamMessage? Receive(TimeSpan timeout) => Next;

        public void Dispose()
        {
        }
    }

    private static bool TrySplit(ReadOnlySpan<byte> input, bool atEnd, GuardedMessage message)
    {
        message.Clear();
        if (input.Length < 2 || input[1] == 0 || input.Length < 2 + (sizeof(ushort) * input[1]))
        {
            return false;
        }

        ReadOnlySpan<byte> lengths = input.Slice(2, sizeof(ushort) * input[1]);
        ReadOnlySpan<byte> rest = input[(2 + lengths.Length)..];
        while (lengths.Length > 0)
        {
            int length = Math.Min(rest.Length, BinaryPrimitives.ReadUInt16LittleEndian(lengths));
            lengths = lengths[sizeof(ushort)..];
            message.Add(lengths.IsEmpty ? rest : rest[..length], atEnd);
            rest = rest[length..];
        }

        return true;
    }

    private static byte[] Joined(byte options, byte[][] parts) =>
    [
        options,
        (byte)parts.Length,
        .. parts.SelectMany(p => BitConverter.GetBytes((ushort)p.Length)),
        .. parts.SelectMany(p => p),
    ];

    private static void Expect(bool isTrue, string otherwise)
    {
        if (!isTrue)
        {
            throw new FuzzFailureException(otherwise);
        }
    }
}
