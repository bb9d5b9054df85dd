using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Tests.Scans;

public sealed class ScanPlanTests
{
    [Theory]
    [InlineData(ScanOrder.TranslationFast)]
    [InlineData(ScanOrder.TranslationFastZigzag)]
    [InlineData(ScanOrder.RotationFast)]
    [InlineData(ScanOrder.RotationFastZigzag)]
    [InlineData(ScanOrder.Interlaced)]
    public void CellOf_AllIndices_VisitsEveryCellOnce(ScanOrder order)
    {
        var plan = new ScanPlan(7, 10, 5, order, subsetCount: 4);
        ScanCell[] cells = [.. Enumerable.Range(0, plan.CellCount).Select(plan.CellOf)];
        Assert.Equal(70, cells.Distinct().Count());
        Assert.All(cells, c => Assert.True(c.Rotation is >= 0 and < 10 && c.Translation is >= 0 and < 7));
    }

    [Fact]
    public void CellOf_Zigzag_TurnsEverySecondLine()
    {
        var plan = new ScanPlan(3, 2, 5, ScanOrder.TranslationFastZigzag);
        Assert.Equal(
            [new(0, 0), new(0, 1), new(0, 2), new(1, 2), new(1, 1), new(1, 0)],
            Enumerable.Range(0, 6).Select(plan.CellOf));
    }

    [Fact]
    public void CellOf_RotationFastZigzag_TurnsEverySecondTranslation()
    {
        var plan = new ScanPlan(2, 3, 5, ScanOrder.RotationFastZigzag);
        Assert.Equal(
            [new(0, 0), new(1, 0), new(2, 0), new(2, 1), new(1, 1), new(0, 1)],
            Enumerable.Range(0, 6).Select(plan.CellOf));
    }

    [Fact]
    public void CellOf_Interlaced_SpreadsTheSubsets()
    {
        var plan = new ScanPlan(2, 8, 5, ScanOrder.Interlaced, subsetCount: 4);
        Assert.Equal([0, 4, 2, 6, 1, 5, 3, 7], Enumerable.Range(0, 8).Select(line => plan.CellOf(2 * line).Rotation));
    }

    [Fact]
    public void Positions_AreCentredOnTheAxis()
    {
        var plan = new ScanPlan(5, 4, 10);
        Assert.Equal([-20, -10, 0, 10, 20], Enumerable.Range(0, 5).Select(plan.Position_um));
        Assert.Equal([0, 45, 90, 135], Enumerable.Range(0, 4).Select(plan.Angle_deg));
    }

    [Fact]
    public void CellOf_IndexOutsideThePlan_Throws()
    {
        var plan = new ScanPlan(5, 4, 10);
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.CellOf(20));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.CellOf(-1));
    }

    [Theory]
    [InlineData(1, 4, 10, 180)]
    [InlineData(5, 0, 10, 180)]
    [InlineData(5, 4, 0, 180)]
    [InlineData(5, 4, 10, 90)]
    [InlineData(100_000, 100_000, 10, 180)]
    public void Plan_ImpossibleNumbers_AreRefused(int translations, int rotations, double step, double range) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ScanPlan(translations, rotations, step, range_deg: range));
}
