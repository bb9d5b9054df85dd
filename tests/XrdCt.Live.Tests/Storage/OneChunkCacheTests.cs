using XrdCt.Live.Storage.Nexus;

namespace XrdCt.Live.Tests.Storage;

public class OneChunkCacheTests
{
    [Fact]
    public void GetChunk_NextChunk_SendsTheHeldOneToItsOwnWriterAndReusesItsMemory()
    {
        OneChunkCache cache = new();
        List<string> written = [];
        int allocations = 0;

        Chunk(1).Span[0] = 11;
        Chunk(1).Span[1] = 12;
        Assert.Empty(written);
        Assert.Equal(0, Chunk(2).Span[0]);
        Chunk(2).Span[0] = 21;
        cache.Flush((index, chunk) => written.Add($"flush {index}: {chunk.Span[0]} {chunk.Span[1]}"));
        cache.Flush((_, _) => written.Add("again"));

        Assert.Equal(["writer of 1: 11 12", "flush 2: 21 0"], written);
        Assert.Equal(1, allocations);

        // As PureHDF does: the writer is bound to the chunk that it was handed over for and ignores the index.
        Memory<byte> Chunk(ulong index) => cache.GetChunk(
            index,
            () =>
            {
                allocations++;
                return new byte[2];
            },
            (_, chunk) => written.Add($"writer of {index}: {chunk.Span[0]} {chunk.Span[1]}"));
    }
}
