using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Tests.Centring;

namespace XrdCt.Live.Tests.Reconstruction;

public sealed class BlockSolverTests
{
    private const int Size = 33;
    private const int Rotations = 20;

    /// <summary>Relative RMS against float64: single precision over 30 iterations.</summary>
    private const double AgainstScipy = 1e-5;

    private static readonly string Archive = Path.Combine(AppContext.BaseDirectory, "Golden", "reconstruction", "solvers_33x20.npz");

    public static TheoryData<bool> Both { get; } = [false, true];

    [Theory]
    [InlineData(false, 1.0, "")]
    [InlineData(true, 1.5, "_nonnegative")]
    public void Sirt_ThirtyIterations_IsTheFormula(bool isNonNegative, double relaxation, string suffix)
    {
        SolverOptions options = new() { Iterations = 30, IsNonNegative = isNonNegative, Relaxation = relaxation };
        float[] slices = new float[Size * Size * 2];
        SolverConvergence convergence = new Sirt(Size, Angles(Rotations), 2, options).Solve(TwoBins(), slices);
        AssertClose($"sirt_full{suffix}", slices, 0);
        AssertClose($"sirt_holes{suffix}", slices, 1);
        Assert.All(convergence.Stops, s => Assert.Equal(SolverStop.Iterations, s));
        if (!isNonNegative)
        {
            AssertEqual(Npy.Read(Archive, "sirt_full_residuals"), convergence.Residuals[0], 1e-5);
            AssertEqual(Npy.Read(Archive, "sirt_holes_residuals"), convergence.Residuals[1], 1e-5);
        }
    }

    [Theory]
    [InlineData(1, 1e-6)]
    [InlineData(5, 1e-5)]
    [InlineData(12, 2e-2)]
    public void ConjugateGradients_SomeIterations_AreScipysLsqr(int iterations, double tolerance)
    {
        // Conjugate gradients lose orthogonality exponentially: the same recursion in NumPy's float32 is 0.9 % off after twelve iterations too.
        float[] slices = new float[Size * Size * 2];
        var solver = new ConjugateGradients(Size, Angles(Rotations), 2, new SolverOptions { Iterations = iterations });
        SolverConvergence convergence = solver.Solve(TwoBins(), slices);
        AssertClose($"lsqr_full_{iterations}", slices, 0, tolerance: tolerance);
        AssertClose($"lsqr_holes_{iterations}", slices, 1, tolerance: tolerance);
        Assert.All(convergence.Iterations, i => Assert.Equal(iterations, i));
        Assert.All(convergence.Residuals, r => Assert.Equal(iterations + 1, r.Count));
    }

