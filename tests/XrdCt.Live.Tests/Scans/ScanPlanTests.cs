using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Tests.Scans;

public sealed class ScanPlanTests
{
    public static TheoryData<string, int, int> Plans()
    {
        var plans = new TheoryData<string, int, int>();
        foreach (string path in ScanPath.ByName.Keys)
        {
            plans.Add(path, 7, 10);
            plans.Add(path, 8, 13);
            plans.Add(path, 2, 1);
        }

        return plans;
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void CellOf_AllIndices_VisitsEveryCellOnceAndIndexOfFindsBack(string path, int translations, int rotations)
    {
        foreach (double range_deg in new[] { 180.0, 360 })
        {
            var plan = new ScanPlan(translations, rotations, 5, ScanPath.ByName[path], range_deg, [1, 3, 0, 4, 2]);
            ScanCell[] cells = [.. Enumerable.Range(0, plan.CellCount).Select(plan.CellOf)];
            Assert.Equal(translations * rotations, cells.Distinct().Count());
            Assert.All(cells, c => Assert.True(c.Rotation >= 0 && c.Rotation < rotations && c.Translation >= 0 && c.Translation < translations));
            Assert.Equal(Enumerable.Range(0, plan.CellCount), cells.Select(plan.IndexOf));
        }
    }

    [Fact]
    public void ByName_EveryPath_HasItsName()
    {
        Assert.All(ScanPath.ByName, p => Assert.Equal(p.Key, p.Value.Name));
        Assert.Equal(new ScanPath(ScanOrder.RotationFast, IsZigzag: true), ScanPath.ByName["Rotation-Fast-ZigZag"]);
        Assert.DoesNotContain("continuous-rotation-zigzag", ScanPath.ByName.Keys);
    }

    [Theory]
    [InlineData("translation-fast-zigzag", new[] { 0, 0, 0, 1, 0, 2, 1, 2, 1, 1, 1, 0 })]
    [InlineData("interlaced-zigzag", new[] { 0, 0, 0, 1, 0, 2, 1, 2, 1, 1, 1, 0 })]
    [InlineData("rotation-fast-zigzag", new[] { 0, 0, 1, 0, 1, 1, 0, 1, 0, 2, 1, 2 })]
    public void CellOf_Zigzag_TurnsEverySecondLine(string path, int[] rotationsAndTranslations)
    {
        var plan = new ScanPlan(3, 2, 5, ScanPath.ByName[path]);
        Assert.Equal(
            rotationsAndTranslations.Chunk(2).Select(c => new ScanCell(c[0], c[1])),
            Enumerable.Range(0, 6).Select(plan.CellOf));
        Assert.Equal((false, true), (plan.IsBackward(0), plan.IsBackward(1)));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void CellOf_ContinuousRotation_IsTheCellOfTheRayThatIsMeasured(int translations)
    {
        // The ray at θ and t is x cos θ − y sin θ = t; the rotation of line k runs on from k · 180°.
        var plan = new ScanPlan(translations, 4, 10, ScanOrder.ContinuousRotation);
        for (int index = 0; index < plan.CellCount; index++)
        {
            (int line, int step) = Math.DivRem(index, 4);
            double angle_deg = (180.0 * line) + plan.Angle_deg(step);
            double position_um = plan.Position_um(line);
            ScanCell cell = plan.CellOf(index);
            double sign = Math.Cos((angle_deg - plan.Angle_deg(cell.Rotation)) * Math.PI / 180);
            Assert.Equal(1, Math.Abs(sign), 1e-12);
            Assert.Equal(position_um, sign * plan.Position_um(cell.Translation), 1e-9);
        }

        var whole = new ScanPlan(translations, 4, 10, ScanOrder.ContinuousRotation, range_deg: 360);
        Assert.Equal(new ScanCell(2, 3), whole.CellOf(14));
    }

    [Theory]
    [InlineData(new[] { 0, 2, 1, 3 }, new[] { 0, 4, 8, 2, 6, 1, 5, 9, 3, 7 })]
    [InlineData(new[] { 2, 0, 1 }, new[] { 2, 5, 8, 0, 3, 6, 9, 1, 4, 7 })]
    [InlineData(new[] { 0 }, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    public void CellOf_Interlaced_FollowsTheSubsetsInTheirOrder(int[] subsets, int[] rotations)
    {
        var plan = new ScanPlan(2, 10, 5, ScanOrder.Interlaced, subsets: subsets);
        Assert.Equal(rotations, Enumerable.Range(0, 10).Select(line => plan.CellOf(2 * line).Rotation));
    }

    [Fact]
    public void Subsets_LeftOut_AreFourInBitReversedOrder() =>
        Assert.Equal([0, 2, 1, 3], new ScanPlan(2, 8, 5, ScanOrder.Interlaced).Subsets);

    [Theory]
    [InlineData(new[] { 1, 2 })]
    [InlineData(new[] { 0, 0, 1 })]
    [InlineData(new int[0])]
    public void Subsets_NoPermutation_AreRefused(int[] subsets) =>
        Assert.Contains("0 to one less", Assert.Throws<ArgumentException>(() => new ScanPlan(2, 8, 5, ScanOrder.Interlaced, subsets: subsets)).Message);

    [Fact]
    public void BitReversed_AnyCount_IsVanDerCorputsSequence()
    {
        Assert.Equal([0, 4, 2, 6, 1, 5, 3, 7], AngleOrder.BitReversed(8));
        Assert.Equal([0, 4, 2, 1, 5, 3], AngleOrder.BitReversed(6));
        Assert.Equal([0], AngleOrder.BitReversed(1));
    }

    [Fact]
    public void Golden_TenAngles_AreNearTheMultiplesOfTheSection() =>

        // 0, 6.18, 2.36, 8.54, 4.72, 0.90, 7.08, 3.26, 9.44, 5.62 of ten.
        Assert.Equal([0, 6, 2, 9, 5, 1, 7, 3, 8, 4], AngleOrder.Golden(10));

    [Theory]
    [InlineData("golden")]
    [InlineData("bit-reversed")]
    public void CellOf_SpreadingOrders_LeaveNoWideGapWhateverTheNumber(string path)
    {
        var plan = new ScanPlan(2, 250, 1, ScanPath.ByName[path]);
        var seen = new SortedSet<int>();
        for (int line = 0; line < 250; line++)
        {
            seen.Add(plan.CellOf(2 * line).Rotation);
            int[] angles = [.. seen];
            int widest = Enumerable.Range(0, angles.Length).Max(i => i + 1 < angles.Length ? angles[i + 1] - angles[i] : 250 + angles[0] - angles[i]);

            // The golden section leaves no gap wider than 2.62 times the mean one, halving none wider than twice (and a grid step each).
            Assert.InRange(widest, 0, (2.62 * 250 / angles.Length) + 2);
        }
    }

    [Fact]
    public void Positions_AreCentredOnTheAxis()
    {
        var plan = new ScanPlan(5, 4, 10);
        Assert.Equal([-20, -10, 0, 10, 20], Enumerable.Range(0, 5).Select(plan.Position_um));
        Assert.Equal([0, 45, 90, 135], Enumerable.Range(0, 4).Select(plan.Angle_deg));
        Assert.Equal(4, plan.ReconstructedRotationCount);
    }

    [Fact]
    public void Angles_WithTheEnd_ReachTheRange()
    {
        var plan = new ScanPlan(5, 5, 10) { IncludesEnd = true };
        Assert.Equal([0, 45, 90, 135, 180], Enumerable.Range(0, 5).Select(plan.Angle_deg));
        Assert.Equal(4, plan.ReconstructedRotationCount);
        Assert.Equal(0, new ScanPlan(5, 1, 10) { IncludesEnd = true }.Angle_deg(0));
    }

    [Fact]
    public void WithZigzag_KeepsTheRest()
    {
        ScanPlan plan = new ScanPlan(5, 6, 10, ScanOrder.Interlaced, 360, [1, 0]) { IncludesEnd = true, Anchor = TriggerAnchor.Start }.WithZigzag(true);
        Assert.Equal("interlaced-zigzag", plan.Path.Name);
        Assert.Equal((5, 6, 10, 360, true, TriggerAnchor.Start), (plan.TranslationCount, plan.RotationCount, plan.Step_um, plan.Range_deg, plan.IncludesEnd, plan.Anchor));
        Assert.Equal([1, 0], plan.Subsets);
        Assert.Equal(new ScanCell(3, 4), plan.CellOf(5));
    }

    [Theory]
    [InlineData(TriggerAnchor.Centre, 0)]
    [InlineData(TriggerAnchor.Start, 0.5)]
    [InlineData(TriggerAnchor.End, -0.5)]
    public void Anchor_MovesTheAxisAlongWhichLinesRun(TriggerAnchor anchor, double lead)
    {
        var translations = new ScanPlan(5, 6, 10) { Anchor = anchor };
        Assert.Equal((10 * (1 + lead), 60), (translations.Position_um(3), translations.Angle_deg(2)));
        var rotations = new ScanPlan(5, 6, 10, ScanOrder.RotationFast) { Anchor = anchor };
        Assert.Equal((10, 30 * (2 + lead)), (rotations.Position_um(3), rotations.Angle_deg(2)));
        Assert.Equal((30, lead), (rotations.Step_deg, rotations.Lead_steps));
    }

    [Fact]
    public void IncludesEnd_RotationThatNeverStops_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new ScanPlan(5, 6, 10, ScanOrder.ContinuousRotation) { IncludesEnd = true });
        Assert.False(new ScanPlan(5, 6, 10, ScanOrder.ContinuousRotation) { IncludesEnd = false }.IncludesEnd);
    }

    [Fact]
    public void CellOf_IndexOutsideThePlan_Throws()
    {
        var plan = new ScanPlan(5, 4, 10);
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.CellOf(20));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.CellOf(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.IndexOf(new ScanCell(4, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.IndexOf(new ScanCell(0, 5)));
    }

    [Theory]
    [InlineData(1, 4, 10, 180)]
    [InlineData(5, 0, 10, 180)]
    [InlineData(5, 4, 0, 180)]
    [InlineData(5, 4, double.NaN, 180)]
    [InlineData(5, 4, 10, 90)]
    [InlineData(100_000, 100_000, 10, 180)]
    public void Plan_ImpossibleNumbers_AreRefused(int translations, int rotations, double step, double range) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ScanPlan(translations, rotations, step, range_deg: range));

    [Fact]
    public void Plan_RotationThatNeverStopsBackwards_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new ScanPlan(5, 4, 10, new ScanPath(ScanOrder.ContinuousRotation, IsZigzag: true)));
}
