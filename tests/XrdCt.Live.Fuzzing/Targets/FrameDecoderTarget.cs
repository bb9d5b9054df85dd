using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>
/// <see cref="FrameDecoder"/> in every encoding, pixel type, byte order and pixel order, which the first three bytes pick.
/// </summary>
internal sealed class FrameDecoderTarget : IFuzzTarget
{
    private static readonly PixelEncoding[] Encodings = Enum.GetValues<PixelEncoding>();
    private static readonly PixelType[] Types = Enum.GetValues<PixelType>();
    private readonly FrameDecoder _decoder = new(SampleImage.Shape);
    private GuardedLease? _lease;

    public string Name => "frame";

    public IReadOnlyList<byte[]> Seeds { get; } = [.. MakeSeeds()];

    // The scratch grows a few times in a run, never beyond 24 bytes per pixel.
    public long Ceiling_bytes => FuzzTargets.Nothing_bytes + (24 * SampleImage.Shape.PixelCount);

    public void Run(GuardedBytes input, FuzzArena arena)
    {
        if (input.Span.Length < 3)
        {
            return;
        }

        RawFrame frame = new()
        {
            Header = new FrameHeader { SeriesId = 1, Index = 0, AcquiredAt = DateTimeOffset.UnixEpoch },
            Shape = SampleImage.Shape,
            Type = Types[input.Span[0] % Types.Length],
            Encoding = Encodings[input.Span[1] % Encodings.Length],
            IsBigEndian = (input.Span[2] & 1) != 0,
            IsColumnMajor = (input.Span[2] & 2) != 0,
            Lease = _lease ??= new GuardedLease(input),
            PayloadOffset = 3,
            PayloadLength = input.Span.Length - 3,
        };
        FrameOutcome outcome = _decoder.Decode(frame, arena.Counts(SampleImage.Shape.PixelCount));
        if (outcome is not (FrameOutcome.Accepted or FrameOutcome.Truncated or FrameOutcome.WrongShape))
        {
            throw new FuzzFailureException($"the outcome is {outcome}");
        }
    }

    private static IEnumerable<byte[]> MakeSeeds()
    {
        foreach (PixelEncoding encoding in Encodings)
        {
            foreach (PixelType type in Types)
            {
                byte[] plain = SampleImage.Plain(PixelTypes.SizeOf(type));
                byte[] packed = encoding switch
                {
                    PixelEncoding.None => plain,
                    PixelEncoding.BitshuffleLz4 => PackedFrames.BitshuffleLz4(plain, PixelTypes.SizeOf(type)),
                    PixelEncoding.Lz4 => PackedFrames.Lz4(plain),
                    PixelEncoding.Lz4Block => PackedFrames.Lz4Block(plain),
                    _ => PackedFrames.CbfByteOffset(SampleImage.Counts),
                };
                yield return [(byte)Array.IndexOf(Types, type), (byte)Array.IndexOf(Encodings, encoding), (byte)((int)type % 4), .. packed];
            }
        }
    }
}
