using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Tests.Sinograms;

public sealed class LineAlignmentTests
{
    private const int Translations = 61;
    private const int Rotations = 60;

    // Round grains: x, y, radius in steps, brightness.
    private static readonly (double X, double Y, double Radius, double Brightness)[] Grains =
        [(9, -4, 6, 1), (-6, -11, 4, 2), (-5, 12, 8, 0.5), (2, 1, 20, 0.3)];

    public static TheoryData<string> Orders() => ["translation-fast", "rotation-fast", "interlaced", "bit-reversed", "golden"];

    [Theory]
    [MemberData(nameof(Orders))]
    public void Judge_EitherDirection_IsFoundWhateverThePlanSays(string order)
    {
        ScanPath raster = ScanPath.ByName[order];
        foreach (bool isZigzag in new[] { false, true })
        {
            ScanPlan truth = new(Translations, Rotations, 1, raster with { IsZigzag = isZigzag });
            foreach (bool said in new[] { false, true })
            {
                ScanPlan plan = truth.WithZigzag(said);
                ZigzagVerdict verdict = LineAlignment.Judge(plan, Placed(plan, Measured(truth, 0, noise: 0.3)));

                Assert.Equal(isZigzag, verdict.IsZigzag);
                Assert.InRange(verdict.Gain, 2, 1e4);
            }
        }
    }

    [Fact]
    public void Judge_SymmetricSample_CannotTell()
    {
        ScanPlan plan = new(Translations, Rotations, 1);
        float[] measured = new float[plan.CellCount];
        var random = new Random(4);
        for (int i = 0; i < measured.Length; i++)
        {
            double t = plan.Position_um(plan.CellOf(i).Translation);
            measured[i] = (float)(Math.Sqrt(Math.Max(0, 400 - (t * t))) + random.NextDouble());
        }

        ZigzagVerdict verdict = LineAlignment.Judge(plan, Placed(plan, measured));
        Assert.Null(verdict.IsZigzag);
        Assert.InRange(verdict.Gain, 1, 1.2);
    }

    [Theory]
    [InlineData(100, 0.0)]
    [InlineData(100, 1.0)]
    [InlineData(100, -1.0)]
    [InlineData(101, 2.0)]
    [InlineData(100, 0.5)]
    public void Judge_NearlySymmetricSampleWithBacklash_IsNeverContrary(int translations, double backlash)
    {
        // Of an even number of translations the first has no opposite: turned about its middle, a symmetric line looks moved by a step,
        // which backlash may undo.
        foreach (double contrast in new[] { 0, 0.05, 0.2 })
        {
            foreach (bool isZigzag in new[] { false, true })
            {
                ScanPlan truth = new(translations, Rotations, 1, new ScanPath(ScanOrder.TranslationFast, isZigzag));
                (double, double, double, double)[] disc = [(0, 0, 40, 1), (12, 7, 6, contrast), (-15, 9, 5, -contrast), (3, -20, 8, contrast)];
                float[] measured = Measured(truth, backlash, noise: 0.5, disc);
                foreach (bool said in new[] { false, true })
                {
                    ScanPlan plan = truth.WithZigzag(said);
                    Assert.NotEqual(!isZigzag, LineAlignment.Judge(plan, Placed(plan, measured)).IsZigzag);
                }
            }
        }
    }

    [Fact]
    public void Judge_GrowingScan_ComesWithAFewLinesAndStays()
    {
        ScanPlan truth = new(Translations, Rotations, 1, new ScanPath(ScanOrder.TranslationFast, IsZigzag: true));
        ScanPlan plan = truth.WithZigzag(false);
        float[] measured = Measured(truth, 0, noise: 0.3);
        for (int lines = 1; lines <= Rotations; lines++)
        {
            float[] sinogram = Placed(plan, measured.AsSpan(0, lines * Translations));
            ZigzagVerdict verdict = LineAlignment.Judge(plan, sinogram);
            Assert.Equal(lines >= 7 ? true : null, verdict.IsZigzag);
        }
    }

    [Fact]
    public void Judge_NothingMeasured_CannotTell()
    {
        ScanPlan plan = new(Translations, Rotations, 1);
        float[] empty = new float[plan.CellCount];
        Assert.Null(LineAlignment.Judge(plan, empty).IsZigzag);
        empty.AsSpan().Fill(float.NaN);
        Assert.Equal(new ZigzagVerdict(null, double.NaN, 0), LineAlignment.Judge(plan, empty));
        Assert.Throws<ArgumentException>(() => LineAlignment.Judge(plan, empty.AsSpan(1)));
    }

