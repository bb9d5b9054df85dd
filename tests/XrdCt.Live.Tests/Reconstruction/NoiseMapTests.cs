using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Phantoms;

namespace XrdCt.Live.Tests.Reconstruction;

public sealed class NoiseMapTests
{
    private static readonly string Archive = Path.Combine(AppContext.BaseDirectory, "Golden", "reconstruction", "noise_21x14.npz");

    [Theory]
    [InlineData(RampFilter.Ramp, "variance", "ramp")]
    [InlineData(RampFilter.SheppLogan, "variance", "shepp-logan")]
    [InlineData(RampFilter.Hann, "variance", "hann")]
    [InlineData(RampFilter.SheppLogan, "holes", "holes")]
    public void Compute_SmallSinogram_IsTheMatrixOfScikitImage(RampFilter filter, string variances, string name)
    {
        float[] variance = [.. Npy.Read(Archive, variances).Select(v => (float)v)];
        float[] sigma = new float[21 * 21];
        new NoiseMap(21, filter).Compute(Angles(new ScanPlan(21, 14, 1)), variance, sigma);
        double[] golden = Npy.Read(Archive, $"sigma_{name}");
        for (int i = 0; i < sigma.Length; i++)
        {
            bool isInside = double.Hypot((i % 21) - 10, (i / 21) - 10) <= 10;
            Assert.Equal(isInside, float.IsFinite(sigma[i]));
            if (isInside)
            {
                Assert.Equal(golden[i], sigma[i], 1e-5 * golden[i]);
            }
        }
    }

    [Theory]
    [InlineData(33, 0.0)]
    [InlineData(34, 1.7)]
    public void Compute_GapsMissingAnglesAndAxisAside_IsTheSpreadOfManySlices(int size, double centre_px)
    {
        // What a map of σ is: 300 sinograms that differ by their noise alone, 300 slices, their standard deviation.
        const int Draws = 300;
        var plan = new ScanPlan(size, 24, 1);
        var random = new SeededRandom(11);
        float[] variance = new float[plan.CellCount];
        for (int i = 0; i < variance.Length; i++)
        {
            bool isMissing = i / size is 4 or 5 or 6 || random.NextUnit() < 0.06;
            variance[i] = isMissing ? float.NaN : (float)random.NextBetween(0.2, 4);
        }

        double[] sums = new double[size * size];
        double[] squares = new double[size * size];
        float[] noise = new float[plan.CellCount];
        float[] bridged = new float[plan.CellCount];
        bool[] present = new bool[plan.RotationCount];
        for (int draw = 0; draw < Draws; draw++)
        {
            for (int i = 0; i < noise.Length; i++)
            {
                noise[i] = (float)(Math.Sqrt(variance[i]) * random.NextNormal());
            }

            for (int rotation = 0; rotation < plan.RotationCount; rotation++)
            {
                present[rotation] = ProjectionGaps.Bridge(noise.AsSpan(rotation * size, size), bridged.AsSpan(rotation * size, size)) > 0;
            }

            float[] slice = ProgressiveSlice.Batch(plan, RampFilter.SheppLogan, bridged, present, centre_px).ToMap("noise").Values;
            for (int i = 0; i < slice.Length; i++)
            {
                sums[i] += slice[i];
                squares[i] += slice[i] * (double)slice[i];
            }
        }

        float[] sigma = new float[size * size];
        new NoiseMap(size, RampFilter.SheppLogan, centre_px).Compute(Angles(plan), variance, sigma);
        int[] inside = [.. Enumerable.Range(0, sigma.Length).Where(i => !double.IsNaN(sums[i]))];
        Assert.Equal(inside, Enumerable.Range(0, sigma.Length).Where(i => float.IsFinite(sigma[i])));
        double[] ratios = [.. inside.Select(i => ((squares[i] - (sums[i] * sums[i] / Draws)) / (Draws - 1)) / ((double)sigma[i] * sigma[i]))];
        TestContext.Current.SendDiagnosticMessage($"{size}: mean ratio of variances {ratios.Average():F4}, worst {ratios.Min():F3} to {ratios.Max():F3}");
        Assert.InRange(ratios.Average(), 0.97, 1.03);

        // A variance of 300 draws has a spread of √(2/299) = 8 %; five of those either way.
        Assert.All(ratios, r => Assert.InRange(r, 0.6, 1.4));
    }

