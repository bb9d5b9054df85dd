using System.Globalization;
using System.Text;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Dectris;

/// <summary>
/// Reads DECTRIS Stream V2 (CBOR) messages. Every field but <c>type</c>, <c>series_id</c> and <c>image_id</c> is
/// optional, unknown ones are passed over, and their order does not matter. An image is read without copying its
/// pixels and, after the first one of a series, without allocating. Not thread-safe: one instance per socket.
/// </summary>
/// <remarks>
/// <c>monitor</c>, <c>transmission</c>, <c>translation_mm</c> and <c>rotation_deg</c> are taken from <c>user_data</c>, which may be a map or a text of JSON.
/// Source: DECTRIS Stream V2 API, <see href="https://github.com/dectris/documentation/tree/main/stream_v2"/>;
/// typed arrays: RFC 8746.
/// </remarks>
public sealed class Stream2Reader
{
    private const ulong SelfDescribedTag = 55799;
    private const ulong RowMajorTag = 40;
    private const ulong ColumnMajorTag = 1040;
    private const ulong CompressedTag = 56500;
    private const int LongestDate = 64;
    private const int LargestSide = 65535;

    private readonly byte[]? _channel;
    private readonly bool _keepsTables;
    private readonly byte[] _dateText = new byte[LongestDate];
    private int _dateLength = -1;
    private DateTimeOffset? _date;

    /// <summary>Makes a reader.</summary>
    /// <param name="channel">
    /// Threshold channel to take, such as <c>threshold_1</c>; null takes the first of each image.
    /// </param>
    /// <param name="keepsTables">
    /// Copy the mask and flat field of a start message, still packed, so that <see cref="SeriesHeader.Tables"/> can unpack them.
    /// </param>
    public Stream2Reader(string? channel = null, bool keepsTables = false)
    {
        _keepsTables = keepsTables;
        _channel = channel is null ? null : Encoding.UTF8.GetBytes(channel);
    }

    /// <summary>Reads one message.</summary>
    /// <param name="message">All bytes of the message.</param>
    /// <param name="content">What it says, when accepted.</param>
    /// <param name="reason">One sentence for people, when not accepted.</param>
    /// <returns>
    /// <see cref="FrameOutcome.Accepted"/>; <see cref="FrameOutcome.Truncated"/> where the message ends too early;
    /// <see cref="FrameOutcome.Malformed"/> where it is no such message or uses a form that is not supported.
    /// </returns>
    public FrameOutcome Read(ReadOnlySpan<byte> message, out Stream2Message content, out string? reason)
    {
        content = default;
        CborSpanReader reader = new(message);
        Fields fields = new() { Facts = FrameFacts.None, Distance_m = double.NaN };
        reason = null;
        if (!TryReadFields(ref reader, ref fields, out string? problem))
        {
            // Random bytes claim long strings too; only what began as such a message can have been cut short.
            bool isTruncated = reader.IsCutShort && (fields.Kind is not null || fields.IsInData);
            reason = isTruncated
                ? $"the message of {message.Length} bytes is cut short{(fields.IsInData ? " in the pixels" : "")}"
                : problem
                    ?? $"the message is not DECTRIS Stream V2: byte {reader.Position} of {message.Length} is wrong";
            return isTruncated ? FrameOutcome.Truncated : FrameOutcome.Malformed;
        }

        reason = reader.Remaining > 0 ? $"{reader.Remaining} bytes follow the end of the message" : Missing(fields);
        if (reason is not null)
        {
            return FrameOutcome.Malformed;
        }

        content = new Stream2Message
        {
            Kind = fields.Kind!.Value,
            SeriesId = (long)fields.SeriesId!.Value,
            Series = fields.Kind == Stream2Kind.Start ? Header(fields, message) : null,
            ImageIndex = (int)(fields.ImageId ?? 0),
            StoppedAt = StoppedAt(fields),
            Facts = fields.Facts,
            Shape = fields.Shape,
            Type = fields.Type,
            Encoding = fields.Encoding,
            IsBigEndian = fields.IsBigEndian,
            IsColumnMajor = fields.IsColumnMajor,
            PayloadOffset = fields.PayloadOffset,
            PayloadLength = fields.PayloadLength,
        };
        return FrameOutcome.Accepted;
    }

