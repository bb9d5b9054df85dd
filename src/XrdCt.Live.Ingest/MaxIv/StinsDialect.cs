using System.Globalization;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.MaxIv;

/// <summary>
/// The JSON + blob streams of MAX IV: STINS (<c>streaming-receiver</c>'s secondary port, pixels plain or bslz4) and
/// <c>pilatus-streamer</c> (a whole CBF file per image). A header opens a series, <c>series_end</c> closes it; there is no series
/// number, so headers are counted. STINS numbers all messages: an image that a header has overtaken goes to the series before.
/// </summary>
/// <remarks>
/// Sources: <see href="https://github.com/maxiv-science/streaming-receiver"/> and
/// <see href="https://github.com/maxiv-science/pilatus-streamer"/>. Images carry no time: they are dated by their arrival.
/// </remarks>
/// <param name="name">What people call it.</param>
/// <param name="options">First frame, channel and digests apply.</param>
public sealed class StinsDialect(string name, DialectOptions options) : IStreamDialect
{
    private readonly int _threshold = ThresholdOf(options.Channel);
    private long _series;
    private long _headerNumber = -1;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public SourceEvent Read(StreamMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        JsonHeader header = new(stackalloc byte[JsonHeader.UnescapedRoom]);
        if (!header.TryRead(message.Part(0).Span))
        {
            return Rejections.Malformed($"the message is not {name}: its first part is no JSON object");
        }

        if (header.HType.SequenceEqual("image"u8))
        {
            return Image(message, header);
        }

        if (header.HType.SequenceEqual("header"u8))
        {
            return Start(message, ref header);
        }

        return header.HType.SequenceEqual("series_end"u8)
            ? new SourceEvent { Kind = SourceEventKind.SeriesEnded, SeriesId = _series }
            : Rejections.Malformed($"the message has an unknown htype; {name} has header, image and series_end");
    }

    private SourceEvent Start(StreamMessage message, scoped ref JsonHeader header)
    {
        if (message.PartCount > 1)
        {
            // The second part is free: what it says is taken where it is understood.
            header.TryRead(message.Part(1).Span);
        }

        _series++;
        _headerNumber = header.MessageNumber;
        return new SourceEvent
        {
            Kind = SourceEventKind.SeriesStarted,
            SeriesId = _series,
            Series = new SeriesHeader
            {
                SeriesId = _series,
                UniqueId = ShownText.Of(header.FileName),
                ImageCount = header.ExpectedImages,
                Energy_keV = header.Energy_eV is > 0 and < double.PositiveInfinity ? header.Energy_eV / 1000 : null,
                FramePeriod = header.FrameTime_s is > 0 and < 1e6 ? TimeSpan.FromSeconds(header.FrameTime_s) : null,
            },
        };
    }

    private SourceEvent Image(StreamMessage message, scoped in JsonHeader header)
    {
        long index = header.Frame - options.FirstFrame;
        bool hasThresholds = header.ShapeLength == 3;
        int pixelParts = message.PartCount - 1;
        if (pixelParts < 1 || pixelParts != (hasThresholds ? header.Shape.First : 1) || header.Frame < 0 || index > int.MaxValue)
        {
            return Rejections.Malformed(
                $"an image of {name} has a frame number and two parts, or a part more per threshold; this one has {message.PartCount} parts");
        }

        if (hasThresholds && (_threshold > pixelParts || _threshold >= StreamMessage.MostParts))
        {
            return Rejections.Malformed($"frame {header.Frame} has no channel '{options.Channel}', only {pixelParts}");
        }

        PixelEncoding? encoding = PixelNames.EncodingOf(header.Encoding);
        bool isFile = encoding == PixelEncoding.CbfByteOffset;
        PixelType? type = isFile ? PixelType.Int32 : PixelNames.TypeOf(header.Type);
        ImageShape? shape = header.ShapeLength switch
        {
            2 => FrameShape.Of(header.Shape.First, header.Shape.Second),
            3 => FrameShape.Of(header.Shape.Second, header.Shape.Third),
            _ => null,
        };
        if (encoding is null || type is null || (shape is null && !isFile))
        {
            return Rejections.Malformed(
                $"frame {header.Frame}: shape, type or compression is not supported; send [rows, columns], int32 and none, bslz4 or cbf");
        }

        FrameHeader frame = new()
        {
            SeriesId = header.MessageNumber >= 0 && header.MessageNumber < _headerNumber ? _series - 1 : _series,
            Index = (int)index,
            AcquiredAt = message.ReceivedAt,
            Monitor = header.Facts.Monitor,
            Transmission = header.Facts.Transmission,
            Translation_mm = header.Facts.Translation_mm,
            Rotation_deg = header.Facts.Rotation_deg,
        };
        ImageDescription image = new(frame, shape ?? default, type.Value, encoding.Value, IsBigEndian: false);
        return ImageParts.Image(message, hasThresholds ? _threshold : 1, image, options.CheckDigests);
    }

    /// <summary>Which of the parts behind the header: the number in <c>threshold_2</c>; the first where no channel is named.</summary>
    private static int ThresholdOf(string? channel) =>
        channel is not null
        && channel.StartsWith("threshold_", StringComparison.Ordinal)
        && int.TryParse(channel.AsSpan("threshold_".Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? Math.Max(number, 1)
            : 1;
}
