using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Reconstruction;

public sealed class FbpTests
{
    /// <summary>Relative RMS against scikit-image: float32 projections against float64.</summary>
    private const double AgainstScikitImage = 1e-4;

    /// <summary>Progressive against batch: the same sums in another order, in double.</summary>
    private const double AgainstBatch = 1e-5;

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "reconstruction", name);

    [Theory]
    [InlineData(RampFilter.Ramp, "ramp")]
    [InlineData(RampFilter.SheppLogan, "shepp-logan")]
    [InlineData(RampFilter.Hann, "hann")]
    [InlineData(RampFilter.Cosine, "cosine")]
    [InlineData(RampFilter.Hamming, "hamming")]
    public void Batch_SmallSinogram_MatchesScikitImage(RampFilter filter, string name) =>
        MatchesScikitImage(filter, Golden("sino_radon_101x100.npy"), Golden($"iradon_{name}_101x100.npy"));

    [Theory]
    [InlineData(RampFilter.Ramp, "ramp")]
    [InlineData(RampFilter.SheppLogan, "shepp-logan")]
    [InlineData(RampFilter.Hann, "hann")]
    public void Batch_FullSizeSinogram_MatchesScikitImage(RampFilter filter, string name) => MatchesScikitImage(
        filter,
        ReferenceData.Require("golden/fbp/sino_radon_251x250.npy"),
        ReferenceData.Require($"golden/fbp/iradon_{name}_251x250.npy"));

    [Theory]
    [InlineData(ScanOrder.TranslationFast)]
    [InlineData(ScanOrder.Interlaced)]
    public void Progressive_AfterTheLastProjection_EqualsBatch(ScanOrder order)
    {
        (ScanPlan plan, float[] sinogram) = Sinogram(Golden("sino_radon_101x100.npy"), order);
        var progressive = new ProgressiveSlice(plan, RampFilter.SheppLogan);
        for (int line = 0; line < plan.LineCount; line++)
        {
            int rotation = plan.CellOf(line * plan.LineLength).Rotation;
            progressive.Put(rotation, Projection(plan, sinogram, rotation));
        }

        AssertClose(ProgressiveSlice.Batch(plan, RampFilter.SheppLogan, sinogram), progressive, AgainstBatch);
    }

    [Fact]
    public void Progressive_ProjectionsExchangedAndCorrected_EqualsBatch()
    {
        (ScanPlan plan, float[] sinogram) = Sinogram(Golden("sino_radon_101x100.npy"), ScanOrder.TranslationFast);
        var progressive = new ProgressiveSlice(plan, RampFilter.Ramp);
        var random = new Random(7);
        int[] order = [.. Enumerable.Range(0, plan.RotationCount).OrderBy(_ => random.Next())];
        foreach (int rotation in order)
        {
            float[] wrong = [.. Projection(plan, sinogram, rotation).ToArray().Select(v => v * random.NextSingle() * 3)];
            progressive.Put(rotation, wrong);
        }

        foreach (int rotation in order.Reverse())
        {
            progressive.Put(rotation, Projection(plan, sinogram, rotation));
        }

        AssertClose(ProgressiveSlice.Batch(plan, RampFilter.Ramp, sinogram), progressive, AgainstBatch);
    }

    [Fact]
    public void Progressive_InterlacedAtThirtyPercent_ResemblesTheFinalSlice()
    {
        (ScanPlan plan, float[] sinogram) = Sinogram(Golden("sino_radon_101x100.npy"), ScanOrder.Interlaced);
        var slice = new ProgressiveSlice(plan, RampFilter.SheppLogan);
        for (int line = 0; line < 30; line++)
        {
            int rotation = plan.CellOf(line * plan.LineLength).Rotation;
            slice.Put(rotation, Projection(plan, sinogram, rotation));
        }

        float[] final = ProgressiveSlice.Batch(plan, RampFilter.SheppLogan, sinogram).ToMap("x").Values;
        Assert.True(Correlation(final, slice.ToMap("x").Values) > 0.9);
        Assert.Equal(30, slice.ProjectionCount);
    }

    [Fact]
    public void Batch_PointOffCentre_AppearsWhereItIs()
    {
        // The convention in one test: a point at sample coordinates (x, y) is hit at t = x cos θ − y sin θ.
        var plan = new ScanPlan(65, 90, 10);
        const double X_um = 170, Y_um = -90;
        float[] sinogram = new float[plan.CellCount];
        for (int rotation = 0; rotation < plan.RotationCount; rotation++)
        {
            double theta = plan.Angle_deg(rotation) * Math.PI / 180;
            double t_um = (X_um * Math.Cos(theta)) - (Y_um * Math.Sin(theta));
            for (int j = 0; j < plan.TranslationCount; j++)
            {
                sinogram[(rotation * plan.TranslationCount) + j] =
                    (float)Math.Exp(-Math.Pow((plan.Position_um(j) - t_um) / 15, 2));
            }
        }

        float[] slice = ProgressiveSlice.Batch(plan, RampFilter.Ramp, sinogram).ToMap("point").Values;
        int brightest = Enumerable.Range(0, slice.Length).Where(i => !float.IsNaN(slice[i])).MaxBy(i => slice[i]);
        (int row, int column) = Math.DivRem(brightest, plan.TranslationCount);
        Assert.Equal(X_um, plan.Position_um(column));
        Assert.Equal(Y_um, plan.Position_um(row));
    }

    [Fact]
    public void Weights_EvenAngles_ArePiOverCount()
    {
        double[] angles = [.. Enumerable.Range(0, 50).Select(i => i * Math.PI / 50)];
        double[] weights = new double[50];
        double gap = AngularWeights.Compute(angles, weights);
        Assert.All(weights, w => Assert.Equal(Math.PI / 50, w, 1e-12));
        Assert.Equal(Math.PI / 50, gap, 1e-12);
    }

    [Fact]
    public void Weights_FullTurn_CountBothHalves()
    {
        double[] angles = [.. Enumerable.Range(0, 40).Select(i => i * 2 * Math.PI / 40)];
        double[] weights = new double[40];
        AngularWeights.Compute(angles, weights);
        Assert.Equal(Math.PI, weights.Sum(), 1e-9);
    }

    [Fact]
    public void Weights_MissingWedge_IsReportedAndNotFilled()
    {
        double[] angles = [.. Enumerable.Range(0, 20).Select(i => i * Math.PI / 60)];
        double[] weights = new double[20];
        double gap = AngularWeights.Compute(angles, weights);
        Assert.Equal(Math.PI * 41 / 60, gap, 1e-12);
        Assert.Equal(2 * Math.PI / 60, weights[0], 1e-12);
    }

    private static void MatchesScikitImage(RampFilter filter, string sinogramPath, string slicePath)
    {
        (ScanPlan plan, float[] sinogram) = Sinogram(sinogramPath, ScanOrder.TranslationFast);
        float[] slice = ProgressiveSlice.Batch(plan, filter, sinogram).ToMap("golden").Values;
        double[] golden = Npy.Read(slicePath).Values;
        double difference = 0, power = 0;
        for (int i = 0; i < slice.Length; i++)
        {
            if (!float.IsNaN(slice[i]))
            {
                difference += Math.Pow(slice[i] - golden[i], 2);
                power += golden[i] * golden[i];
            }
            else
            {
                Assert.Equal(0, golden[i]);
            }
        }

        Assert.InRange(Math.Sqrt(difference / power), 0, AgainstScikitImage);
    }

    private static (ScanPlan Plan, float[] Sinogram) Sinogram(string path, ScanOrder order)
    {
        (int[] shape, double[] values) = Npy.Read(path);
        var plan = new ScanPlan(shape[0], shape[1], 1, order);
        float[] sinogram = new float[values.Length];
        for (int t = 0; t < shape[0]; t++)
        {
            for (int r = 0; r < shape[1]; r++)
            {
                sinogram[(r * shape[0]) + t] = (float)values[(t * shape[1]) + r];
            }
        }

        return (plan, sinogram);
    }

    private static ReadOnlySpan<float> Projection(ScanPlan plan, float[] sinogram, int rotation) =>
        sinogram.AsSpan(rotation * plan.TranslationCount, plan.TranslationCount);

    private static void AssertClose(ProgressiveSlice expected, ProgressiveSlice actual, double tolerance)
    {
        float[] a = expected.ToMap("a").Values, b = actual.ToMap("b").Values;
        double range = a.Where(float.IsFinite).Max() - a.Where(float.IsFinite).Min();
        for (int i = 0; i < a.Length; i++)
        {
            Assert.Equal(float.IsNaN(a[i]), float.IsNaN(b[i]));
            if (!float.IsNaN(a[i]))
            {
                Assert.Equal(a[i], b[i], tolerance * range);
            }
        }
    }

    private static double Correlation(float[] a, float[] b)
    {
        int[] both = [.. Enumerable.Range(0, a.Length).Where(i => !float.IsNaN(a[i]) && !float.IsNaN(b[i]))];
        double meanA = both.Average(i => a[i]), meanB = both.Average(i => b[i]);
        double ab = both.Sum(i => (a[i] - meanA) * (b[i] - meanB));
        return ab / Math.Sqrt(both.Sum(i => Math.Pow(a[i] - meanA, 2)) * both.Sum(i => Math.Pow(b[i] - meanB, 2)));
    }
}
