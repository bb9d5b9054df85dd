using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Fuzzing;

/// <summary>A lease on guarded bytes.</summary>
internal sealed class GuardedLease(GuardedBytes bytes) : FrameLease
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes => bytes.Span;

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
