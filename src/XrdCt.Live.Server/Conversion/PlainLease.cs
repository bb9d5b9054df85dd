using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Server.Conversion;

/// <summary>Pixels that somebody else owns, for a decoder; disposing gives nothing back.</summary>
internal sealed class PlainLease(ReadOnlyMemory<byte> bytes) : FrameLease
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes => bytes.Span;

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
