using System.Text;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Psi;

/// <summary>
/// <c>array-1.0</c>: arrays of PSI's htypes and of areaDetector's NDPluginZMQ, JSON + blob; also <c>pilatus-1.0</c> (a CBF file). There
/// is no header and no end: a series begins with its first frame, and anew when that frame number comes again.
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
        JsonHeader header = new();
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
        if (type is null || (!isFile && !TryReadEncoding(header, type.Value, out encoding, out isBigEndian)))
        {
            return Rejections.Malformed(
                $"frame {number}: type '{Text(header.Type)}' or encoding '{Text(header.Encoding)}' is not supported");
        }

        // [z, y, x] of areaDetector has one z.
        ImageShape? shape = header.ShapeLength switch
        {
            2 => FrameShape.Of(header.Shape.First, header.Shape.Second),
            3 when header.Shape.First == 1 => FrameShape.Of(header.Shape.Second, header.Shape.Third),
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
            AcquiredAt = DateOf(header.TimeStamp_s) ?? message.ReceivedAt,
            Monitor = header.Facts.Monitor,
            Translation_mm = header.Facts.Translation_mm,
            Rotation_deg = header.Facts.Rotation_deg,
        };
        return ImageParts.Image(message, 1, new ImageDescription(frame, shape ?? default, type.Value, encoding, isBigEndian), options.CheckDigests);
    }

    private static bool TryReadEncoding(scoped in JsonHeader header, PixelType type, out PixelEncoding encoding, out bool isBigEndian)
    {
        isBigEndian = false;
        bool known = true;
        if (PixelNames.EncodingOf(header.Encoding) is { } named)
        {
            encoding = named;
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

    /// <summary>A Unix time; EPICS counts from 1990, which Unix times of today are far from.</summary>
    private static DateTimeOffset? DateOf(double stamp_s)
    {
        // 2001-09-09 … 2096: Unix seconds. EPICS seconds (631152000 less) of the years to come lie in between 1.1e9 and 1.6e9 too, so
        // only a stamp near today can be told from one; others are not used.
        const double EpicsEpoch_s = 631_152_000;
        const double Near_s = 366 * 86400;
        double now_s = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        double unix_s = Math.Abs(stamp_s - now_s) < Near_s ? stamp_s
            : Math.Abs(stamp_s + EpicsEpoch_s - now_s) < Near_s ? stamp_s + EpicsEpoch_s
            : double.NaN;
        return double.IsNaN(unix_s) ? null : DateTimeOffset.UnixEpoch.AddSeconds(unix_s);
    }

    private static string Text(ReadOnlySpan<byte> text)
    {
        const int Longest = 40;
        return string.Concat(Encoding.UTF8.GetString(text[..Math.Min(text.Length, Longest)]).Select(c => char.IsControl(c) ? '?' : c));
    }
}
