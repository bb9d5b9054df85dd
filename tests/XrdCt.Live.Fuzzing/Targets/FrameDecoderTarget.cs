using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>
/// <see cref="FrameDecoder"/> and <see cref="PixelReader"/>, which must agree, in every encoding, pixel type, byte order and pixel order, which the first three bytes pick.
/// </summary>
internal sealed class FrameDecoderTarget : IFuzzTarget
{
    private static readonly PixelEncoding[] Encodings = Enum.GetValues<PixelEncoding>();
    private static readonly PixelType[] Types = Enum.GetValues<PixelType>();
    private const int Piece = 100;
    private readonly FrameDecoder _decoder = new(SampleImage.Shape);
    private readonly PixelReader _reader = new(SampleImage.Shape);
    private readonly int[] _read = new int[SampleImage.Shape.PixelCount];
    private GuardedLease? _lease;

    public string Name => "frame";

    public IReadOnlyList<byte[]> Seeds { get; } = [.. MakeSeeds()];

    // The scratches of both grow a few times in a run, never beyond 24 bytes per pixel each.
    public long Ceiling_bytes => FuzzTargets.Nothing_bytes + (64 * SampleImage.Shape.PixelCount);

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
        Span<int> counts = arena.Counts(SampleImage.Shape.PixelCount);
        FrameOutcome outcome = _decoder.Decode(frame, counts);
        if (outcome is not (FrameOutcome.Accepted or FrameOutcome.Truncated or FrameOutcome.WrongShape))
        {
            throw new FuzzFailureException($"the outcome is {outcome}");
        }

        FrameOutcome read = _reader.Begin(frame);
        for (int at = 0; at < _read.Length && read == FrameOutcome.Accepted; at += Piece)
        {
            read = _reader.Read(_read.AsSpan(at, Math.Min(Piece, _read.Length - at)));
        }

        if (read != outcome || (read == FrameOutcome.Accepted && !counts.SequenceEqual(_read)))
        {
            throw new FuzzFailureException($"decoded as a whole the frame is {outcome}, piece by piece {read}");
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
