using MessagePack;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Ingest.Xrdct;

/// <summary>
/// The MessagePack stream of this project, for senders that know more of a frame than its pixels: a map with the index, the times, the
/// monitor, the transmission and the motor positions, then the pixels as a second part. <c>docs/streams.md</c> has every key.
/// </summary>
/// <param name="options">First frame and digests apply.</param>
public sealed class XrdctDialect(DialectOptions options) : IStreamDialect
{
    private const int DeepestNesting = 32;

    /// <inheritdoc/>
    public string Name => "XrdCt MessagePack";

    /// <inheritdoc/>
    public SourceEvent Read(StreamMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        Fields fields = new();
        if (TryRead(message, ref fields) is string refusal)
        {
            return Rejections.Malformed(refusal);
        }

        if (fields.Series < 0)
        {
            return Rejections.Malformed("the message has no series, which every message of the xrdct dialect needs");
        }

        return fields.Kind switch
        {
            Kind.Start => Start(fields),
            Kind.Image => Image(message, fields),
            Kind.End => new SourceEvent { Kind = SourceEventKind.SeriesEnded, SeriesId = fields.Series },
            _ => Rejections.Malformed("the message has an unknown type; start, image and end are known"),
        };
    }

    /// <summary>Reads a message of type <c>reading</c>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="firstFrame">Number that the stream gives to the first frame of a series.</param>
    /// <param name="reading">The reading.</param>
    /// <returns>Why it is none, one sentence; null where it is one.</returns>
    internal static string? TryRead(StreamMessage message, int firstFrame, out StageReading reading)
    {
        Fields fields = new();
        reading = default;
        if (TryRead(message, ref fields) is string refusal)
        {
            return refusal;
        }

        long index = fields.Index - firstFrame;
        bool hasTime = fields.Time_ns is > 0 and < long.MaxValue;
        FrameFacts facts = fields.Facts;
        if (fields.Kind != Kind.Reading)
        {
            return "the message is no reading: its type is not 'reading'";
        }

        if (fields.Index < 0 && !hasTime)
        {
            return "a reading has neither an index nor a time";
        }

        if (facts == FrameFacts.None)
        {
            return "a reading tells none of translation_mm, rotation_deg, monitor and transmission";
        }

        reading = new StageReading
        {
            SeriesId = fields.Series < 0 ? null : fields.Series,
            Index = fields.Index < 0 ? null : (int)Math.Clamp(index, -1, int.MaxValue),
            At = hasTime ? DateTimeOffset.UnixEpoch.AddTicks(fields.Time_ns / 100) : null,
            Translation_mm = facts.Translation_mm ?? double.NaN,
            Rotation_deg = facts.Rotation_deg ?? double.NaN,
            Monitor = facts.Monitor,
            Transmission = facts.Transmission ?? double.NaN,
        };
        return null;
    }

    private static string? TryRead(StreamMessage message, ref Fields fields)
    {
        try
        {
            MessagePackReader reader = new(message.Part(0)) { Depth = 0 };
            return TryReadMap(ref reader, ref fields)
                ? null
                : "the message is not of the xrdct dialect: its first part is no MessagePack map with text keys";
        }
        catch (MessagePackSerializationException e)
        {
            return $"the message is not of the xrdct dialect: {e.Message}";
        }
        catch (Exception e) when (e is EndOfStreamException or OverflowException or ArgumentException)
        {
            // ArgumentException: MessagePackReader takes the length of a text for negative where it is 2³¹ and more.
            return "the message is not of the xrdct dialect: its first part is cut short";
        }
    }

    private static SourceEvent Start(in Fields fields) => new()
    {
        Kind = SourceEventKind.SeriesStarted,
        SeriesId = fields.Series,
        Series = new SeriesHeader
        {
            SeriesId = fields.Series,
            UniqueId = ShownText.Of(fields.UniqueId),
            ImageCount = fields.Images is > 0 and <= int.MaxValue ? (int)fields.Images : null,
            Shape = FrameShape.Of(fields.Rows, fields.Columns),
            Energy_keV = fields.Energy_keV is > 0 and < double.PositiveInfinity ? fields.Energy_keV : null,
            FramePeriod = fields.FrameTime_s is > 0 and < 1e6 ? TimeSpan.FromSeconds(fields.FrameTime_s) : null,
            Distance_m = fields.Distance_m is > 0 and < double.PositiveInfinity ? fields.Distance_m : null,
            Detector = ShownText.Of(fields.Detector),
        },
    };

