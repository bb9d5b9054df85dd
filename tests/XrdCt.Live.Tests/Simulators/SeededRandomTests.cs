using XrdCt.Live.Phantoms;

namespace XrdCt.Live.Tests.Simulators;

public class SeededRandomTests
{
    private const int Draws = 40_000;

    // Five times the sampling errors of mean and variance.
    private const double MeanTolerance_sigma = 5;
    private const double VarianceTolerance = 0.04;

    [Theory]
    [InlineData(0.5)]
    [InlineData(12)]
    [InlineData(45)]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(5000)]
    public void NextPoisson_ManyDraws_HasMeanAndVariance(double mean)
    {
        SeededRandom random = new(11);
        double[] draws = [.. Enumerable.Range(0, Draws).Select(_ => (double)random.NextPoisson(mean))];
        double average = draws.Average();
        Assert.True(Math.Abs(average - mean) < MeanTolerance_sigma * Math.Sqrt(mean / Draws), $"mean {average}");
        Assert.Equal(1, draws.Average(d => (d - average) * (d - average)) / mean, VarianceTolerance);
    }

    [Fact]
    public void NextBits_Streams_AreIndependentAndRepeatable()
    {
        Assert.Equal(new SeededRandom(1, 2).NextBits(), new SeededRandom(1, 2).NextBits());
        Assert.NotEqual(new SeededRandom(1, 2).NextBits(), new SeededRandom(1, 3).NextBits());
        Assert.NotEqual(new SeededRandom(1, 2).NextBits(), new SeededRandom(2, 2).NextBits());
    }
}
