using PureHDF.VOL.Native;

namespace XrdCt.Live.Storage.Stacks;

/// <summary>Passes one chunk on when told to, instead of when the next one comes; its plain bytes do not matter.</summary>
internal sealed class PackedChunk : IWritingChunkCache
{
    private Memory<byte> _plain;
    private ulong _index;
    private Action<ulong, Memory<byte>>? _write;

    /// <inheritdoc/>
    public Memory<byte> GetChunk(ulong chunkIndex, Func<Memory<byte>> chunkAllocator, Action<ulong, Memory<byte>> chunkWriter)
    {
        _plain = _plain.IsEmpty ? chunkAllocator() : _plain;
        (_index, _write) = (chunkIndex, chunkWriter);
        return _plain;
    }

    /// <summary>Writes the chunk asked for last.</summary>
    public void PassOn() => _write!(_index, _plain);

    /// <inheritdoc/>
    public void Flush(Action<ulong, Memory<byte>> chunkWriter)
    {
        // Every chunk was passed on.
    }
}