    private SourceEvent Image(StreamMessage message, in Fields fields)
    {
        long index = fields.Index - options.FirstFrame;
        if (message.PartCount != 2 || fields.Index < 0 || index > int.MaxValue)
        {
            return Rejections.Malformed($"an image of the xrdct dialect has two parts and an index; this one has {message.PartCount} parts");
        }

        // A CBF file says itself what its pixels are.
        PixelEncoding? encoding = PixelNames.EncodingOf(fields.Encoding);
        bool isFile = encoding == PixelEncoding.CbfByteOffset;
        ImageShape? shape = FrameShape.Of(fields.Rows, fields.Columns);
        PixelType? type = isFile ? PixelType.Int32 : PixelNames.TypeOf(fields.PixelType);
        if (encoding is null || type is null || (shape is null && !isFile))
        {
            return Rejections.Malformed(
                $"frame {fields.Index}: shape [rows, columns], dtype (int32, uint16, …) or encoding (none, bslz4, lz4, cbf) is not supported");
        }

        FrameHeader frame = new()
        {
            SeriesId = fields.Series,
            Index = (int)index,
            AcquiredAt = fields.Stop_ns > 0 ? DateTimeOffset.UnixEpoch.AddTicks(fields.Stop_ns / 100) : message.ReceivedAt,
            Monitor = fields.Facts.Monitor,
            Transmission = fields.Facts.Transmission,
            Translation_mm = fields.Facts.Translation_mm,
            Rotation_deg = fields.Facts.Rotation_deg,
        };
        ImageDescription image = new(frame, shape ?? default, type.Value, encoding.Value, IsBigEndian: false);
        return ImageParts.Image(message, 1, image, options.CheckDigests);
    }

    private static bool TryReadMap(scoped ref MessagePackReader reader, ref Fields fields)
    {
        if (reader.NextMessagePackType != MessagePackType.Map)
        {
            return false;
        }

        int count = reader.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            if (reader.NextMessagePackType != MessagePackType.String)
            {
                return false;
            }

            ReadField(ref reader, TextOf(ref reader), ref fields);
        }

