using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Simulator.Beamline;

namespace XrdCt.Live.Tests.Simulators;

/// <summary>Where driven stages are in a line, and when.</summary>
public sealed class ScanLinesTests
{
    private const double Rate_Hz = 40;

    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, 250, TimeSpan.Zero);

    [Theory]
    [InlineData("translation-fast")]
    [InlineData("translation-fast-zigzag")]
    [InlineData("interlaced-zigzag")]
    [InlineData("golden")]
    [InlineData("bit-reversed")]
    [InlineData("rotation-fast")]
    [InlineData("rotation-fast-zigzag")]
    public void Line_OfEveryFrame_HasTheAxesWhereThePlanHasThem(string order)
    {
        ScanPlan plan = Plan(order);
        ScanLines lines = new(plan, 15);
        for (int index = 0; index < plan.CellCount; index++)
        {
            (int line, int cell) = lines.PlaceOf(index);
            LineMotion motion = lines.Line(line);
            ScanCell planned = plan.CellOf(index);
            (double translation, double rotation) = lines.Fast == StageAxis.Translation ? (motion.Position(cell), motion.Slow) : (motion.Slow, motion.Position(cell));
            Assert.Equal(plan.Position_um(planned.Translation) / 1000, translation, 1e-9);
            Assert.Equal(plan.Angle_deg(planned.Rotation), rotation, 1e-9);
        }
    }

    [Fact]
    public void Line_Zigzag_BeginsWhereTheOneBeforeEnded()
    {
        ScanLines lines = new(Plan("translation-fast-zigzag"), Rate_Hz);
        for (int line = 1; line < lines.Count; line++)
        {
            Assert.Equal(lines.Line(line - 1).RunOut, lines.Line(line).RunUp, 1e-9);
            Assert.Equal(-lines.Line(line - 1).Step, lines.Line(line).Step);
        }
    }

    [Theory]
    [InlineData("translation-fast", 0, 0.07)]
    [InlineData("translation-fast-zigzag", 1, 0.07)]
    [InlineData("rotation-fast-zigzag", 1, 0.003)]
    [InlineData("interlaced", 5, 0.31)]
    public void TimeAt_FromAStampedReading_IsWhenOtherReadingsInterpolateToTheCell(string order, int line, double seen_s)
    {
        ScanLines lines = new(Plan(order), order.StartsWith("rotation", StringComparison.Ordinal) ? 15 : Rate_Hz);
        LineMotion motion = lines.Line(line);
        double length = Math.Abs(motion.RunOut - motion.RunUp);

        // The stage, and when it tells where it is: 20 times a second, and it stands in the end.
        double Where(double at_s) => motion.RunUp + Math.CopySign(Math.Min(length, lines.Velocity * at_s), motion.Step);
        double[] told_s = [.. Enumerable.Range(0, 400).Select(i => 0.05 * i)];
        var timing = new LineTiming(Start.AddTicks((long)(seen_s * TimeSpan.TicksPerSecond)), Where(seen_s), Math.CopySign(lines.Velocity, motion.Step));
        for (int cell = 0; cell < motion.CellCount; cell++)
        {
            double middle_s = (timing.TimeAt(motion.Position(cell)) - Start).TotalSeconds;
            int after = Array.FindIndex(told_s, t => t > middle_s);
            double share = (middle_s - told_s[after - 1]) / 0.05;
            double found = Where(told_s[after - 1]) + (share * (Where(told_s[after]) - Where(told_s[after - 1])));
            Assert.Equal(motion.Position(cell), found, 1e-4 * Math.Abs(motion.Step));
            Assert.Equal(TimeSpan.Zero, timing.DelayOf(timing.TimeAt(motion.Position(cell)), motion.Position(cell)));
        }

        double between_s = (timing.TimeAt(motion.Position(1)) - timing.TimeAt(motion.Position(0))).TotalSeconds;
        Assert.Equal(lines.Period.TotalSeconds, between_s, 2e-7);
    }

    [Fact]
    public void DelayOf_StageThatWasHeldUp_IsHowLong()
    {
        var timing = new LineTiming(Start, -1, -2.5);
        Assert.Equal(0.003, timing.DelayOf(Start.AddSeconds(0.403), -2).TotalSeconds, 1e-7);
    }

    [Theory]
    [InlineData("positions", 21, 60, 10, "positions")]
    [InlineData("continuous-rotation", 21, 60, 10, "continuous-rotation")]
    [InlineData("translation-fast", 21, 60, 0, "--rate above 0")]
    [InlineData("translation-fast", 21, 60, 400, "24 mm/s, which goes 0.001 to 20 mm/s: choose a lower rate")]
    [InlineData("translation-fast", 21, 60, 0.01, "choose a higher rate")]
    [InlineData("rotation-fast", 21, 60, 25, "375 deg/s, which goes 0.01 to 360 deg/s")]
    [InlineData("translation-fast", 401, 50, 10, "the translation from -10.15 to 10.15 mm")]
    [InlineData("rotation-fast", 401, 60, 10, "the translation from -12 to 12 mm")]
    public void Lines_WhatNoStageCanDo_IsRefusedInOneSentence(string order, int translations, double step_um, double rate_Hz, string gist)
    {
        ScanPlan plan = new(translations, 12, step_um, ScanPath.ByName[order]);
        ArgumentException e = Assert.ThrowsAny<ArgumentException>(() => new ScanLines(plan, rate_Hz));
        Assert.Contains(gist, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Permissions_HoldAllThatALineNeeds()
    {
        ScanLines lines = new(Plan("rotation-fast"), 23);
        Assert.All([lines.Fast, lines.Slow], axis => Assert.All(["Position", "Velocity", "Stop"], member =>
            Assert.Contains(TangoScan.Permissions, p => p.Device == axis.Device && p.Member == member)));
    }

    [Fact]
    public void MonitorOf_BeamThatIsTold_ScalesTheFramesToo()
    {
        VirtualExperiment plain = SimulatedScan.Of(Plan("interlaced"));
        VirtualExperiment told = new(plain.Plan, plain.Detector, plain.Disc, plain.Seed) { Beam = index => index == 7 ? 0.5 : 1 };
        Phantoms.Detector.FrameRenderer frames = new(told);
        frames.Begin(7);
        double half = frames.Expected[400];
        double[] full = new double[frames.Expected.Length];
        told.Expect(told.Plan.CellOf(7), 1, full);
        Assert.Equal(0.5 * full[400], half, 1e-9);
    }

    private static ScanPlan Plan(string order) => new(21, 12, 60, ScanPath.ByName[order]);
}
