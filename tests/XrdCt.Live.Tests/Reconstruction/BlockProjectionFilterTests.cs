using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Reconstruction;

public sealed class BlockProjectionFilterTests
{
    private const int Width = BinBlock.Width;

    [Theory]
    [InlineData(2, RampFilter.Ramp)]
    [InlineData(3, RampFilter.Hann)]
    [InlineData(64, RampFilter.SheppLogan)]
    [InlineData(101, RampFilter.Cosine)]
    [InlineData(131, RampFilter.Hamming)]
    [InlineData(250, RampFilter.Ramp)]
    public void Apply_EveryBinAnother_IsTheFilterBinByBin(int length, RampFilter window)
    {
        var single = new ProjectionFilter(length, window);
        float[] projection = BlockSamples.Noise(length * Width, length);
        float[] filtered = new float[single.FilteredLength * Width];
        Array.Fill(filtered, float.NaN);

        new BlockProjectionFilter(single).Apply(projection, filtered);

        float[] expected = new float[single.FilteredLength];
        for (int bin = 0; bin < Width; bin++)
        {
            single.Apply(BlockSamples.SinogramOf(projection, Width, bin), expected);
            BlockSamples.AssertClose(expected, BlockSamples.SinogramOf(filtered, Width, bin), 1e-6);
        }
    }

    [Fact]
    public void Apply_NaNInABin_HarmsNoOtherBin()
    {
        var filter = new BlockProjectionFilter(new ProjectionFilter(11, RampFilter.Ramp));
        float[] projection = BlockSamples.Noise(11 * Width, 1);
        projection[(4 * Width) + 9] = float.NaN;
        float[] filtered = new float[13 * Width];

        filter.Apply(projection, filtered);

        for (int i = 0; i < filtered.Length; i++)
        {
            Assert.Equal(i % Width == 9, float.IsNaN(filtered[i]));
        }
    }

    [Fact]
    public void Apply_Always_AllocatesNothing()
    {
        var filter = new BlockProjectionFilter(new ProjectionFilter(31, RampFilter.Ramp));
        float[] projection = BlockSamples.Noise(31 * Width, 1);
        float[] filtered = new float[33 * Width];
        Assert.Equal(0, Allocation.OfRound_bytes(() => filter.Apply(projection, filtered)));
    }

    [Fact]
    public void Apply_WrongLengths_AreRefused()
    {
        var filter = new BlockProjectionFilter(new ProjectionFilter(11, RampFilter.Ramp));
        Assert.Throws<ArgumentException>(() => filter.Apply(new float[11 * Width], new float[11 * Width]));
        Assert.Throws<ArgumentException>(() => filter.Apply(new float[11], new float[13 * Width]));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 63)]
    [InlineData(3, 64)]
    [InlineData(5, 65)]
    [InlineData(4, 200)]
    public void Multiply_AnyShape_IsTheSumOfProducts(int rows, int columns)
    {
        float[] matrix = BlockSamples.Noise(rows * columns, rows);
        float[] values = BlockSamples.Noise(columns * Width, columns);
        double[] expected = new double[rows * Width];
        for (int i = 0; i < expected.Length; i++)
        {
            for (int column = 0; column < columns; column++)
            {
                expected[i] += (double)matrix[(i / Width * columns) + column] * values[(column * Width) + (i % Width)];
            }
        }

        Check(1, (result, accumulate) => BinProduct.Multiply(matrix, rows, columns, values, result, accumulate));
        Check(1, (result, accumulate) => BinProduct.Multiply<BinVector256>(matrix, rows, columns, values, result, accumulate));
        Check(1, (result, accumulate) => BinProduct.Multiply<BinVector512>(matrix, rows, columns, values, result, accumulate));

        void Check(float before, Action<float[], bool> multiply)
        {
            foreach (bool accumulate in new[] { false, true })
            {
                float[] result = new float[rows * Width];
                Array.Fill(result, before);
                multiply(result, accumulate);
                Assert.All(expected.Zip(result), pair => Assert.Equal(pair.First + (accumulate ? before : 0), pair.Second, 2e-5));
            }
        }
    }

    [Fact]
    public void Multiply_LengthsThatDoNotBelongTogether_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => BinProduct.Multiply(new float[5], 2, 3, new float[3 * Width], new float[2 * Width]));
        Assert.Throws<ArgumentException>(() => BinProduct.Multiply(new float[6], 2, 3, new float[2 * Width], new float[2 * Width]));
        Assert.Throws<ArgumentException>(() => BinProduct.Multiply(new float[6], 2, 3, new float[3 * Width], new float[3 * Width]));
        Assert.Throws<ArgumentException>(() => BinProduct.Multiply(new float[6], -2, -3, new float[3 * Width], new float[3 * Width]));
    }
}
