using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Tests.Sinograms;

public sealed class PositionCheckTests
{
    private static readonly ScanPlan Plan = new(31, 12, 10);

    [Theory]
    [InlineData(1.0, 0.0, 0.0, true)]
    [InlineData(1.0, 250.0, 3.0, true)]
    [InlineData(-1.0, 0.0, 0.0, false)]
    [InlineData(2.0, 0.0, 0.0, false)]
    [InlineData(0.001, 0.0, 0.0, false)]
    [InlineData(1.0, 0.0, 20.0, false)]
    public void Compare_RecordedAgainstPlanned_SeesAnotherScan(double slope, double zero_mm, double jitter_um, bool isOurs)
    {
        var random = new Random(3);
        double[] recorded = [.. Enumerable.Range(0, Plan.CellCount).Select(i =>
            i % 5 == 0 ? double.NaN : zero_mm + (((slope * Plan.Position_um(i % 31)) + (jitter_um * ((2 * random.NextDouble()) - 1))) / 1000))];
        string remark = PositionCheck.Compare(Plan, recorded);
        Assert.Equal(isOurs, remark.Length == 0);
        if (slope == -1)
        {
            Assert.StartsWith("the recorded translations are not those of the plan (they go -1.00 times as far, and scatter by 0.0 steps)", remark);
        }
    }

    [Fact]
    public void Compare_TooLittleToSay_SaysNothing()
    {
        double[] recorded = new double[Plan.CellCount];
        recorded.AsSpan().Fill(double.NaN);
        Assert.Equal("", PositionCheck.Compare(Plan, recorded));

        // One translation only, and then fifteen cells.
        for (int rotation = 0; rotation < 12; rotation++)
        {
            recorded[(rotation * 31) + 4] = -0.3;
        }

        Assert.Equal("", PositionCheck.Compare(Plan, recorded));
        (recorded[0], recorded[1], recorded[2]) = (0.15, 0.14, 0.13);
        Assert.Equal("", PositionCheck.Compare(Plan, recorded));
        Assert.Throws<ArgumentException>(() => PositionCheck.Compare(Plan, recorded.AsSpan(1)));
    }
}