        return true;
    }

    private static void ReadField(scoped ref MessagePackReader reader, ReadOnlySpan<byte> key, ref Fields fields)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Integer:
                ReadInteger(ref reader, key, ref fields);
                break;
            case MessagePackType.Float:
                ReadFloat(key, reader.ReadDouble(), ref fields);
                break;
            case MessagePackType.String:
                ReadText(key, TextOf(ref reader), ref fields);
                break;
            case MessagePackType.Array when key.SequenceEqual("shape"u8):
                ReadShape(ref reader, ref fields);
                break;
            case MessagePackType.Map when key.SequenceEqual("positions"u8):
                ReadPositions(ref reader, ref fields);
                break;
            default:
                Skip(ref reader, DeepestNesting);
                break;
        }
    }

    private static void ReadInteger(scoped ref MessagePackReader reader, ReadOnlySpan<byte> key, ref Fields fields)
    {
        // 0xCF is an unsigned 64-bit number, which may be beyond any of ours.
        long value = reader.NextCode == MessagePackCode.UInt64
            ? (long)Math.Min(reader.ReadUInt64(), long.MaxValue)
            : reader.ReadInt64();
        if (key.SequenceEqual("series"u8))
        {
            fields.Series = value;
        }
        else if (key.SequenceEqual("index"u8))
        {
            fields.Index = value;
        }
        else if (key.SequenceEqual("images"u8))
        {
            fields.Images = value;
        }
        else if (key.SequenceEqual("stop_ns"u8))
        {
            fields.Stop_ns = value;
        }
        else if (key.SequenceEqual("time_ns"u8))
        {
            fields.Time_ns = value;
        }
        else
        {
            ReadFloat(key, value, ref fields);
        }
    }

    private static void ReadFloat(ReadOnlySpan<byte> key, double value, ref Fields fields)
    {
        if (key.SequenceEqual("energy_keV"u8))
        {
            fields.Energy_keV = value;
        }
        else if (key.SequenceEqual("frame_time_s"u8))
        {
            fields.FrameTime_s = value;
        }
        else if (key.SequenceEqual("distance_m"u8))
        {
            fields.Distance_m = value;
        }
        else
        {
            fields.Facts = fields.Facts.With(key, value);
        }
    }

    private static void ReadText(ReadOnlySpan<byte> key, ReadOnlySpan<byte> text, ref Fields fields)
    {
        if (key.SequenceEqual("type"u8))
        {
            fields.Kind = text.SequenceEqual("image"u8) ? Kind.Image
                : text.SequenceEqual("start"u8) ? Kind.Start
                : text.SequenceEqual("end"u8) ? Kind.End
                : text.SequenceEqual("reading"u8) ? Kind.Reading
                : Kind.Unknown;
        }
        else if (key.SequenceEqual("dtype"u8))
        {
            fields.PixelType = text;
        }
        else if (key.SequenceEqual("encoding"u8))
        {
            fields.Encoding = text;
        }
        else if (key.SequenceEqual("series_uid"u8))
        {
            fields.UniqueId = text;
        }
        else if (key.SequenceEqual("detector"u8))
        {
            fields.Detector = text;
        }
    }

    private static void ReadShape(scoped ref MessagePackReader reader, ref Fields fields)
    {
        int count = reader.ReadArrayHeader();
        for (int i = 0; i < count; i++)
        {
            if (reader.NextMessagePackType != MessagePackType.Integer)
            {
                Skip(ref reader, DeepestNesting);
                continue;
            }

            long side = reader.ReadInt64();
            fields.Rows = i == 0 ? side : fields.Rows;
            fields.Columns = i == 1 ? side : count == 2 ? fields.Columns : 0;
        }
    }

    private static void ReadPositions(scoped ref MessagePackReader reader, ref Fields fields)
    {
        int count = reader.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            if (reader.NextMessagePackType != MessagePackType.String)
            {
                Skip(ref reader, DeepestNesting);
                Skip(ref reader, DeepestNesting);
                continue;
            }

            ReadOnlySpan<byte> key = TextOf(ref reader);
            switch (reader.NextMessagePackType)
            {
                case MessagePackType.Float:
                case MessagePackType.Integer:
                    fields.Facts = fields.Facts.With(key, reader.ReadDouble());
                    break;
                default:
                    Skip(ref reader, DeepestNesting);
                    break;
            }
        }
    }

    // MessagePackReader.Skip recurses without a limit of its own where no security options are set.
    private static void Skip(scoped ref MessagePackReader reader, int depth)
    {
        if (depth == 0)
        {
            throw new MessagePackSerializationException("it is nested too deeply");
        }

        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Array:
                for (int left = reader.ReadArrayHeader(); left > 0; left--)
                {
                    Skip(ref reader, depth - 1);
                }

                break;
            case MessagePackType.Map:
                for (long left = 2L * reader.ReadMapHeader(); left > 0; left--)
                {
                    Skip(ref reader, depth - 1);
                }

                break;
            default:
                reader.Skip();
                break;
        }
    }

    /// <summary>A text in the message's own bytes, which are one piece of memory.</summary>
    private static ReadOnlySpan<byte> TextOf(scoped ref MessagePackReader reader) =>
        reader.TryReadStringSpan(out ReadOnlySpan<byte> text) ? text : default;

    private enum Kind
    {
        Unknown,
        Start,
        Image,
        End,
        Reading,
    }

    private ref struct Fields
    {
        public Fields()
        {
        }

        public Kind Kind;
        public long Series = -1;
        public long Index = -1;
        public long Images = -1;
        public long Stop_ns = -1;
        public long Time_ns = -1;
        public long Rows = -1;
        public long Columns = -1;
        public double Energy_keV = double.NaN;
        public double FrameTime_s = double.NaN;
        public double Distance_m = double.NaN;
        public FrameFacts Facts = FrameFacts.None;
        public ReadOnlySpan<byte> PixelType;
        public ReadOnlySpan<byte> Encoding;
        public ReadOnlySpan<byte> UniqueId;
        public ReadOnlySpan<byte> Detector;
    }
}
