using PureHDF.VOL.Native;

namespace XrdCt.Live.Storage.Stacks;

/// <summary>Keeps no chunk, and sees what came of the filters: whether the chunk is a blank one, or was read at all.</summary>
internal sealed class PassingChunkCache : IReadingChunkCache
{
    /// <summary>Whether the chunk read last was blank, its packed bytes handed on and nothing done to it afterwards.</summary>
    public bool WasBlank { get; set; }

    /// <inheritdoc/>
    public Memory<byte> GetChunk(ulong index, Func<Memory<byte>> chunkReader)
    {
        Memory<byte> chunk = chunkReader();
        WasBlank = BitshuffleFilter.Blank(chunk);
        return chunk;
    }
}
