using XrdCt.Live.Ingest.ZeroMq;

namespace XrdCt.Live.Tests.Ingest;

public class PinnedBufferPoolTests
{
    private const int MiB = 1 << 20;

    [Theory]
    [InlineData(0, 256)]
    [InlineData(256, 256)]
    [InlineData(257, 512)]
    [InlineData(MiB, MiB)]
    [InlineData(MiB + 1, 2 * MiB)]
    [InlineData(9_906_100, 10 * MiB)]
    [InlineData(64 * MiB, 64 * MiB)]
    public void Take_Size_GivesTheArrayOfItsClassAgain(int size, int length)
    {
        using PinnedBufferPool pool = new(256L * MiB);

        byte[] first = pool.Take(size);
        pool.Return(first);

        Assert.Equal(length, first.Length);
        Assert.Equal(length, pool.KeptBytes);
        Assert.Same(first, pool.Take(size));
        Assert.Equal(0, pool.KeptBytes);
        Assert.Equal(1, pool.AllocatedCount);
    }

    [Fact]
    public void Return_MoreThanMayBeKept_DropsTheRest()
    {
        using PinnedBufferPool pool = new(3 * MiB);
        byte[][] taken = [pool.Take(MiB), pool.Take(MiB), pool.Take(2 * MiB)];

        foreach (byte[] buffer in taken)
        {
            pool.Return(buffer);
        }

        Assert.Equal(2 * MiB, pool.KeptBytes);
    }

    [Fact]
    public void Return_ForeignOrHugeArray_IsNotKept()
    {
        using PinnedBufferPool pool = new(1024L * MiB);

        pool.Return(new byte[1000]);
        pool.Return(pool.Take((64 * MiB) + 1));

        Assert.Equal(0, pool.KeptBytes);
    }
}
