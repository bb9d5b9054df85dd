using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Tests.Sinograms;

public sealed class SinogramCorrectionTests
{
    private const float Air = 40;

    private static readonly ScanPlan Plan = new(51, 40, 1);

    [Fact]
    public void AirScatter_OffCentreSample_IsWhatTheBeamMissesItBy()
    {
        float[] total = Sinogram(Plan, 0, noise: 0.5);
        AirScatter air = AirScatter.Find(Plan, total);

        Assert.Null(air.Refusal);
        Assert.InRange(air.Count, 500, 51 * 40);
        for (int i = 0; i < total.Length; i++)
        {
            // No cell of the sample; all but the rim of the air.
            double depth = Depth(Plan, i, 0);
            Assert.False(air.Cells[i] && depth > 0, $"cell {i} sees the sample");
            Assert.True(air.Cells[i] || depth > -3.5, $"cell {i} is air");
        }
    }

    [Theory]
    [InlineData(9)]
    [InlineData(16)]
    public void AirScatter_RegionOfInterest_IsRefused(int translations)
    {
        ScanPlan roi = new(translations, 40, 1);
        AirScatter air = AirScatter.Find(roi, Sinogram(roi, 0, noise: 0.5));
        Assert.Contains("does not reach beyond the sample", air.Refusal);
        Assert.Equal(0, air.Count);
    }

    [Theory]
    [InlineData(251, 1, "rises from the very ends")]
    [InlineData(101, 2, "too few cells lie outside the sample side by side")]
    [InlineData(41, 6, "cells are outside")]
    public void AirScatter_MiddleOfARoundEvenSample_IsNoAirThoughTheEndsAreAlike(int translations, double step_um, string because)
    {
        // A disc of 500 µm radius about the axis: chords at the ends are the same at all angles, and shorter than between.
        ScanPlan roi = new(translations, 40, step_um);
        var random = new Random(7);
        float[] total = [.. Enumerable.Range(0, roi.CellCount).Select(i => (float)(Math.Sqrt(250_000 - Math.Pow(roi.Position_um(i % translations), 2)) + (0.05 * random.NextDouble())))];
        AirScatter air = AirScatter.Find(roi, total);
        Assert.Contains(because, air.Refusal);
        Assert.Contains("constant only where every projection holds the whole sample", ConstantTotal.RefusalFor(roi, air));
    }

    [Fact]
    public void AirScatter_NothingOrOneProjection_IsRefusedOrFound()
    {
        float[] empty = new float[Plan.CellCount];
        empty.AsSpan().Fill(float.NaN);
        Assert.NotNull(AirScatter.Find(Plan, empty).Refusal);
        Assert.NotNull(AirScatter.Find(Plan, new float[Plan.CellCount]).Refusal);
        Sinogram(Plan, 0, 0.5).AsSpan(0, 51).CopyTo(empty);
        Assert.InRange(AirScatter.Find(Plan, empty).Count, 10, 40);
        Assert.Throws<ArgumentException>(() => AirScatter.Find(Plan, empty.AsSpan(1)));
    }

    [Fact]
    public void AirScatter_Average_IsTheMeanPerBinWithoutWildValues()
    {
        float[] total = Sinogram(Plan, 0, noise: 0.5);
        AirScatter air = AirScatter.Find(Plan, total);
        var stack = new SinogramStack(Plan, 3);
        var random = new Random(5);
        bool isFirst = true;
        for (int i = 0; i < Plan.CellCount; i++)
        {
            ScanCell cell = Plan.CellOf(i);
            stack.TryClaim(cell);
            Span<float> pattern = stack.Pattern(cell);
            pattern[0] = 5 + random.NextSingle() - 0.5f;
            pattern[1] = total[i];
            pattern[2] = float.NaN;
            if (air.Cells[i] && isFirst)
            {
                isFirst = false;
                pattern[0] = 1e6f;
            }
        }

        float[] mean = new float[3];
        float[] ones = new float[Plan.CellCount];
        ones.AsSpan().Fill(1);
        air.Average(stack, ones, mean, new float[3]);
        Assert.Equal(5, mean[0], 0.05);
        Assert.Equal(Air, mean[1], 0.1);
        Assert.True(float.IsNaN(mean[2]));
        Assert.Throws<ArgumentException>(() => air.Average(stack, ones, new float[2], new float[3]));
    }

