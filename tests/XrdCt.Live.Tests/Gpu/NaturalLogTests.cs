using XrdCt.Live.Compute.Gpu;

namespace XrdCt.Live.Tests.Gpu;

public sealed class NaturalLogTests
{
    [Fact]
    public void Of_AnyCountOfPixels_IsTheLogarithm()
    {
        for (double x = 1; x < 1e9; x *= 1.001)
        {
            Assert.Equal(Math.Log(x), NaturalLog.Of(x), 1e-15 * Math.Max(1, Math.Log(x)));
        }

        Assert.All([1.0, Math.Sqrt(2), Math.BitIncrement(Math.Sqrt(2)), 2, 3, 4, 1 << 30], x => Assert.Equal(Math.Log(x), NaturalLog.Of(x), 1e-15 * Math.Max(1, x)));
    }
}
