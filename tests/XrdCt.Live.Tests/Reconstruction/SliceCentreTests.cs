using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Tests.Centring;

namespace XrdCt.Live.Tests.Reconstruction;

public sealed class SliceCentreTests
{
    [Theory]
    [InlineData(3, "+3")]
    [InlineData(-2, "-2")]
    public void Batch_CentreAside_MatchesScikitImageOfTheMovedSinogram(double centre_px, string name)
    {
        (ScanPlan plan, float[] sinogram) = Golden();
        float[] slice = ProgressiveSlice.Batch(plan, RampFilter.Ramp, sinogram, centre_px).ToMap("moved").Values;
        double[] golden = Npy.Read(GoldenPath($"iradon_ramp_101x100_centre{name}.npy")).Values;
        double difference = 0;
        double power = 0;
        for (int i = 0; i < slice.Length; i++)
        {
            // Every projection sees the circle of radius N/2 − |c|, and no more.
            double radius = double.Hypot((i % 101) - 50, (i / 101) - 50);
            Assert.Equal(radius > 50 - Math.Abs(centre_px), float.IsNaN(slice[i]));
            if (!float.IsNaN(slice[i]))
            {
                difference += Math.Pow(slice[i] - golden[i], 2);
                power += golden[i] * golden[i];
            }
        }

        Assert.InRange(Math.Sqrt(difference / power), 0, 1e-4);
    }

    [Fact]
    public void Batch_SinogramMoved_IsTheSliceOfTheOneThatIsNot()
    {
        // Towards higher translations by two steps: the centre is +2.
        (ScanPlan plan, float[] sinogram) = Golden();
        float[] moved = new float[sinogram.Length];
        for (int i = 2; i < moved.Length; i++)
        {
            moved[i] = sinogram[i - 2];
        }

        float[] slice = ProgressiveSlice.Batch(plan, RampFilter.SheppLogan, moved, 2).ToMap("moved").Values;
        float[] still = ProgressiveSlice.Batch(plan, RampFilter.SheppLogan, sinogram).ToMap("still").Values;
        Assert.True(Worst(still, slice) < 1e-5 * still.Where(float.IsFinite).Max());
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(-0.5)]
    [InlineData(2.3)]
    [InlineData(-2.3)]
    public void Batch_PhantomOffCentre_IsThePhantom(double centre_px)
    {
        ScanPlan plan = new(151, 240, 1);
        float[] sinogram = [.. GrainPhantom.Sinogram(plan, centre_px).Select(v => v - GrainPhantom.Air)];
        float[] slice = ProgressiveSlice.Batch(plan, RampFilter.SheppLogan, sinogram, centre_px).ToMap("phantom").Values;

        // Edges between pixels are an error of every slice; off the centre it is not larger than on it.
        float[] centred = [.. GrainPhantom.Sinogram(plan, 0).Select(v => v - GrainPhantom.Air)];
        double least = Error(plan, ProgressiveSlice.Batch(plan, RampFilter.SheppLogan, centred).ToMap("phantom").Values);
        Assert.InRange(Error(plan, slice), 0.9 * least, 1.02 * least);

        // The same with the centre where the plan has it, or on the wrong side, is a worse slice.
        Assert.True(Error(plan, Slice(0)) > 1.2 * Error(plan, slice));
        Assert.True(Error(plan, Slice(-centre_px)) > 1.8 * Error(plan, slice));

        float[] Slice(double c) => ProgressiveSlice.Batch(plan, RampFilter.SheppLogan, sinogram, c).ToMap("phantom").Values;
    }

    [Fact]
    public void SetCentre_InTheMiddleOfAScan_EqualsBatchWithThatCentre()
    {
        (ScanPlan plan, float[] sinogram) = Golden();
        var slice = new ProgressiveSlice(plan, RampFilter.SheppLogan);
        for (int rotation = 0; rotation < plan.RotationCount; rotation++)
        {
            if (rotation is 0 or 20 or 60)
            {
                slice.SetCentre(rotation / -25.0);
            }

            slice.Put(rotation, sinogram.AsSpan(rotation * 101, 101));
        }

        slice.SetCentre(1.7);
        slice.Put(5, sinogram.AsSpan(5 * 101, 101));
        Assert.Equal(1.7, slice.Centre_px);
        Assert.Equal(100, slice.ProjectionCount);
        float[] batch = ProgressiveSlice.Batch(plan, RampFilter.SheppLogan, sinogram, 1.7).ToMap("batch").Values;
        float[] live = slice.ToMap("live").Values;
        Assert.Equal(batch.Select(float.IsNaN), live.Select(float.IsNaN));
        Assert.True(Worst(batch, live) < 1e-5 * batch.Where(float.IsFinite).Max());
    }

    [Fact]
    public void SetCentre_BeforeAnyProjectionOrTheSameAgain_ChangesNothing()
    {
        (ScanPlan plan, float[] sinogram) = Golden();
        var slice = new ProgressiveSlice(plan, RampFilter.Ramp);
        slice.SetCentre(2.5);
        slice.SetCentre(0);
        for (int rotation = 0; rotation < 40; rotation++)
        {
            slice.Put(rotation, sinogram.AsSpan(rotation * 101, 101));
        }

        float[] before = slice.ToMap("before").Values;
        slice.SetCentre(0);
        Assert.Equal(before, slice.ToMap("after").Values);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(-50.5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void SetCentre_OutsideTheProjection_Throws(double centre_px)
    {
        var slice = new ProgressiveSlice(new ScanPlan(101, 4, 1), RampFilter.Ramp);
        Assert.Throws<ArgumentOutOfRangeException>(() => slice.SetCentre(centre_px));
        Assert.Equal(0, slice.Centre_px);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(101)]
    public void Batch_CentreNearlyAtTheEnd_StaysInBounds(int translations)
    {
        ScanPlan plan = new(translations, 37, 1, default, 360);
        foreach (double centre_px in new[] { -49.99, -0.001, 0.001, 12.5, 49.99 })
        {
            float[] slice = ProgressiveSlice.Batch(plan, RampFilter.Ramp, new float[plan.CellCount], centre_px).ToMap("x").Values;
            Assert.Equal(0, slice[(translations / 2 * translations) + (translations / 2)]);
        }
    }

    private static string GoldenPath(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "reconstruction", name);

    private static (ScanPlan Plan, float[] Sinogram) Golden()
    {
        double[] values = Npy.Read(GoldenPath("sino_radon_101x100.npy")).Values;
        return (new ScanPlan(101, 100, 1), [.. Enumerable.Range(0, values.Length).Select(i => (float)values[(i % 101 * 100) + (i / 101)])]);
    }

    private static double Worst(float[] a, float[] b) =>
        a.Zip(b).Where(p => float.IsFinite(p.First) && float.IsFinite(p.Second)).Max(p => Math.Abs(p.First - p.Second));

    /// <summary>Relative root mean square against the phantom, well inside the circle.</summary>
    private static double Error(ScanPlan plan, float[] slice)
    {
        int half = plan.TranslationCount / 2;
        double difference = 0;
        double power = 0;
        for (int i = 0; i < slice.Length; i++)
        {
            double x = (i % plan.TranslationCount) - half;
            double y = (i / plan.TranslationCount) - half;
            if (double.Hypot(x, y) < half - 4)
            {
                double truth = GrainPhantom.Density(plan, x, y);
                difference += Math.Pow(slice[i] - truth, 2);
                power += truth * truth;
            }
        }

        return Math.Sqrt(difference / power);
    }
}
