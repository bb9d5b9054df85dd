using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>A lease on memory that the garbage collector owns: there is nothing to give back.</summary>
internal sealed class MemoryLease(ReadOnlyMemory<byte> bytes) : FrameLease
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes => bytes.Span;

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
