using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Dectris;

/// <summary>
/// DECTRIS Stream V1: JSON multipart. All header details, appendices, and the liberties that senders take: other keys
/// (<c>acqID</c> of EigerFan), the misspelled <c>deseries_end-1.0</c>, a <c>size</c> that is not the blob's (nobody needs it: the
/// blob's own length and the unpacking tell whether it is whole).
/// </summary>
/// <remarks>
/// Source: SIMPLON API, stream subsystem (legacy), and captures of an EIGER 1M. The shape of Stream V1 is [x, y] = [columns, rows].
/// Exposure times count on a detector clock of unknown origin, see <see cref="DetectorClock"/>.
/// </remarks>
/// <param name="options">Tables and digests apply.</param>
public sealed class Stream1Dialect(DialectOptions options) : IStreamDialect
{
    private const int HeaderPart = 0;
    private const int ConfigurationPart = 1;
    private const int ImagePart = 1;
    private const int PixelPart = 2;
    private const int TimePart = 3;
    private const int AppendixPart = 4;

    private DetectorClock _clock;

    /// <inheritdoc/>
    public string Name => "DECTRIS Stream V1";

    /// <inheritdoc/>
    public SourceEvent Read(StreamMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        JsonHeader header = new(stackalloc byte[JsonHeader.UnescapedRoom]);
        if (!header.TryRead(message.Part(HeaderPart).Span) || header.Series < 0)
        {
            return Rejections.Malformed(
                "the message is not DECTRIS Stream V1: its first part is no JSON object with a series; is the detector set to cbor?");
        }

        if (header.HType.SequenceEqual("dimage-1.0"u8))
        {
            return Image(message, ref header);
        }

        if (header.HType.SequenceEqual("dheader-1.0"u8))
        {
            _clock.Reset();
            return Start(message, ref header);
        }

        return header.HType.SequenceEqual("dseries_end-1.0"u8) || header.HType.SequenceEqual("deseries_end-1.0"u8)
            ? new SourceEvent { Kind = SourceEventKind.SeriesEnded, SeriesId = header.Series }
            : Rejections.Malformed("the message has an unknown htype; dheader-1.0, dimage-1.0 and dseries_end-1.0 are known");
    }

    private SourceEvent Start(StreamMessage message, scoped ref JsonHeader header)
    {
        long series = header.Series;
        bool hasConfiguration = !header.HeaderDetail.SequenceEqual("none"u8);
        Span<byte> unescaped = stackalloc byte[JsonHeader.UnescapedRoom];
        PackedTable? mask = null;
        PackedTable? flatField = null;
        for (int i = 1; i < message.PartCount && i < ReadableParts(message); i++)
        {
            JsonHeader part = new(unescaped);
            if (!part.TryRead(message.Part(i).Span))
            {
                continue;
            }

            bool isTable = part.HType.StartsWith("d"u8) && part.ShapeLength == 2 && i + 1 < ReadableParts(message);
            if (!isTable)
            {
                // A header appendix that happens to be JSON has keys of its own, such as an energy in other units: it is not taken.
                if (i == ConfigurationPart && hasConfiguration)
                {
                    header.TryRead(message.Part(i).Span);
                }

                continue;
            }

            i++;
            if (options.KeepTables && part.HType.SequenceEqual("dpixelmask-1.0"u8))
            {
                mask = Table(part, message.Part(i).Span);
            }
            else if (options.KeepTables && part.HType.SequenceEqual("dflatfield-1.0"u8))
            {
                flatField = Table(part, message.Part(i).Span);
            }
        }

        return new SourceEvent
        {
            Kind = SourceEventKind.SeriesStarted,
            SeriesId = series,
            Series = new SeriesHeader
            {
                SeriesId = series,
                ImageCount = header.ExpectedImages,
                Shape = FrameShape.Of(header.SizeY, header.SizeX),
                Energy_keV = header.Energy_eV is > 0 and < double.PositiveInfinity ? header.Energy_eV / 1000 : null,
                FramePeriod = header.FrameTime_s is > 0 and < 1e6 ? TimeSpan.FromSeconds(header.FrameTime_s) : null,
                Distance_m = header.Distance_m is > 0 and < double.PositiveInfinity ? header.Distance_m : null,
                Detector = ShownText.Of(header.Description),
                FlatFieldApplied = header.FlatFieldApplied,
                Tables = mask is null && flatField is null ? null : new PackedTables(mask, flatField),
            },
        };
    }

