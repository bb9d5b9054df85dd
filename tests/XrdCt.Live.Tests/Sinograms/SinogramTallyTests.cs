using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Tests.Sinograms;

public class SinogramTallyTests
{
    private static readonly SinogramHeader Header = new() { Angles_deg = [0, 90], Translations_um = [-1, 0, 1], Radial = [1, 2, 3] };

    [Fact]
    public void Add_RangeAfterRange_SumsUpWhatIsFinite()
    {
        SinogramTally tally = new(Header);

        // Cell 1 has no value, cell 4 only in the last bin; nothing is there in bin 1.
        tally.Add(0, 2, [1, float.NaN, float.NaN, float.NaN, 2, float.NaN, 6, float.NaN, float.NaN, float.NaN, -1, float.PositiveInfinity]);
        Assert.Equal(4, tally.MeasuredCount);
        tally.Add(2, 1, [10, float.NaN, 10, 10, 40, 10]);

        Assert.Equal([true, false, true, true, true, true], tally.Measured.ToArray());
        Assert.Equal([2, double.NaN, 16], tally.Mean.ToArray());
        Assert.Equal((-1, 40), (tally.Lowest, tally.Highest));
    }

    [Fact]
    public void New_HasSeenNothing()
    {
        SinogramTally tally = new(Header);

        Assert.Equal(0, tally.MeasuredCount);
        Assert.All(tally.Mean.ToArray(), mean => Assert.True(double.IsNaN(mean)));
        Assert.True(tally.Lowest > tally.Highest);
    }

    [Theory]
    [InlineData(-1, 1, 6)]
    [InlineData(0, 0, 6)]
    [InlineData(2, 2, 12)]
    [InlineData(0, 2, 11)]
    public void Add_OtherBinsThanThereAre_IsRefused(int first, int count, int values) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SinogramTally(Header).Add(first, count, new float[values]));
}
