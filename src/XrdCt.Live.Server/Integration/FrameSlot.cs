using System.Buffers;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Server.Integration;

/// <summary>One frame on its way to a pattern, and the memory for both, which the next frame takes over.</summary>
/// <param name="patternSize">Values of a pattern.</param>
internal sealed class FrameSlot(int patternSize)
{
    /// <summary>Which frame of the run.</summary>
    public int Index { get; set; }

    /// <summary>Memory of the frame's bytes.</summary>
    public ArrayBufferWriter<byte> Memory { get; } = new();

    /// <summary>The frame; null where it could not be read.</summary>
    public RawFrame? Frame { get; set; }

    /// <summary>What came of it.</summary>
    public DiffractionPattern Pattern { get; } = new(patternSize);

    /// <summary>Why there is no pattern, a sentence; null where there is one.</summary>
    public string? Failure { get; set; }
}
