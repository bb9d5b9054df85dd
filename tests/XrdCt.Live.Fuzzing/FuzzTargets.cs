using XrdCt.Live.Fuzzing.Targets;

namespace XrdCt.Live.Fuzzing;

/// <summary>Everything that is fuzzed.</summary>
internal static class FuzzTargets
{
    /// <summary>The ceiling of what allocates nothing: twice the thread's allocation buffer of 8 kB.</summary>
    internal const long Nothing_bytes = 16 << 10;

    /// <summary>A fresh set: targets keep state between cases, as the product does, but not between runs.</summary>
    internal static IReadOnlyList<IFuzzTarget> All() =>
    [
        new BitshuffleLz4Target(1),
        new BitshuffleLz4Target(2),
        new BitshuffleLz4Target(4),
        new BitshuffleLz4Target(8),
        new BitUnshuffleTarget(),
        new Lz4Target(),
        new Lz4BlockTarget(),
        new CbfByteOffsetTarget(),
        new FrameDecoderTarget(),
        new Stream2Target(),
        .. FileTarget.All(),
        .. DialectTarget.All(),
        new FullFrameTarget(),
    ];
}
