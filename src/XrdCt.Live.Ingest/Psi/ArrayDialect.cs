using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Psi;

/// <summary>
/// <c>array-1.0</c>: arrays of PSI's htypes and of areaDetector's NDPluginZMQ, JSON + blob; also <c>pilatus-1.0</c> (a CBF file). There
/// is no header and no end: a series begins with its first frame, and anew when that frame number comes again. ADZMQ before 1.4 wrote
/// <c>htype</c> as a list and the shape as [x, y]; both are understood.
/// </summary>
/// <remarks>
/// Sources: <see href="https://github.com/paulscherrerinstitute/htypes"/>, <see href="https://github.com/paulscherrerinstitute/ADZMQ"/>.
/// </remarks>
/// <param name="options">First frame applies: areaDetector often counts from 1.</param>
public sealed class ArrayDialect(DialectOptions options) : IStreamDialect
{
    // The first frame again, this many frames later, is a new series; sooner, it is a repeated message.
    private const int RepeatReach = 32;

    private long _series;
    private long _highest = -1;

    /// <inheritdoc/>
    public string Name => "array-1.0";

    /// <inheritdoc/>
    public SourceEvent Read(StreamMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        JsonHeader header = new(stackalloc byte[JsonHeader.UnescapedRoom]);
        if (!header.TryRead(message.Part(0).Span))
        {
            return Rejections.Malformed("the message is not array-1.0: its first part is no JSON object");
        }

        bool isFile = header.HType.SequenceEqual("pilatus-1.0"u8);
        if (!isFile && !header.HType.SequenceEqual("array-1.0"u8))
        {
            return Rejections.Malformed("the message has an unknown htype; array-1.0 and pilatus-1.0 are known");
        }

        long number = header.Frame >= 0 ? header.Frame : isFile ? NumberIn(header.FileName) : -1;
        long index = number - options.FirstFrame;
        if (message.PartCount != 2 || number < 0 || index > int.MaxValue)
        {
            return Rejections.Malformed($"an array has two parts and a frame number; this message has {message.PartCount} parts");
        }

        PixelType? type = isFile ? PixelType.Int32 : PixelNames.TypeOf(header.Type);
        PixelEncoding encoding = PixelEncoding.CbfByteOffset;
        bool isBigEndian = false;
        if (type is null || (!isFile && !TryReadEncoding(header, message.Part(1).Span, type.Value, out encoding, out isBigEndian)))
        {
            return Rejections.Malformed(
                $"frame {number}: type '{ShownText.Excerpt(header.Type)}' or encoding '{ShownText.Excerpt(header.Encoding)}' is not supported");
        }

        // [z, y, x] has one z; the list as htype tells that the order is [x, y, z].
        ImageShape? shape = (header.ShapeLength, header.IsHTypeList) switch
        {
            (2, false) => FrameShape.Of(header.Shape.First, header.Shape.Second),
            (2, true) => FrameShape.Of(header.Shape.Second, header.Shape.First),
            (3, false) when header.Shape.First == 1 => FrameShape.Of(header.Shape.Second, header.Shape.Third),
            (3, true) when header.Shape.Third == 1 => FrameShape.Of(header.Shape.Second, header.Shape.First),
            _ => null,
        };
        if (shape is null && !isFile)
        {
            return Rejections.Malformed($"frame {number}: the shape is not [rows, columns]");
        }

        if (index == 0 && _highest >= RepeatReach)
        {
            _series++;
            _highest = -1;
        }

        _highest = Math.Max(_highest, index);
        FrameHeader frame = new()
        {
            SeriesId = _series,
            Index = (int)index,
            AcquiredAt = DateOf(header.TimeStamp_s, message.ReceivedAt) ?? message.ReceivedAt,
            Monitor = header.Facts.Monitor,
            Transmission = header.Facts.Transmission,
            Translation_mm = header.Facts.Translation_mm,
            Rotation_deg = header.Facts.Rotation_deg,
        };
        ImageDescription image = new(frame, shape ?? default, type.Value, encoding, isBigEndian);
        return ImageParts.Image(message, 1, image, options.CheckDigests) with
        {
            HasNoHeader = true,
        };
    }

    private static bool TryReadEncoding(
        scoped in JsonHeader header, ReadOnlySpan<byte> pixels, PixelType type, out PixelEncoding encoding, out bool isBigEndian)
    {
        isBigEndian = false;
        bool known = true;
        if (header.Encoding.SequenceEqual("lz4hdf5"u8))
        {
            encoding = PixelEncoding.Lz4;
        }
        else if (PixelNames.EncodingOf(header.Encoding) is { } named)
        {
            // areaDetector takes the 12 bytes off that others put in front: its lz4 is one block, whose first byte is never 0 (the block
            // begins with literals), unlike that of a size of 8 bytes, highest first. Its bslz4 does not tell the size of its blocks.
            encoding = named == PixelEncoding.Lz4 && !pixels.StartsWith((byte)0) ? PixelEncoding.Lz4Block : named;
            known = named != PixelEncoding.BitshuffleLz4 || pixels.StartsWith("\0\0\0\0"u8);
        }
        else
        {
            known = PixelNames.TryReadGrammar(header.Encoding, type, out encoding, out isBigEndian);
        }

        isBigEndian |= header.Endianness.SequenceEqual("big"u8);
        return known;
    }

    /// <summary>The last run of digits in a file name: <c>scan_00042.cbf</c> → 42.</summary>
    private static long NumberIn(ReadOnlySpan<byte> fileName)
    {
        const int MostDigits = 9;
        int end = fileName.LastIndexOfAnyInRange((byte)'0', (byte)'9') + 1;
        int start = end;
        while (start > 0 && fileName[start - 1] is >= (byte)'0' and <= (byte)'9')
        {
            start--;
        }

        long number = 0;
        foreach (byte digit in fileName[start..end])
        {
            number = (number * 10) + (digit - '0');
        }

        return end - start is 0 or > MostDigits ? -1 : number;
    }

    /// <summary>A time in seconds since 1970, or since 1990 as EPICS counts.</summary>
    private static DateTimeOffset? DateOf(double stamp_s, DateTimeOffset receivedAt)
    {
        // The two origins are 20 years apart, so only a stamp within a year of its arrival can be told; others are not used.
        const double EpicsEpoch_s = 631_152_000;
        const double Near_s = 366 * 86400;
        double received_s = (receivedAt - DateTimeOffset.UnixEpoch).TotalSeconds;
        double unix_s = Math.Abs(stamp_s - received_s) < Near_s ? stamp_s
            : Math.Abs(stamp_s + EpicsEpoch_s - received_s) < Near_s ? stamp_s + EpicsEpoch_s
            : double.NaN;
        return unix_s >= 0 ? DateTimeOffset.UnixEpoch.AddSeconds(unix_s) : null;
    }
}
