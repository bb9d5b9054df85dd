namespace XrdCt.Live.Model.Frames;

/// <summary>A lease on memory that the garbage collector owns: there is nothing to give back.</summary>
/// <param name="bytes">The memory.</param>
public sealed class MemoryLease(ReadOnlyMemory<byte> bytes) : FrameLease
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes => bytes.Span;

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
