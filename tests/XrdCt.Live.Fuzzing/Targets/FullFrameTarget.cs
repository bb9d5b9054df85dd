using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>bslz4 of a whole Pilatus 2M frame of 32-bit pixels: the sizes of the field, at a thousandth of the rate.</summary>
internal sealed class FullFrameTarget : IFuzzTarget
{
    private const int ElementSize = 4;
    private readonly int _length = ElementSize * ImageShape.Pilatus2M.PixelCount;
    private IReadOnlyList<byte[]>? _seeds;

    public string Name => "bslz4-frame";

    public IReadOnlyList<byte[]> Seeds => _seeds ??=
    [
        PackedFrames.BitshuffleLz4(
            PackedFrames.Bytes<int>(PackedFrames.Expected(ImageShape.Pilatus2M.Rows, ImageShape.Pilatus2M.Columns, 5)),
            ElementSize),
    ];

    public long Ceiling_bytes => FuzzTargets.Nothing_bytes;

    public int CasesPerRound => 1;

    public void Run(GuardedBytes input, FuzzArena arena)
    {
        int needed = BitshuffleLz4.ScratchLength(input.Span, ElementSize, _length);
        if (needed >= 0 && needed < 1 << 24)
        {
            BitshuffleLz4.TryDecode(input.Span, ElementSize, arena.Scratch(needed), arena.Output(_length));
        }
    }
}
