using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline;

namespace XrdCt.Live.Tests.Pipeline;

public sealed class ReconstructionControlTests
{
    private static readonly ReconstructionSettings AtStart = new(RampFilter.SheppLogan, null, Air: true);

    private readonly FakeClock _clock = new();
    private readonly List<string> _said = [];

    [Fact]
    public void TryChange_ManyBetweenTwoLooks_AreTakenOnceAndSaidEach()
    {
        ReconstructionControl control = Control();
        for (int i = 1; i <= 100; i++)
        {
            Assert.True(control.TryChange("a page", s => s with { Axis_px = i / 50.0 }));
        }

        Assert.True(control.TryChange("another", s => s with { Filter = RampFilter.Hann }));
        Assert.True(control.TryTake(out ReconstructionSettings taken, out string changes));
        Assert.Equal(new ReconstructionSettings(RampFilter.Hann, 2, Air: true), taken);
        Assert.Equal("another changed the reconstruction: filter shepp-logan → hann, axis from the data → 2 px", changes);
        Assert.False(control.TryTake(out _, out _));
        Assert.Equal(101, _said.Count);
        Assert.Equal("a page changed the reconstruction: axis 1.98 px → 2 px", _said[99]);
        Assert.Equal(taken, control.Changed);
    }

    [Fact]
    public void TryChange_FromManyThreads_LosesNone()
    {
        ReconstructionControl control = Control(limit_px: 1e9);
        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 500; i++)
            {
                control.TryChange("a thread", s => s with { Axis_px = (s.Axis_px ?? 0) + 1 });
            }
        });
        Assert.Equal(4000, control.Settings.Axis_px);
    }

    [Fact]
    public void TryChange_ToWhatItIs_ChangesNothing()
    {
        ReconstructionControl control = Control();
        Assert.True(control.TryChange("a page", s => s with { Air = true }));
        Assert.Null(control.Changed);
        Assert.False(control.TryTake(out _, out _));
        Assert.Empty(_said);
    }

    [Fact]
    public void Lag_s_FromTheFirstChangeUntilTheLastIsShown()
    {
        ReconstructionControl control = Control();
        Assert.Equal(0, control.Lag_s);
        control.TryChange("a page", s => s with { Air = false });
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(control.TryTake(out _, out _));
        control.TryChange("a page", s => s with { Filter = RampFilter.Ramp });
        control.Settle();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, control.Lag_s);
        Assert.True(control.TryTake(out _, out _));
        control.Settle();
        Assert.Equal(0, control.Lag_s);
    }

    [Fact]
    public void TryChange_Closed_IsNot()
    {
        ReconstructionControl control = Control();
        control.TryChange("a page", s => s with { Air = false });
        control.Close();
        Assert.False(control.TryChange("a page", s => s with { Air = true }));
        Assert.False(control.IsOpen);
        Assert.True(control.TryTake(out ReconstructionSettings last, out _));
        Assert.False(last.Air);
    }

    [Theory]
    [InlineData(10, 10.01, "within 10 translations of the middle, not 10.01")]
    [InlineData(10, -11.0, "within 10 translations of the middle, not -11")]
    [InlineData(10, double.NaN, "within 10 translations of the middle, not NaN")]
    [InlineData(0, 1.0, "the axis of this scan cannot be set")]
    public void TryChange_AxisOutOfReach_IsRefused(double limit_px, double axis_px, string sentence)
    {
        ReconstructionControl control = Control(limit_px);
        ArgumentException refused = Assert.Throws<ArgumentException>(() => control.TryChange("a page", s => s with { Filter = RampFilter.Hann, Axis_px = axis_px }));
        Assert.Contains(sentence, refused.Message);
        Assert.Equal(AtStart, control.Settings);
    }

    [Fact]
    public void TryChange_AirWherePositionsDecide_IsRefused()
    {
        ReconstructionControl control = Control(hasAir: false);
        Assert.StartsWith("air cannot be switched", Assert.Throws<ArgumentException>(() => control.TryChange("a page", s => s with { Air = false })).Message);
        Assert.True(control.TryChange("a page", s => s with { Filter = RampFilter.Hann, Air = true }));
    }

    [Theory]
    [InlineData("translation-fast", RoiMode.None, true)]
    [InlineData("positions", RoiMode.None, false)]
    [InlineData("translation-fast", RoiMode.Extension, false)]
    public void Choices_Air_GoesWithTheOutsideAndNotWhereNothingIsCorrected(string order, RoiMode outside, bool hasAir)
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(9, 8, 1, ScanPath.ByName[order])) with { Roi = outside == RoiMode.None ? null : new LiveRoi { Mode = outside } };
        Assert.Equal(hasAir, LiveScan.Choices(options).HasAir);
    }

    private ReconstructionControl Control(double limit_px = 10, bool hasAir = true) =>
        new(AtStart, isChanged: false, new ReconstructionChoices(limit_px, hasAir), _clock, _said.Add);
}