    [Theory]
    [InlineData("translation-fast-zigzag", 0.0)]
    [InlineData("translation-fast-zigzag", 0.37)]
    [InlineData("translation-fast-zigzag", -1.0)]
    [InlineData("translation-fast-zigzag", 2.6)]
    [InlineData("interlaced-zigzag", -0.8)]
    [InlineData("golden-zigzag", 0.5)]
    public void FindShift_Backlash_IsFoundWithinItsUncertainty(string path, double backlash)
    {
        ScanPlan plan = new(Translations, Rotations, 1, ScanPath.ByName[path]);
        LineShift shift = LineAlignment.FindShift(plan, Placed(plan, Measured(plan, backlash, noise: 0.3)));

        // What the neighbours let expect is no exact copy of a line: 0.02 steps are left.
        Assert.InRange(shift.Uncertainty_px, 1e-4, 0.02);
        Assert.InRange(shift.Shift_px - backlash, -0.02 - (3 * shift.Uncertainty_px), 0.02 + (3 * shift.Uncertainty_px));
        Assert.Equal(Math.Abs(backlash) > 0.1, shift.IsSignificant);
    }

    [Fact]
    public void FindShift_LinesOverRotations_FindsTheLagOfTheAngle()
    {
        ScanPlan plan = new(Translations, Rotations, 1, new ScanPath(ScanOrder.RotationFast, IsZigzag: true));
        LineShift shift = LineAlignment.FindShift(plan, Placed(plan, Measured(plan, 0.6, noise: 0.1)));
        Assert.InRange(shift.Shift_px, 0.5, 0.7);
        Assert.True(shift.IsSignificant);
    }

    [Fact]
    public void FindShift_NoBackwardLineOrNothingToSee_IsUndetermined()
    {
        ScanPlan raster = new(Translations, Rotations, 1);
        Assert.True(double.IsNaN(LineAlignment.FindShift(raster, Placed(raster, Measured(raster, 0, 0.3))).Shift_px));
        ScanPlan zigzag = raster.WithZigzag(true);
        LineShift flat = LineAlignment.FindShift(zigzag, new float[zigzag.CellCount]);
        Assert.True(double.IsNaN(flat.Shift_px));
        Assert.False(flat.IsSignificant);
    }

    [Theory]
    [InlineData(0.4)]
    [InlineData(-1.7)]
    public void Shift_SmoothLine_IsMovedWithoutBlur(double shift)
    {
        float[] line = [.. Enumerable.Range(0, 50).Select(k => (float)Math.Exp(-Math.Pow((k + shift - 25) / 4, 2)))];
        float[] aligned = new float[50];
        LineResampling.Shift(line, shift, aligned);
        for (int k = 5; k < 45; k++)
        {
            Assert.Equal(Math.Exp(-Math.Pow((k - 25) / 4.0, 2)), aligned[k], 4e-3);
        }
    }

    [Fact]
    public void Shift_WholeStepsEndsAndGaps_AreExactOrNaN()
    {
        float[] aligned = new float[6];
        LineResampling.Shift([1, 2, float.NaN, 4, 5, 6], 1, aligned);
        Assert.Equal([float.NaN, 1, 2, float.NaN, 4, 5], aligned);
        LineResampling.Shift([1, 2, float.NaN, 4, 5, 6], 0.25, aligned);
        Assert.Equal([1, 1.75f, float.NaN, 4, 4.75f, 5.75f], aligned);
        LineResampling.Shift([1, 2, 3, 4, 5, 6], -0.5, aligned);
        Assert.Equal([1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6], aligned);
        LineResampling.Shift([1, 2, 3, 4, 5, 6], 100, aligned);
        Assert.All(aligned, v => Assert.True(float.IsNaN(v)));
        Assert.Throws<ArgumentException>(() => LineResampling.Shift([1, 2], 0, new float[3]));
    }

    /// <summary>What the frames see one after the other: backward lines are off by the backlash.</summary>
    private static float[] Measured(
        ScanPlan truth, double backlash, double noise, (double X, double Y, double Radius, double Brightness)[]? grains = null)
    {
        var random = new Random(7);
        float[] frames = new float[truth.CellCount];
        for (int i = 0; i < frames.Length; i++)
        {
            ScanCell cell = truth.CellOf(i);
            double off = truth.IsBackward(i / truth.LineLength) ? backlash : 0;
            bool overRotations = truth.Path.LinesRunOverRotations;
            double angle = (truth.Angle_deg(cell.Rotation) + (overRotations ? off * truth.Angle_deg(1) : 0)) * Math.PI / 180;
            double t = truth.Position_um(cell.Translation) + (overRotations ? 0 : off);
            double path = (grains ?? Grains).Sum(g =>
            {
                double d = (g.X * Math.Cos(angle)) - (g.Y * Math.Sin(angle)) - t;
                return g.Brightness * 2 * Math.Sqrt(Math.Max(0, (g.Radius * g.Radius) - (d * d)));
            });
            frames[i] = (float)(path + (noise * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5)));
        }

        return frames;
    }

    private static float[] Placed(ScanPlan plan, ReadOnlySpan<float> frames)
    {
        float[] sinogram = new float[plan.CellCount];
        sinogram.AsSpan().Fill(float.NaN);
        for (int i = 0; i < frames.Length; i++)
        {
            ScanCell cell = plan.CellOf(i);
            sinogram[(cell.Rotation * plan.TranslationCount) + cell.Translation] = frames[i];
        }

        return sinogram;
    }
}