    // What the cubic between the samples smooths is counted as noise all the same where lines run over rotations.
    [Theory]
    [InlineData(ScanOrder.TranslationFast, 0.5, 0.98, 1.02)]
    [InlineData(ScanOrder.TranslationFast, -1.3, 0.98, 1.02)]
    [InlineData(ScanOrder.RotationFast, 0.5, 0.86, 1.0)]
    [InlineData(ScanOrder.RotationFast, -1.3, 0.86, 1.0)]
    public void WithLinesMoved_Zigzag_IsTheSpreadOfManySlices(ScanOrder order, double shift_px, double least, double most)
    {
        const int Size = 33, Draws = 300;
        var plan = new ScanPlan(Size, 24, 1, new ScanPath(order, IsZigzag: true));
        var random = new SeededRandom(5);
        float[] variance = [.. Enumerable.Range(0, plan.CellCount).Select(i => (float)(1 + Math.Pow((i % Size) - 16, 2) / 100))];
        double[] sums = new double[Size * Size], squares = new double[Size * Size];
        float[] bridged = new float[plan.CellCount];
        for (int draw = 0; draw < Draws; draw++)
        {
            float[] noise = [.. variance.Select(v => (float)(Math.Sqrt(v) * random.NextNormal()))];
            LineAlignment.Align(plan, noise, shift_px);
            for (int rotation = 0; rotation < plan.RotationCount; rotation++)
            {
                ProjectionGaps.Bridge(noise.AsSpan(rotation * Size, Size), bridged.AsSpan(rotation * Size, Size));
            }

            float[] slice = ProgressiveSlice.Batch(plan, RampFilter.SheppLogan, bridged).ToMap("noise").Values;
            for (int i = 0; i < slice.Length; i++)
            {
                sums[i] += slice[i];
                squares[i] += slice[i] * (double)slice[i];
            }
        }

        float[] moved = [.. variance], sigma = new float[Size * Size];
        new NoiseMap(Size, RampFilter.SheppLogan).WithLinesMoved(plan, shift_px, moved).Compute(Angles(plan), moved, sigma);
        double[] ratios =
        [
            .. Enumerable.Range(0, sigma.Length).Where(i => float.IsFinite(sigma[i]) && !double.IsNaN(sums[i]))
                .Select(i => Math.Sqrt((squares[i] - (sums[i] * sums[i] / Draws)) / (Draws - 1)) / sigma[i]),
        ];
        TestContext.Current.SendDiagnosticMessage($"{order}, shift {shift_px}: spread / σ mean {ratios.Average():F4}, {ratios.Min():F3} to {ratios.Max():F3}");

        Assert.InRange(ratios.Average(), least, most);
        Assert.All(ratios, r => Assert.InRange(r, least - 0.2, most + 0.2));
    }

    [Fact]
    public void AlignVariance_StepsInTheVariance_LeavesNoneBelowZero()
    {
        var plan = new ScanPlan(9, 4, 1, new ScanPath(ScanOrder.TranslationFast, IsZigzag: true));
        float[] variance = [.. Enumerable.Range(0, plan.CellCount).Select(i => i % 9 < 4 ? 0 : 100f)];
        float[] cubic = [.. variance];
        LineAlignment.Align(plan, cubic, 0.5);
        Assert.True(cubic.Min() < 0);
        LineAlignment.AlignVariance(plan, variance, 0.5);
        Assert.Equal(0, variance.Min());
    }

    [Fact]
    public void Compute_OneProjection_IsItsNoiseSmearedAlongTheRays()
    {
        const int Size = 9;
        float[] variance = new float[3 * Size];
        variance.AsSpan().Fill(float.NaN);
        variance.AsSpan(Size, Size).Fill(4);
        variance[0] = 7;
        float[] sigma = new float[Size * Size];
        new NoiseMap(Size, RampFilter.Ramp).Compute([0.3, 0, 1.1], variance, sigma);

        // A single cell is no projection. At 0° a column has one value, (π/2)² Σ h² · 4.
        float[] one = new float[Size], response = new float[Size + 2];
        one[Size / 2] = 1;
        new ProjectionFilter(Size, RampFilter.Ramp).Apply(one, response);
        double expected = Math.PI / 2 * Math.Sqrt(4 * response[1..^1].Sum(h => (double)h * h));
        Assert.Equal(expected, sigma[(Size * (Size / 2)) + (Size / 2)], 1e-5);
        Assert.Equal(sigma[(Size * 2) + 3], sigma[(Size * 6) + 3], 1e-6f);
        Assert.True(float.IsNaN(sigma[0]));
    }

    [Fact]
    public void Compute_EvenWeights_CountEachAngleAlike()
    {
        // Of two angles close together and one alone, the gaps make one weight large.
        double[] angles = [0, 0.1, 1.6];
        float[] variance = [.. Enumerable.Repeat(1f, 3 * 9)], gaps = new float[81], even = new float[81], alike = new float[81];
        NoiseMap map = new(9, RampFilter.SheppLogan);
        map.Compute(angles, variance, gaps);
        map.Compute(angles, variance, even, hasEvenWeights: true);
        map.Compute([0, Math.PI / 3, 2 * Math.PI / 3], variance, alike);
        Assert.Equal(alike[40], even[40], 1e-5f);
        Assert.True(gaps[40] > 1.04 * even[40]);
    }

    [Fact]
    public void Compute_NothingMeasured_IsNaN()
    {
        float[] variance = new float[3 * 9];
        Array.Fill(variance, float.NaN);
        float[] sigma = new float[81];
        new NoiseMap(9, RampFilter.Ramp).Compute(Angles(new ScanPlan(9, 3, 1)), variance, sigma);
        Assert.All(sigma, v => Assert.True(float.IsNaN(v)));
        Assert.Throws<ArgumentException>(() => new NoiseMap(9, RampFilter.Ramp).Compute([0, 1], new float[27], new float[81]));
    }

    private static double[] Angles(ScanPlan plan) => [.. Enumerable.Range(0, plan.RotationCount).Select(r => plan.Angle_deg(r) * Math.PI / 180)];
}
