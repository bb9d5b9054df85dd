using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Recording;

/// <summary>Bytes that somebody else owns: disposing it gives nothing back. Reused for one message after the other.</summary>
internal sealed class BorrowedLease : FrameLease
{
    private ReadOnlyMemory<byte> _bytes;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes => _bytes.Span;

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    internal BorrowedLease Of(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        return this;
    }
}
