using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Dectris;

/// <summary>DECTRIS Stream V2: one CBOR message each for start, image and end.</summary>
/// <param name="options">Channel and tables apply.</param>
public sealed class Stream2Dialect(DialectOptions options) : IStreamDialect
{
    private readonly Stream2Reader _reader = new(options.Channel, options.KeepTables);

    /// <inheritdoc/>
    public string Name => "DECTRIS Stream V2";

    /// <inheritdoc/>
    public SourceEvent Read(StreamMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.PartCount > 1)
        {
            return Rejections.Malformed(
                $"the message has {message.PartCount} parts, but DECTRIS Stream V2 has one; set the detector to cbor");
        }

        FrameOutcome outcome = _reader.Read(message.Part(0).Span, out Stream2Message content, out string? reason);
        if (outcome != FrameOutcome.Accepted)
        {
            return new SourceEvent { Kind = SourceEventKind.Rejected, Outcome = outcome, Reason = reason };
        }

        if (content.Kind != Stream2Kind.Image)
        {
            return new SourceEvent
            {
                Kind = content.Kind == Stream2Kind.Start ? SourceEventKind.SeriesStarted : SourceEventKind.SeriesEnded,
                SeriesId = content.SeriesId,
                Series = content.Series,
            };
        }

        return new SourceEvent
        {
            Kind = SourceEventKind.Image,
            SeriesId = content.SeriesId,
            Frame = new RawFrame
            {
                Header = new FrameHeader
                {
                    SeriesId = content.SeriesId,
                    Index = content.ImageIndex,
                    AcquiredAt = content.StoppedAt ?? message.ReceivedAt,
                    Monitor = content.Facts.Monitor,
                    Transmission = content.Facts.Transmission,
                    Translation_mm = content.Facts.Translation_mm,
                    Rotation_deg = content.Facts.Rotation_deg,
                },
                Shape = content.Shape,
                Type = content.Type,
                Encoding = content.Encoding,
                IsBigEndian = content.IsBigEndian,
                IsColumnMajor = content.IsColumnMajor,
                Lease = message.Keep(0),
                PayloadOffset = content.PayloadOffset,
                PayloadLength = content.PayloadLength,
            },
        };
    }
}