    private string? Missing(in Fields fields) => fields switch
    {
        { Kind: null } => "the message has no type",
        { SeriesId: null or > long.MaxValue } => "the message has no series_id",
        { Kind: not Stream2Kind.Image } => null,
        { ImageId: null or > int.MaxValue } => "the image has no usable image_id",
        { HasPixels: false } => _channel is null
            ? "the image has no data"
            : $"the image has no data of the channel '{Encoding.UTF8.GetString(_channel)}'",
        _ => null,
    };

    private bool TryReadFields(scoped ref CborSpanReader reader, ref Fields fields, out string? problem)
    {
        problem = null;
        if (reader.Peek() == CborMajor.Tag && !(reader.TryReadTag(out ulong tag) && tag == SelfDescribedTag))
        {
            return false;
        }

        if (!reader.TryReadContainer(CborMajor.Map, out int left))
        {
            return false;
        }

        while (reader.HasNext(ref left))
        {
            if (!reader.TryReadText(out ReadOnlySpan<byte> key)
                || !TryReadField(ref reader, key, ref fields, ref problem))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryReadField(
        scoped ref CborSpanReader reader,
        ReadOnlySpan<byte> key,
        ref Fields fields,
        ref string? problem)
    {
        switch (key.Length)
        {
            case 4 when key.SequenceEqual("type"u8):
                return TryReadKind(ref reader, ref fields, ref problem);
            case 4 when key.SequenceEqual("data"u8):
                fields.IsInData = true;
                bool read = TryReadChannels(ref reader, ref fields, ref problem);
                fields.IsInData = !read;
                return read;
            case 8 when key.SequenceEqual("image_id"u8):
                return TryReadUnsigned(ref reader, out fields.ImageId);
            case 9 when key.SequenceEqual("flatfield"u8):
                return TryMarkTable(ref reader, ref fields.FlatField);
            case 9 when key.SequenceEqual("series_id"u8):
                return TryReadUnsigned(ref reader, out fields.SeriesId);
            case 9 when key.SequenceEqual("stop_time"u8):
                return TryReadSeconds(ref reader, out fields.StopTime);
            case 9 when key.SequenceEqual("user_data"u8):
                return TryReadUserData(ref reader, ref fields);
            case 10 when key.SequenceEqual("frame_time"u8):
                return TryReadOptional(ref reader, out fields.FrameTime_s);
            case 10 when key.SequenceEqual("pixel_mask"u8):
                return TryMarkTable(ref reader, ref fields.Mask);
            case 11 when key.SequenceEqual("series_date"u8):
                return TryReadDate(ref reader, ref fields);
            case 12 when key.SequenceEqual("image_size_x"u8):
                return TryReadOptional(ref reader, out fields.SizeX);
            case 12 when key.SequenceEqual("image_size_y"u8):
                return TryReadOptional(ref reader, out fields.SizeY);
            case 15 when key.SequenceEqual("incident_energy"u8):
                return TryReadOptional(ref reader, out fields.Energy_eV);
            case 17 when key.SequenceEqual("flatfield_enabled"u8):
                return TryReadFlag(ref reader, out fields.FlatFieldApplied);
            case 16 when key.SequenceEqual("number_of_images"u8):
                return TryReadOptional(ref reader, out fields.ImageCount);
            case 16 when key.SequenceEqual("series_unique_id"u8):
                return TryReadOptionalText(ref reader, out fields.UniqueId);
            case 20 when key.SequenceEqual("detector_description"u8):
                return TryReadOptionalText(ref reader, out fields.Detector);
            case 20 when key.SequenceEqual("detector_translation"u8):
                return TryReadDistance(ref reader, out fields.Distance_m);
            default:
                return reader.TrySkip();
        }
    }

    /// <summary>Where a table lies, without looking at its megabytes.</summary>
    private static bool TryMarkTable(scoped ref CborSpanReader reader, ref Range table)
    {
        int start = reader.Position;
        bool read = reader.TrySkip();
        table = start..reader.Position;
        return read;
    }

    /// <summary>The distance is the third of three translations, whose sign depends on the side it is counted from.</summary>
    private static bool TryReadDistance(scoped ref CborSpanReader reader, out double distance_m)
    {
        distance_m = double.NaN;
        CborSpanReader start = reader;
        if (reader.Peek() == CborMajor.Array
            && reader.TryReadContainer(CborMajor.Array, out int count)
            && count == 3
            && reader.TryReadNumber(out _)
            && reader.TryReadNumber(out _)
            && reader.TryReadNumber(out double z))
        {
            distance_m = Math.Abs(z);
            return true;
        }

        reader = start;
        return reader.TrySkip();
    }

    private static bool TryReadFlag(scoped ref CborSpanReader reader, out bool? flag)
    {
        CborSpanReader start = reader;
        if (reader.TryReadBoolean(out bool value))
        {
            flag = value;
            return true;
        }

        reader = start;
        flag = null;
        return reader.TrySkip();
    }

    private static bool TryReadKind(scoped ref CborSpanReader reader, ref Fields fields, ref string? problem)
    {
        if (!reader.TryReadText(out ReadOnlySpan<byte> type))
        {
            return false;
        }

        fields.Kind = type.SequenceEqual("image"u8) ? Stream2Kind.Image
            : type.SequenceEqual("start"u8) ? Stream2Kind.Start
            : type.SequenceEqual("end"u8) ? Stream2Kind.End
            : null;
        if (fields.Kind is null)
        {
            problem = $"the message has the unknown type '{ShownText.Excerpt(type)}'; start, image and end are known";
        }

        return fields.Kind is not null;
    }

    private static bool TryReadUnsigned(scoped ref CborSpanReader reader, out ulong? value)
    {
        bool read = reader.TryReadUnsigned(out ulong found);
        value = read ? found : null;
        return read;
    }

    /// <summary>A number of any kind; anything else is passed over, because the field is optional.</summary>
    private static bool TryReadOptional(scoped ref CborSpanReader reader, out double value)
    {
        CborSpanReader start = reader;
        if (reader.TryReadNumber(out value))
        {
            return true;
        }

        reader = start;
        value = double.NaN;
        return reader.TrySkip();
    }

    private static bool TryReadOptionalText(scoped ref CborSpanReader reader, out ReadOnlySpan<byte> text)
    {
        CborSpanReader start = reader;
        if (reader.TryReadText(out text))
        {
            return true;
        }

        reader = start;
        text = default;
        return reader.TrySkip();
    }

    /// <summary>A time as numerator and denominator, or as plain seconds.</summary>
    private static bool TryReadSeconds(scoped ref CborSpanReader reader, out TimeSpan? time)
    {
        // A century: anything longer is not the time of an exposure, and must not overflow the date.
        const double Longest_s = 100 * 365.25 * 86400;
        CborSpanReader start = reader;
        double numerator;
        double denominator = 1;
        bool isRatio = reader.Peek() == CborMajor.Array;
        bool read = isRatio
            ? reader.TryReadContainer(CborMajor.Array, out int count)
                & count == 2
                & reader.TryReadNumber(out numerator)
                & reader.TryReadNumber(out denominator)
            : reader.TryReadNumber(out numerator);
        double seconds = numerator / denominator;
        time = read && double.IsFinite(seconds) && Math.Abs(seconds) < Longest_s ? TimeSpan.FromSeconds(seconds) : null;
        if (read)
        {
            return true;
        }

        reader = start;
        return reader.TrySkip();
    }

    private bool TryReadDate(scoped ref CborSpanReader reader, ref Fields fields)
    {
        CborSpanReader start = reader;
        if (reader.Peek() == CborMajor.Tag && !reader.TryReadTag(out _))
        {
            return false;
        }

        if (!reader.TryReadText(out ReadOnlySpan<byte> text))
        {
            reader = start;
            return reader.TrySkip();
        }

        // All images of a series carry the same date: parse it once.
        if (text.Length <= LongestDate && !text.SequenceEqual(_dateText.AsSpan(0, Math.Max(_dateLength, 0))))
        {
            Span<char> characters = stackalloc char[LongestDate];
            for (int i = 0; i < text.Length; i++)
            {
                characters[i] = (char)text[i];
            }

            _date = DateTimeOffset.TryParse(
                characters[..text.Length],
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out DateTimeOffset date) ? date : null;
            text.CopyTo(_dateText);
            _dateLength = text.Length;
        }

        fields.SeriesDate = text.Length is > 0 and <= LongestDate ? _date : null;
        return true;
    }

    private static DateTimeOffset? StoppedAt(in Fields fields)
    {
        if (fields is not { SeriesDate: { } date, StopTime: { } stop })
        {
            return null;
        }

        long ticks = date.UtcTicks + stop.Ticks;
        return ticks >= DateTimeOffset.MinValue.UtcTicks && ticks <= DateTimeOffset.MaxValue.UtcTicks
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : null;
    }

    private static bool TryReadUserData(scoped ref CborSpanReader reader, ref Fields fields)
    {
        CborSpanReader start = reader;
        if (reader.Peek() == CborMajor.Text && reader.TryReadText(out ReadOnlySpan<byte> json))
        {
            fields.Facts = FrameFacts.FromJson(json);
            return true;
        }

        if (reader.Peek() != CborMajor.Map || !reader.TryReadContainer(CborMajor.Map, out int left))
        {
            reader = start;
            return reader.TrySkip();
        }

        while (reader.HasNext(ref left))
        {
            ReadOnlySpan<byte> key = default;
            if (!(reader.Peek() == CborMajor.Text ? TryReadOptionalText(ref reader, out key) : reader.TrySkip())
                || !TryReadOptional(ref reader, out double value))
            {
                return false;
            }

            fields.Facts = fields.Facts.With(key, value);
        }

        return true;
    }

    private bool TryReadChannels(scoped ref CborSpanReader reader, ref Fields fields, ref string? problem)
    {
        if (!reader.TryReadContainer(CborMajor.Map, out int left))
        {
            problem = "data is not a map of channels";
            return false;
        }

        while (reader.HasNext(ref left))
        {
            if (!reader.TryReadText(out ReadOnlySpan<byte> channel))
            {
                return false;
            }

            bool wanted = !fields.HasPixels && (_channel is null || channel.SequenceEqual(_channel));
            if (!(wanted ? TryReadImage(ref reader, ref fields, ref problem) : reader.TrySkip()))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Where the array of a channel lies in a map of channels, such as a mask or an image.</summary>
    internal bool TryLocate(ReadOnlySpan<byte> channels, out Stream2Message array)
    {
        Fields fields = new();
        CborSpanReader reader = new(channels);
        string? problem = null;
        bool found = TryReadChannels(ref reader, ref fields, ref problem) && fields.HasPixels;
        array = new Stream2Message
        {
            Shape = fields.Shape,
            Type = fields.Type,
            Encoding = fields.Encoding,
            IsBigEndian = fields.IsBigEndian,
            IsColumnMajor = fields.IsColumnMajor,
            PayloadOffset = fields.PayloadOffset,
            PayloadLength = fields.PayloadLength,
        };
        return found;
    }

    private static bool TryReadImage(scoped ref CborSpanReader reader, ref Fields fields, ref string? problem)
    {
        if (!reader.TryReadTag(out ulong order) || order is not (RowMajorTag or ColumnMajorTag))
        {
            problem = "the image is not a multi-dimensional array (tag 40 or 1040)";
            return false;
        }

        fields.IsColumnMajor = order == ColumnMajorTag;
        if (!reader.TryReadContainer(CborMajor.Array, out int parts)
            || !reader.TryReadContainer(CborMajor.Array, out int dimensions)
            || parts != 2
            || dimensions != 2
            || !reader.TryReadUnsigned(out ulong rows)
            || !reader.TryReadUnsigned(out ulong columns))
        {
            problem = "the image has not two dimensions [rows, columns]";
            return false;
        }

        if (rows is 0 or > LargestSide || columns is 0 or > LargestSide || rows * columns > int.MaxValue / sizeof(int))
        {
            problem = $"the image cannot have {rows}×{columns} pixels";
            return false;
        }

        fields.Shape = new ImageShape((int)rows, (int)columns);
        return TryReadTypedArray(ref reader, ref fields, ref problem);
    }

    private static bool TryReadTypedArray(scoped ref CborSpanReader reader, ref Fields fields, ref string? problem)
    {
        if (!reader.TryReadTag(out ulong tag))
        {
            problem = "the pixels are not a typed array (RFC 8746)";
            return false;
        }

        PixelType? type = TypeOf(tag);
        if (type is null)
        {
            problem = $"the pixels have the type of tag {tag}, which is not supported: send integers or floats of RFC 8746";
            return false;
        }

        // RFC 8746, section 2.1: bit 2 of the tag is the byte order of what has more than one byte.
        const ulong LittleEndianBit = 4;
        fields.IsBigEndian = PixelTypes.SizeOf(type.Value) > 1 && (tag & LittleEndianBit) == 0;
        fields.Type = type.Value;
        fields.Encoding = PixelEncoding.None;
        if (reader.Peek() == CborMajor.Tag && !TryReadCompression(ref reader, ref fields, ref problem))
        {
            return false;
        }

        fields.HasPixels = reader.TryReadBytes(out fields.PayloadOffset, out fields.PayloadLength);
        return fields.HasPixels;
    }

    /// <summary>Element type of a typed array's tag (RFC 8746, section 2); null where it is not supported.</summary>
    internal static PixelType? TypeOf(ulong tag) => tag switch
    {
        64 or 68 => PixelType.UInt8,
        65 or 69 => PixelType.UInt16,
        66 or 70 => PixelType.UInt32,
        67 or 71 => PixelType.UInt64,
        72 => PixelType.Int8,
        73 or 77 => PixelType.Int16,
        74 or 78 => PixelType.Int32,
        75 or 79 => PixelType.Int64,
        80 or 84 => PixelType.Float16,
        81 or 85 => PixelType.Float32,
        82 or 86 => PixelType.Float64,
        _ => null,
    };

    private static bool TryReadCompression(scoped ref CborSpanReader reader, ref Fields fields, ref string? problem)
    {
        if (!reader.TryReadTag(out ulong tag)
            || tag != CompressedTag
            || !reader.TryReadContainer(CborMajor.Array, out int parts)
            || parts != 3
            || !reader.TryReadText(out ReadOnlySpan<byte> algorithm)
            || !reader.TryReadUnsigned(out ulong elementSize))
        {
            problem = "the pixels are neither bytes nor compressed by tag 56500 [algorithm, element size, bytes]";
            return false;
        }

        if (algorithm.SequenceEqual("bslz4"u8))
        {
            fields.Encoding = PixelEncoding.BitshuffleLz4;
            if (elementSize != (ulong)PixelTypes.SizeOf(fields.Type))
            {
                problem = $"bslz4 was made for {elementSize}-byte elements, but the pixels are {fields.Type}";
                return false;
            }

            return true;
        }

        fields.Encoding = PixelEncoding.Lz4;
        if (!algorithm.SequenceEqual("lz4"u8))
        {
            problem = $"the compression '{ShownText.Excerpt(algorithm)}' is not supported: bslz4 and lz4 are";
            return false;
        }

        return true;
    }

    private SeriesHeader Header(in Fields fields, ReadOnlySpan<byte> message) => new()
    {
        SeriesId = (long)fields.SeriesId!.Value,
        UniqueId = ShownText.Of(fields.UniqueId),
        ImageCount = fields.ImageCount is >= 1 and <= int.MaxValue ? (int)fields.ImageCount : null,
        Shape = fields is { SizeX: >= 1 and <= LargestSide, SizeY: >= 1 and <= LargestSide }
            ? new ImageShape((int)fields.SizeY, (int)fields.SizeX)
            : null,
        Energy_keV = fields.Energy_eV is > 0 and < double.PositiveInfinity ? fields.Energy_eV / 1000 : null,
        FramePeriod = fields.FrameTime_s is > 0 and < 1e6 ? TimeSpan.FromSeconds(fields.FrameTime_s) : null,
        Detector = ShownText.Of(fields.Detector),
        Distance_m = fields.Distance_m is > 0 and < double.PositiveInfinity ? fields.Distance_m : null,
        FlatFieldApplied = fields.FlatFieldApplied,
        Tables = _keepsTables ? Stream2Tables.Keep(message[fields.Mask], message[fields.FlatField], _channel) : null,
    };

    /// <summary>Fields of a message as far as read; numbers that are absent are NaN or 0.</summary>
    private ref struct Fields
    {
        public Stream2Kind? Kind;
        public ulong? SeriesId;
        public ulong? ImageId;
        public ReadOnlySpan<byte> UniqueId;
        public ReadOnlySpan<byte> Detector;
        public double ImageCount;
        public double SizeX;
        public double SizeY;
        public double Energy_eV;
        public double FrameTime_s;
        public FrameFacts Facts;
        public double Distance_m;
        public bool? FlatFieldApplied;
        public Range Mask;
        public Range FlatField;
        public bool IsBigEndian;
        public bool IsColumnMajor;
        public DateTimeOffset? SeriesDate;
        public TimeSpan? StopTime;
        public bool HasPixels;
        public ImageShape Shape;
        public PixelType Type;
        public PixelEncoding Encoding;
        public int PayloadOffset;
        public int PayloadLength;
        public bool IsInData;
    }
}
