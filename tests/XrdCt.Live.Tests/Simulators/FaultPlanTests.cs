using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Tests.Simulators;

public class FaultPlanTests
{
    private const int FrameCount = 1000;

    [Fact]
    public void Deliveries_NoFaults_AreAllFramesInOrder() =>
        Assert.Equal(Enumerable.Range(0, FrameCount), Sent(new FaultOptions()));

    [Fact]
    public void Deliveries_DropAndRepeat_AreExact()
    {
        FaultPlan plan = new(FrameCount, new FaultOptions { Drop_percent = 1, Repeat_percent = 2.5 }, 3);
        Assert.Equal(10, plan.Dropped.Count);
        Assert.Equal(25, plan.Repeated.Count);
        Assert.Equal(FrameCount - 10 + 25, plan.Deliveries.Count);
        Dictionary<int, int> times = plan.Deliveries.CountBy(d => d.Index).ToDictionary();
        for (int i = 0; i < FrameCount; i++)
        {
            int expected = plan.Dropped.Contains(i) ? 0 : plan.Repeated.Contains(i) ? 2 : 1;
            Assert.Equal(expected, times.GetValueOrDefault(i));
        }
    }

    [Fact]
    public void Deliveries_Shuffled_StayWithinTheWindow()
    {
        const int Window = 16;
        int[] sent = Sent(new FaultOptions { ShuffleWindow = Window });
        Assert.Equal(Enumerable.Range(0, FrameCount), sent.Order());
        int[] off = [.. sent.Select((index, place) => Math.Abs(index - place))];
        Assert.InRange(off.Max(), 2, Window);
        Assert.True(off.Count(d => d > 0) > FrameCount / 2);
    }

    [Fact]
    public void Deliveries_SameSeed_SamePlan()
    {
        FaultOptions options = new() { Drop_percent = 3, Repeat_percent = 3, ShuffleWindow = 5 };
        Assert.Equal(
            new FaultPlan(FrameCount, options, 9).Deliveries, new FaultPlan(FrameCount, options, 9).Deliveries);
        Assert.NotEqual(
            new FaultPlan(FrameCount, options, 9).Deliveries, new FaultPlan(FrameCount, options, 10).Deliveries);
    }

    [Fact]
    public void Deliveries_SpecialFrames_AreNeverDroppedOrRepeated()
    {
        FaultOptions options =
            new() { Drop_percent = 50, Repeat_percent = 50, TruncateFrame = 4, WrongSizeFrame = 5, DieAt = 990 };
        FaultPlan plan = new(FrameCount, options, 1);
        Assert.Equal(DeliveryKind.Truncated, Assert.Single(plan.Deliveries, d => d.Index == 4).Kind);
        Assert.Equal(DeliveryKind.WrongSize, Assert.Single(plan.Deliveries, d => d.Index == 5).Kind);
        Assert.Single(plan.Deliveries, d => d.Index == 990);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(101, 0)]
    [InlineData(double.NaN, 0)]
    [InlineData(0, -1)]
    public void FaultPlan_ShareOrWindowOutOfRange_Throws(double drop_percent, int window) =>
        Assert.Throws<ArgumentException>(
            () =>
                new FaultPlan(FrameCount, new FaultOptions { Drop_percent = drop_percent, ShuffleWindow = window }, 1));

    [Fact]
    public void FaultPlan_IndexOutsideScan_Throws() =>
        Assert.Throws<ArgumentException>(() => new FaultPlan(10, new FaultOptions { DieAt = 10 }, 1));

    private static int[] Sent(FaultOptions options) =>
        [.. new FaultPlan(FrameCount, options, 3).Deliveries.Select(d => d.Index)];
}
