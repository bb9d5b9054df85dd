using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Tests.Sinograms;

public sealed class PositionGridTests
{
    private static readonly ScanPlan Plan = new(5, 6, 10, ScanOrder.Positions);

    [Fact]
    public void Mix_FramesOnTheGridInAnyOrder_AreLeftAsTheyAre()
    {
        int[] cells = [.. Enumerable.Range(0, Plan.CellCount)];
        new Random(1).Shuffle(cells);
        var grid = new PositionGrid(Plan, Plan.CellCount);
        float[] frames = new float[Plan.CellCount];
        for (int i = 0; i < cells.Length; i++)
        {
            Assert.True(grid.Put(i, Plan.Position_um(cells[i] % 5), Plan.Angle_deg(cells[i] / 5)));
            frames[i] = cells[i];
        }

        Assert.Equal(Enumerable.Range(0, Plan.CellCount).Select(c => (float)c), grid.ToRegridding().Mix(frames));
        Assert.All(grid.ToRegridding().Coverage, w => Assert.Equal(1, w));
    }

    [Theory]
    [InlineData(3.0, 12.0)]
    [InlineData(-7.5, 88.0)]
    [InlineData(0.0, 171.0)]
    [InlineData(4.0, -3.0)]
    [InlineData(4.0, 183.0)]
    [InlineData(-6.0, 900.0)]
    public void Mix_ProjectionsOffTheGrid_AreInterpolated(double dt_um, double dr_deg)
    {
        // Every frame is off by the same. What a straight line leaves of f = (t − x cos θ + y sin θ)²/1000 is its curvature over a step of 10 µm
        // and 3°, 0.03 at most; beyond the range it is the ray from the other side, f(t, θ + 180°) = f(−t, θ).
        var wide = new ScanPlan(41, 60, 10, ScanOrder.Positions);
        var grid = new PositionGrid(wide, wide.CellCount);
        float[] frames = new float[wide.CellCount];
        for (int i = 0; i < frames.Length; i++)
        {
            double t = wide.Position_um(i % 41) + dt_um;
            double r = wide.Angle_deg(i / 41) + dr_deg;
            grid.Put(i, t, r);
            frames[i] = (float)Value(t, r);
        }

        Regridding regridding = grid.ToRegridding();
        float[] gridded = regridding.Mix(frames);
        for (int cell = 0; cell < gridded.Length; cell++)
        {
            if (cell % 41 is > 1 and < 39)
            {
                Assert.Equal(Value(wide.Position_um(cell % 41), wide.Angle_deg(cell / 41)), gridded[cell], 0.05);
                Assert.Equal(1, regridding.Coverage[cell], 1e-4);
            }
        }

        static double Value(double t, double r_deg)
        {
            (double sin, double cos) = Math.SinCos(r_deg * Math.PI / 180);
            double distance = t - (100 * cos) + (50 * sin);
            return distance * distance / 1000;
        }
    }

    [Theory]
    [InlineData(0.3, 0.0)]
    [InlineData(0.3, 0.4)]
    [InlineData(0.0, 0.4)]
    public void Mix_JitteredPlane_IsExact(double jitter_t, double jitter_r)
    {
        // Two frames a step, so that no cell is left without neighbours on both sides.
        var plan = new ScanPlan(30, 20, 10, ScanOrder.Positions);
        var random = new Random(4);
        var grid = new PositionGrid(plan, 4 * plan.CellCount);
        float[] frames = new float[4 * plan.CellCount];
        for (int i = 0; i < frames.Length; i++)
        {
            double t = ((i % 60) * 0.5) - 15 + Jitter(jitter_t);
            double r = Math.Clamp((i / 60 * 0.5) + Jitter(jitter_r), 0, 19);
            grid.Put(i, t * 10, r * 9);
            frames[i] = (float)(100 + (3 * t) + (5 * r));
        }

        float[] gridded = grid.ToRegridding().Mix(frames);
        for (int r = 1; r < 19; r++)
        {
            for (int t = 1; t < 29; t++)
            {
                Assert.Equal(100 + (3 * (t - 15)) + (5 * r), gridded[(r * 30) + t], 0.01);
            }
        }

        double Jitter(double most) => most * ((2 * random.NextDouble()) - 1);
    }

    [Fact]
    public void Put_OutsideOrNowhere_AddsNothing()
    {
        var grid = new PositionGrid(Plan, 4);
        Assert.False(grid.Put(0, 31, 0));
        Assert.False(grid.Put(1, double.NaN, 0));
        Assert.False(grid.Put(2, 0, double.PositiveInfinity));
        Assert.True(grid.Put(3, 0, 0));
        Assert.Equal(1, grid.ToRegridding().Coverage.Sum());
        Assert.True(grid.Put(3, 0, 30));
        Assert.Equal(1, grid.ToRegridding().Coverage[5 + 2]);
        Assert.Equal(0, grid.ToRegridding().Coverage[2]);
    }

    [Fact]
    public void Mix_Patterns_FollowsTheWeightsAndLeavesGapsEmpty()
    {
        var grid = new PositionGrid(Plan, Plan.CellCount);
        var frames = new SinogramStack(Plan, 2);
        grid.Put(0, -17, 0);
        grid.Put(1, -12, 0);
        grid.Put(2, 16, 0);
        new float[] { 10, 100 }.CopyTo(frames.Pattern(Plan.CellOf(0)));
        new float[] { 20, float.NaN }.CopyTo(frames.Pattern(Plan.CellOf(1)));
        new float[] { 5, 6 }.CopyTo(frames.Pattern(Plan.CellOf(2)));
        Regridding regridding = grid.ToRegridding();
        float[] pattern = new float[2];

        // Cell 0 is at −20 µm: the line through 10 at 0.3 and 20 at 0.8 steps from it; cell 1 at −10: the same line at −0.7 and −0.2.
        // Cell 3 at +10: 0.4 of a frame, too little; cell 4 at +20: 0.6.
        regridding.Mix(frames, 0, 0, pattern);
        Assert.Equal(4, pattern[0], 1e-4);
        Assert.Equal(100, pattern[1]);
        regridding.Mix(frames, 1, 0, pattern);
        Assert.Equal(24, pattern[0], 1e-4);
        Assert.True(float.IsNaN(pattern[1]));
        regridding.Mix(frames, 3, 0, pattern);
        Assert.Equal([float.NaN, float.NaN], pattern);
        regridding.Mix(frames, 4, 1, pattern.AsSpan(0, 1));
        Assert.Equal(6, pattern[0]);
        Assert.Equal([true, true, false, false, true], Enumerable.Range(0, 5).Select(regridding.IsMeasured));
        Assert.Throws<ArgumentOutOfRangeException>(() => regridding.Mix(frames, 0, 1, new float[2]));
    }
}