    [Fact]
    public void ConjugateGradients_NonNegative_ReachTheLeastResidualOfScipy()
    {
        float[] slices = new float[Size * Size * 2];
        SolverOptions options = new() { Iterations = 600, IsNonNegative = true };
        SolverConvergence convergence = new ConjugateGradients(Size, Angles(Rotations), 2, options).Solve(TwoBins(), slices);
        double[] least = [Npy.Read(Archive, "nonnegative_full_residual")[0], Npy.Read(Archive, "nonnegative_holes_residual")[0]];
        for (int bin = 0; bin < 2; bin++)
        {
            Assert.InRange(convergence.Residuals[bin][^1], 0.9999 * least[bin], 1.05 * least[bin]);
        }

        Assert.DoesNotContain(slices, v => v < 0);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Solve_AxisAsideAndMask_IsTheFormulaAndHoldsTheMask(bool isConjugate)
    {
        bool[] mask = [.. Npy.Read(Archive, "aside_mask").Select(v => v != 0)];
        float[] slices = new float[Size * Size];
        Make(isConjugate, Rotations, 1, new SolverOptions { Iterations = isConjugate ? 5 : 30, Mask = mask }, 1.3).Solve(Floats("aside"), slices);
        AssertClose(isConjugate ? "lsqr_aside_5" : "sirt_aside", slices, 0, 1);
        for (int i = 0; i < slices.Length; i++)
        {
            double radius = double.Hypot((i % Size) - 16, (i / Size) - 16);
            Assert.Equal(radius > 16 - 1.3, float.IsNaN(slices[i]));
            Assert.True(mask[i] || float.IsNaN(slices[i]) || slices[i] == 0);
        }
    }

    [Theory]
    [InlineData(false, 19)]
    [InlineData(true, 19)]
    [InlineData(false, BinBlock.Width)]
    [InlineData(true, BinBlock.Width)]
    public void Solve_SeveralBins_EachIsAsAlone(bool isConjugate, int width)
    {
        // Bins of different strength, noise and completeness, more than a vector of them and a rest; each stops for itself.
        float[] full = Floats("full");
        float[] block = new float[full.Length * width];
        float[] noise = new float[width];
        var random = new Random(5);
        for (int bin = 0; bin < width; bin++)
        {
            noise[bin] = bin == 3 ? float.NaN : 0.3f * MathF.Pow(1.2f, bin % 19);
            for (int i = 0; i < full.Length; i++)
            {
                block[(i * width) + bin] = random.Next(10) < bin % 3 ? float.NaN : full[i] + (bin % 19 * random.NextSingle());
            }
        }

        SolverOptions options = new() { Iterations = 25, IsNonNegative = true };
        float[] slices = new float[Size * Size * width];
        SolverConvergence together = Make(isConjugate, Rotations, width, options).Solve(block, slices, noise);
        BlockSolver single = Make(isConjugate, Rotations, 1, options);
        for (int bin = 0; bin < width; bin++)
        {
            float[] alone = new float[Size * Size];
            SolverConvergence one = single.Solve(Bin(block, width, bin), alone, noise.AsSpan(bin, 1));
            Assert.Equal(one.Iterations[0], together.Iterations[bin]);
            Assert.Equal(one.Stops[0], together.Stops[bin]);
            AssertEqual([.. one.Residuals[0]], together.Residuals[bin], 1e-5);
            Assert.True(Difference([.. alone.Select(v => (double)v)], Bin(slices, width, bin)) < 1e-4);
        }

        Assert.True(together.Iterations.Distinct().Count() > 3);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Solve_NothingOrZeroOrOneProjection_IsDefined(bool isConjugate, bool isNonNegative)
    {
        // Bin 0 is not measured, bin 1 is 0, bin 2 has a single projection at 0°, of which the left half is missing.
        float[] block = new float[Rotations * Size * 3];
        float[] full = Floats("full");
        for (int i = 0; i < full.Length; i++)
        {
            block[i * 3] = float.NaN;
            block[(i * 3) + 2] = i is >= 17 and < Size ? full[i] : float.NaN;
        }

        // A start that is not zero must not show where nothing was measured.
        float[] slices = new float[Size * Size * 3];
        Array.Fill(slices, 7);
        SolverConvergence convergence = Make(isConjugate, Rotations, 3, new SolverOptions { Iterations = 30, IsNonNegative = isNonNegative })
            .Solve(block, slices);
        Assert.Equal([SolverStop.Unmeasured, SolverStop.Empty], convergence.Stops.Take(2));
        Assert.Equal([0, 0], convergence.Iterations.Take(2));
        Assert.All(Bin(slices, 3, 0), v => Assert.True(float.IsNaN(v)));
        float[] zero = Bin(slices, 3, 1);
        float[] one = Bin(slices, 3, 2);
        for (int i = 0; i < zero.Length; i++)
        {
            bool isInside = double.Hypot((i % Size) - 16, (i / Size) - 16) <= 16;
            Assert.Equal(isInside ? 0 : float.NaN, zero[i]);

            // At 0° a column is a ray.
            Assert.Equal(isInside && i % Size >= 17, float.IsFinite(one[i]));
        }

        double column = Enumerable.Range(0, Size).Sum(row => float.IsNaN(one[(row * Size) + 20]) ? 0 : one[(row * Size) + 20]);
        Assert.Equal(full[20], column, 0.01 * full[20]);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Solve_BufferUsedBefore_GivesTheSame(bool isConjugate)
    {
        BlockSolver solver = Make(isConjugate, Rotations, 2, new SolverOptions { Iterations = 6, IsNonNegative = true });
        float[] first = new float[Size * Size * 2];
        solver.Solve(TwoBins(), first);
        float[] other = new float[first.Length];
        solver.Solve([.. TwoBins().Select(v => 3 - v)], other);
        float[] again = new float[first.Length];
        solver.Solve(TwoBins(), again);
        Assert.Equal(first, again);
    }

    [Theory]
    [InlineData(false, 0.0, 1.35)]
    [InlineData(true, 0.0, 1.35)]
    [InlineData(false, 0.02, 1.35)]
    [InlineData(true, 0.02, 1.4)]
    [InlineData(false, 0.05, 1.75)]
    [InlineData(true, 0.05, 1.75)]
    public void Solve_TwentyFiveOf250Angles_BeatsFilteredBackProjection(bool isConjugate, double noise, double factor)
    {
        var all = new ScanPlan(101, 250, 1);
        var sparse = new ScanPlan(101, 25, 1);
        float[] sinogram = Phantom(sparse, noise, out float sigma);
        double fbp = Error(all, ProgressiveSlice.Batch(sparse, RampFilter.SheppLogan, sinogram).ToMap("x").Values);
        float[] slice = new float[101 * 101];
        SolverOptions options = new() { Iterations = isConjugate ? 20 : 100, IsNonNegative = true };
        SolverConvergence convergence = Make(isConjugate, 25, 1, options, size: 101).Solve(sinogram, slice, [sigma]);
        double solved = Error(all, slice);
        TestContext.Current.SendDiagnosticMessage(
            $"conjugate {isConjugate} noise {noise}: FBP {fbp:F4}, solver {solved:F4}, factor {fbp / solved:F2}, {convergence.Iterations[0]} iterations {convergence.Stops[0]}");
        Assert.True(solved < fbp / factor, $"{solved} against {fbp}");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Solve_WarmStart_NeedsFewerIterations(bool isConjugate)
    {
        var plan = new ScanPlan(101, 25, 1);
        float[] sinogram = Phantom(plan, 0.01, out float sigma);
        BlockSolver solver = Make(isConjugate, 25, 1, new SolverOptions { Iterations = 200 }, size: 101);
        float[] cold = new float[101 * 101];
        int fromZero = solver.Solve(sinogram, cold, [sigma]).Iterations[0];

        // The live slice has NaN outside the circle.
        float[] warm = ProgressiveSlice.Batch(plan, RampFilter.Hann, sinogram).ToMap("x").Values;
        SolverConvergence fromLive = solver.Solve(sinogram, warm, [sigma]);
        TestContext.Current.SendDiagnosticMessage($"conjugate {isConjugate}: {fromZero} iterations from zero, {fromLive.Iterations[0]} from FBP");
        Assert.Equal(SolverStop.Discrepancy, fromLive.Stops[0]);
        Assert.True(fromLive.Iterations[0] < 0.8 * fromZero);

        // The solution itself is a start from which nothing is left to do.
        Assert.Equal(0, solver.Solve(sinogram, cold, [sigma]).Iterations[0]);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Solve_EarlyStops_Stop(bool isConjugate)
    {
        BlockSolver settling = Make(isConjugate, Rotations, 2, new SolverOptions { Iterations = 500, LeastChange = 0.02 });
        SolverConvergence settled = settling.Solve(TwoBins(), new float[Size * Size * 2]);
        for (int bin = 0; bin < 2; bin++)
        {
            IReadOnlyList<double> r = settled.Residuals[bin];
            Assert.Equal(SolverStop.Settled, settled.Stops[bin]);
            Assert.InRange(settled.Iterations[bin], 3, 499);
            Assert.True(r[^1] >= 0.98 * r[^2]);
            Assert.True(r[^2] < 0.98 * r[^3]);
        }

        BlockSolver fitting = Make(isConjugate, Rotations, 2, new SolverOptions { Iterations = 500 });
        SolverConvergence fitted = fitting.Solve(TwoBins(), new float[Size * Size * 2], [0.6f, 0]);
        double limit = 0.6 * Math.Sqrt(660 / Floats("full").Sum(v => (double)v * v));
        Assert.Equal([SolverStop.Discrepancy, SolverStop.Iterations], fitted.Stops);
        Assert.True(fitted.Residuals[0][^1] <= limit && fitted.Residuals[0][^2] > limit);
    }

    [Fact]
    public void ConjugateGradients_NonNegative_ResidualNeverRisesAndBeatsSirt()
    {
        float[] slices = new float[Size * Size * 2];
        SolverOptions options = new() { Iterations = 48, IsNonNegative = true };
        double last = 1;
        for (int cycles = 1; cycles <= 12; cycles++)
        {
            Array.Clear(slices);
            double now = Make(true, Rotations, 2, options with { Iterations = 4 * cycles }).Solve(TwoBins(), slices).Residuals[1][^1];
            Assert.True(now <= last);
            last = now;
        }

        double sirt = Make(false, Rotations, 2, options).Solve(TwoBins(), new float[slices.Length]).Residuals[1][^1];
        Assert.True(last < 0.8 * sirt, $"{last} against {sirt}");
    }

    [Fact]
    public void Make_OptionsOutOfRange_Throws()
    {
        SolverOptions good = new();
        foreach (SolverOptions bad in new[]
        {
            good with { Iterations = 0 }, good with { Relaxation = 0 }, good with { Relaxation = 2 }, good with { Relaxation = double.NaN },
            good with { LeastChange = -0.1 }, good with { LeastChange = double.NaN }, good with { Mask = new bool[5] },
        })
        {
            Assert.Throws<ArgumentException>(() => new Sirt(Size, Angles(3), 1, bad));
        }

        Assert.Throws<ArgumentException>(() => new ConjugateGradients(Size, [], 1, good));
        Assert.Throws<ArgumentException>(() => new Sirt(Size, Angles(3), 2, good).Solve(new float[3 * Size], new float[Size * Size * 2]));
        Assert.Throws<ArgumentException>(() => new Sirt(Size, Angles(3), 1, good).Solve(new float[3 * Size], new float[Size * Size], [1, 1]));
    }

    private static BlockSolver Make(bool isConjugate, int rotations, int width, SolverOptions options, double centre_px = 0, int size = Size) =>
        isConjugate ? new ConjugateGradients(size, Angles(rotations), width, options, centre_px) : new Sirt(size, Angles(rotations), width, options, centre_px);

    private static double[] Angles(int count) => [.. Enumerable.Range(0, count).Select(i => i * Math.PI / count)];

    private static float[] Floats(string name) => [.. Npy.Read(Archive, name).Select(v => (float)v)];

    private static float[] TwoBins() => [.. Floats("full").Zip(Floats("holes")).SelectMany(p => new[] { p.First, p.Second })];

    private static float[] Bin(float[] values, int width, int bin) => [.. Enumerable.Range(0, values.Length / width).Select(i => values[(i * width) + bin])];

    private static float[] Phantom(ScanPlan plan, double noise, out float sigma)
    {
        float[] clean = GrainPhantom.Sinogram(plan, 0);
        sigma = (float)(noise * (clean.Max() - GrainPhantom.Air));
        return [.. GrainPhantom.Sinogram(plan, 0, noise, 4).Select(v => v - GrainPhantom.Air)];
    }

    private static void AssertClose(string golden, float[] slices, int bin, int width = 2, double tolerance = AgainstScipy) =>
        Assert.InRange(Difference(Npy.Read(Archive, golden), Bin(slices, width, bin)), 0, tolerance);

    private static double Difference(double[] expected, float[] actual)
    {
        double difference = 0;
        double power = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            if (float.IsFinite(actual[i]))
            {
                difference += Math.Pow(actual[i] - expected[i], 2);
                power += expected[i] * expected[i];
            }
        }

        return Math.Sqrt(difference / power);
    }

    private static void AssertEqual(double[] expected, IReadOnlyList<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Count);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance);
        }
    }

    /// <summary>Root mean square against the phantom, averaged over the pixel, inside the circle.</summary>
    private static double Error(ScanPlan plan, float[] slice)
    {
        int half = plan.TranslationCount / 2;
        double difference = 0;
        int count = 0;
        for (int i = 0; i < slice.Length; i++)
        {
            double x = (i % plan.TranslationCount) - half;
            double y = (i / plan.TranslationCount) - half;
            if (double.Hypot(x, y) < half - 2)
            {
                double truth = 0;
                for (int sub = 0; sub < 25; sub++)
                {
                    truth += GrainPhantom.Density(plan, x + (((sub % 5) - 2) / 5.0), y + (((sub / 5) - 2) / 5.0)) / 25;
                }

                difference += Math.Pow(slice[i] - truth, 2);
                count++;
            }
        }

        return Math.Sqrt(difference / count);
    }
}