    [Theory]
    [InlineData(ScanOrder.TranslationFast)]
    [InlineData(ScanOrder.RotationFast)]
    public void OutlierLines_DeadAndHot_AreMarkedAndNoOther(ScanOrder order)
    {
        var plan = new ScanPlan(51, 40, 1, order);
        float[] total = Sinogram(plan, 0, noise: 0.5);
        CellFlags[] none = new CellFlags[plan.CellCount];
        Assert.Equal(0, OutlierLines.Mark(plan, total, none));

        Scale(12, 0.2f);
        Scale(13, 1.7f);
        Scale(30, 1.25f);
        CellFlags[] flags = new CellFlags[plan.CellCount];
        flags[0] = CellFlags.Air;
        Assert.Equal(3, OutlierLines.Mark(plan, total, flags));
        Assert.Equal(CellFlags.Air, flags[0]);
        for (int i = 1; i < plan.CellCount; i++)
        {
            int slot = order == ScanOrder.RotationFast ? i % 51 : i / 51;
            Assert.Equal(slot switch { 12 => CellFlags.DeadLine, 13 or 30 => CellFlags.HotLine, _ => CellFlags.None }, flags[i]);
        }

        void Scale(int slot, float factor)
        {
            for (int i = 0; i < total.Length; i++)
            {
                total[i] *= (order == ScanOrder.RotationFast ? i % 51 : i / 51) == slot ? factor : 1;
            }
        }
    }

    [Fact]
    public void OutlierLines_UnmeasuredAndEmpty_AreNone()
    {
        float[] total = Sinogram(Plan, 0, noise: 0.5);
        total.AsSpan(51 * 20).Fill(float.NaN);
        Assert.Equal(0, OutlierLines.Mark(Plan, total, new CellFlags[Plan.CellCount]));
        Assert.Equal(0, OutlierLines.Mark(Plan, new float[Plan.CellCount], new CellFlags[Plan.CellCount]));
    }

    [Fact]
    public void SpottyCells_AFewBrightReflections_AreMarked()
    {
        var random = new Random(6);
        float[] spottiness = [.. Enumerable.Range(0, 2000).Select(_ => 1 + random.NextSingle())];
        spottiness[7] = 20;
        spottiness[1234] = 8;
        spottiness[50] = float.NaN;
        CellFlags[] flags = new CellFlags[2000];
        Assert.Equal(2, SpottyCells.Mark(spottiness, flags));
        Assert.Equal((CellFlags.Spotty, CellFlags.Spotty, CellFlags.None), (flags[7], flags[1234], flags[50]));
        Assert.Equal(0, SpottyCells.Mark(new float[5], flags.AsSpan(0, 5)));
    }

    [Fact]
    public void ConstantTotal_WholeSample_LevelsTheProjections()
    {
        float[] total = [.. Sinogram(Plan, 0, 0).Select(v => v - Air)];
        float[] steady = [.. total];
        for (int i = 0; i < total.Length; i++)
        {
            total[i] *= i / 51 == 7 ? 0.8f : 1;
        }

        total[51 * 9] = float.NaN;
        double[] factors = ConstantTotal.Factors(Plan, total, AirScatter.Find(Plan, total));
        Assert.Equal(1.25, factors[7] / factors[8], 0.01);
        Assert.True(double.IsNaN(factors[9]));
        // A grain of eight steps sampled step by step: its sum varies by a few percent.
        Assert.All(ConstantTotal.Factors(Plan, steady, AirScatter.Find(Plan, steady)), f => Assert.Equal(1, f, 0.03));
    }

    [Fact]
    public void ConstantTotal_RegionOfInterest_IsRefusedWithTheReason()
    {
        ScanPlan roi = new(9, 40, 1);
        float[] total = Sinogram(roi, 0, 0.5);
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => ConstantTotal.Factors(roi, total, AirScatter.Find(roi, total)));
        Assert.Contains("holds the whole sample", e.Message);
    }

    // A disc of radius 12, off centre, with a dense grain of radius 4 near its rim.
    private static double Depth(ScanPlan plan, int offset, double grow)
    {
        (double t, double angle) = (plan.Position_um(offset % plan.TranslationCount), plan.Angle_deg(offset / plan.TranslationCount) * Math.PI / 180);
        return 12 + grow - Math.Abs((3 * Math.Cos(angle)) - (2 * Math.Sin(angle)) - t);
    }

    private static float[] Sinogram(ScanPlan plan, double grow, double noise)
    {
        var random = new Random(3);
        float[] total = new float[plan.CellCount];
        for (int i = 0; i < total.Length; i++)
        {
            double depth = Math.Max(0, Depth(plan, i, grow));
            (double t, double angle) = (plan.Position_um(i % plan.TranslationCount), plan.Angle_deg(i / plan.TranslationCount) * Math.PI / 180);
            double grain = Math.Max(0, 16 - Math.Pow((9 * Math.Cos(angle)) + (5 * Math.Sin(angle)) - t, 2));
            total[i] = (float)(Air + (10 * Math.Sqrt(depth * (24 - depth))) + (20 * Math.Sqrt(grain)) + (noise * (random.NextDouble() - 0.5)));
        }

        return total;
    }
}