    // What was sent beyond cannot be looked at.
    private static int ReadableParts(StreamMessage message) => Math.Min(message.PartCount, StreamMessage.MostParts);

    private static PackedTable? Table(scoped in JsonHeader part, ReadOnlySpan<byte> bytes) =>
        FrameShape.Of(part.Shape.Second, part.Shape.First) is { } shape && PixelNames.TypeOf(part.Type) is { } type
            ? new PackedTable(bytes) { Shape = shape, Type = type, Encoding = PixelEncoding.None }
            : null;

    private SourceEvent Image(StreamMessage message, scoped ref JsonHeader header)
    {
        if (message.PartCount is < TimePart or > AppendixPart + 1 || header.Frame is < 0 or > int.MaxValue)
        {
            return Rejections.Malformed(
                $"an image of DECTRIS Stream V1 has 3 to 5 parts and a frame number; this message has {message.PartCount} parts");
        }

        JsonHeader image = new(stackalloc byte[JsonHeader.UnescapedRoom]);
        if (!image.TryRead(message.Part(ImagePart).Span)
            || image.ShapeLength != 2
            || FrameShape.Of(image.Shape.Second, image.Shape.First) is not { } shape
            || PixelNames.TypeOf(image.Type) is not { } type
            || !PixelNames.TryReadGrammar(image.Encoding, type, out PixelEncoding encoding, out bool isBigEndian))
        {
            return Rejections.Malformed(
                $"frame {header.Frame}: its second part does not name a shape [x, y], a type such as uint32 and an encoding such as bs32-lz4<");
        }

        JsonHeader time = new(default);
        if (message.PartCount > TimePart)
        {
            time.TryRead(message.Part(TimePart).Span);
        }

        FrameFacts facts = message.PartCount > AppendixPart ? FrameFacts.FromJson(message.Part(AppendixPart).Span) : FrameFacts.None;
        if (options.CheckDigests && !header.Hash.IsEmpty && !MatchesHash(message, header.Hash, shape, type, encoding))
        {
            return Rejections.Truncated($"frame {header.Frame} is damaged: its parts do not have the MD5 sum that came with it");
        }

        FrameHeader frame = new()
        {
            SeriesId = header.Series,
            Index = (int)header.Frame,
            AcquiredAt = DateOf(time.StopTime_ns, message.ReceivedAt),
            Monitor = facts.Monitor,
            Transmission = facts.Transmission,
            Translation_mm = facts.Translation_mm,
            Rotation_deg = facts.Rotation_deg,
        };
        return ImageParts.Image(message, PixelPart, new ImageDescription(frame, shape, type, encoding, isBigEndian));
    }

    /// <summary>
    /// Whether the sum is that of what it may be of: the second part (captures of an EIGER 1M: the pixels have none then), the packed
    /// pixels (LiberTEM's simulator), or the plain ones (other simulators).
    /// </summary>
    private static bool MatchesHash(StreamMessage message, ReadOnlySpan<byte> hash, ImageShape shape, PixelType type, PixelEncoding encoding)
    {
        ReadOnlySpan<byte> packed = message.Part(PixelPart).Span;
        return FrameDigest.Matches(message.Part(ImagePart).Span, hash)
            || FrameDigest.Matches(packed, hash)
            || new PackedTable(packed) { Shape = shape, Type = type, Encoding = encoding }.MatchesMd5(hash);
    }

    private DateTimeOffset DateOf(double stamp_ns, DateTimeOffset receivedAt)
    {
        const double NanosecondsPerTick = 100;

        // A century of nanoseconds; anything else is no time of a detector.
        const double Longest_ns = 100 * 365.25 * 86400e9;
        return stamp_ns is >= 0 and < Longest_ns
            ? _clock.Date(TimeSpan.FromTicks((long)(stamp_ns / NanosecondsPerTick)), receivedAt)
            : receivedAt;
    }
}
