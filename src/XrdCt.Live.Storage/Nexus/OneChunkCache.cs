using PureHDF.VOL.Native;

namespace XrdCt.Live.Storage.Nexus;

/// <summary>
/// Holds the chunk being written and no other, so that memory stays flat however large the dataset is (PureHDF's own
/// cache keeps every chunk until the file is closed). Chunks must be written one after the other, each one whole:
/// a compressed chunk cannot be written twice. One instance per dataset.
/// </summary>
internal sealed class OneChunkCache : IWritingChunkCache
{
    private Memory<byte> _chunk;
    private ulong _index;
    private bool _holds;
    private Action<ulong, Memory<byte>>? _write;

    /// <inheritdoc />
    public Memory<byte> GetChunk(
        ulong chunkIndex,
        Func<Memory<byte>> chunkAllocator,
        Action<ulong, Memory<byte>> chunkWriter)
    {
        if (_holds && _index == chunkIndex)
        {
            return _chunk;
        }

        // PureHDF 2.2 hands over a writer that is bound to the chunk asked for and ignores its argument: the chunk that
        // leaves must go through the writer that came with it.
        if (_holds)
        {
            _write!(_index, _chunk);
            _chunk.Span.Clear();
        }
        else if (_chunk.IsEmpty)
        {
            _chunk = chunkAllocator();
        }

        _index = chunkIndex;
        _write = chunkWriter;
        _holds = true;
        return _chunk;
    }

    /// <inheritdoc />
    public void Flush(Action<ulong, Memory<byte>> chunkWriter)
    {
        if (_holds)
        {
            chunkWriter(_index, _chunk);
            _chunk.Span.Clear();
            _holds = false;
        }
    }
}
