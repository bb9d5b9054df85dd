using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Ingest.Dectris;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>Messages of DECTRIS Stream V2.</summary>
internal sealed class Stream2Target : IFuzzTarget
{
    private readonly Stream2Reader _reader = new();

    public string Name => "stream2";

    public IReadOnlyList<byte[]> Seeds { get; } = [.. MakeSeeds()];

    // A start message makes its header and texts out of at most the message; a refusal makes one sentence.
    public long Ceiling_bytes => 64 << 10;

    public void Run(GuardedBytes input, FuzzArena arena)
    {
        FrameOutcome outcome = _reader.Read(input.Span, out Stream2Message content, out string? reason);
        if (outcome == FrameOutcome.Accepted)
        {
            long end = (long)content.PayloadOffset + content.PayloadLength;
            if (content.PayloadOffset < 0 || content.PayloadLength < 0 || end > input.Span.Length)
            {
                throw new FuzzFailureException($"the pixels lie outside: {content.PayloadOffset} + {content.PayloadLength} of {input.Span.Length}");
            }
        }
        else if (string.IsNullOrWhiteSpace(reason))
        {
            throw new FuzzFailureException($"{outcome} without a reason");
        }
    }

    private static IEnumerable<byte[]> MakeSeeds()
    {
        SeriesInfo series = new()
        {
            SeriesId = 16,
            UniqueId = "01HRCJF83SA63WH8M5X1VBKFJM",
            Date = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            ImageCount = 10,
            Shape = SampleImage.Shape,
            FramePeriod = TimeSpan.FromMilliseconds(4),
            Energy_keV = 71,
            PixelSize_m = 172e-6,
            Distance_m = 0.3,
            BeamCentre = (20, 10),
        };
        OutgoingImage image = new()
        {
            Index = 3,
            Times = new ImageTimes(TimeSpan.FromMilliseconds(12), TimeSpan.FromMilliseconds(16)),
            Shape = SampleImage.Shape,
            Type = PixelType.Int32,
            Encoding = PixelEncoding.BitshuffleLz4,
            Payload = PackedFrames.BitshuffleLz4(SampleImage.Plain(4), 4),
            Monitor = 1e6,
            Translation_mm = double.NaN,
            Rotation_deg = double.NaN,
        };
        Stream2Writer writer = new();
        OutgoingMessage message = new();
        writer.WriteStart(series, message);
        yield return Joined(message);
        writer.WriteImage(series, image, message);
        yield return Joined(message);
        writer.WriteImage(series, image with { Payload = new byte[8] }, message);
        yield return Joined(message);
        writer.WriteEnd(series, message);
        yield return Joined(message);
    }

    private static byte[] Joined(OutgoingMessage message) => [.. message.Parts.SelectMany(p => p.ToArray())];
}
