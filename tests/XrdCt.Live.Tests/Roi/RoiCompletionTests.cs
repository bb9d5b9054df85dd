using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Roi;

public sealed class RoiCompletionTests
{
    private const int Samples = 41, Rotations = 40, CoarseSamples = 27, CoarseRotations = 33;

    private static readonly RoiAlignment Alignment = new()
    {
        X_um = 17.5,
        Y_um = -11.25,
        Centre_px = 1,
        Angle_rad = 1.7 * Math.PI / 180,
        Scale = 0.85,
    };

    private static float[] Golden(string name) =>
        [.. Npy.Read(Path.Combine(AppContext.BaseDirectory, "Golden", "roi", name)).Values.Select(v => (float)v)];

    private static ScanRays CoarseRays(string range) => new(
        [.. Enumerable.Range(0, CoarseRotations).Select(r => r * (range == "whole" ? 2 : 1) * Math.PI / CoarseRotations)], CoarseSamples, 6, 0.3);

    private static double Angle(int rotation) => rotation * Math.PI / Rotations;

    [Theory]
    [InlineData(RampFilter.Ramp, "ramp", "half")]
    [InlineData(RampFilter.SheppLogan, "shepp-logan", "half")]
    [InlineData(RampFilter.Hann, "hann", "half")]
    [InlineData(RampFilter.Ramp, "ramp", "whole")]
    [InlineData(RampFilter.SheppLogan, "shepp-logan", "whole")]
    [InlineData(RampFilter.Hann, "hann", "whole")]
    public void Completion_TruncatedScan_IsTheMiddleOfTheLongScan(RampFilter filter, string name, string range)
    {
        var completion = new RoiCompletion(
            Samples, 1, Alignment, new CoarseSinogram(CoarseRays(range), Golden($"coarse_27x33_{range}.npy")), filter);
        float[] roi = Golden("roi_41x40.npy");
        float[] golden = Golden($"completed_{name}_{range}.npy");
        double[] slice = new double[Samples * Samples];
        float[] filtered = new float[completion.FilteredLength];
        var projector = new BackProjector(Samples, Alignment.Centre_px);
        for (int r = 0; r < Rotations; r++)
        {
            completion.Apply(Angle(r), roi.AsSpan(r * Samples, Samples), filtered);
            projector.Add(filtered, Angle(r), 0.5 * Math.PI / Rotations, slice);
        }

        double difference = 0, power = 0;
        for (int i = 0; i < slice.Length; i++)
        {
            double radius = Math.Sqrt(Math.Pow((i / Samples) - 20, 2) + Math.Pow((i % Samples) - 20, 2));
            if (radius <= 19)
            {
                difference += Math.Pow(slice[i] - golden[i], 2);
                power += golden[i] * golden[i];
            }
        }

        Assert.InRange(Math.Sqrt(difference / power), 0, 1e-4);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(BinBlock.Width)]
    public void Completion_InterleavedBins_AreFilteredOneByOne(int width)
    {
        float[] factors = [1, -0.5f, float.NaN, .. Enumerable.Repeat(2f, width - 3)];
        float[] coarse = Golden("coarse_27x33_half.npy");
        float[] roi = Golden("roi_41x40.npy");
        ScanRays rays = CoarseRays("half");
        var one = new RoiCompletion(Samples, 1, Alignment, new CoarseSinogram(rays, coarse), RampFilter.Ramp);
        float[] coarseBlock = [.. coarse.SelectMany(v => factors.Select(f => f * v))];
        RoiCompletion block = one.For(new CoarseSinogram(rays, [.. coarse.SelectMany(v => Enumerable.Repeat(v, width))], width))
            .For(new CoarseSinogram(rays, coarseBlock, width));
        float[] expected = new float[one.FilteredLength], filtered = new float[block.FilteredLength * width];
        Assert.Equal(width, block.Width);
        foreach (int r in new[] { 39, 0, 17 })
        {
            float[] row = [.. roi.Skip(r * Samples).Take(Samples)];
            one.Apply(Angle(r), row, expected);
            block.Apply(Angle(r), [.. row.SelectMany(v => factors.Select(f => f * v))], filtered);
            double largest = expected.Max(Math.Abs);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], filtered[i * width], 1e-5 * largest);
                Assert.Equal(-0.5 * expected[i], filtered[(i * width) + 1], 1e-5 * largest);
                Assert.True(float.IsNaN(filtered[(i * width) + 2]));
            }
        }
    }

    [Fact]
    public void Apply_AngleKnown_AllocatesNothing()
    {
        float[] coarse = Golden("coarse_27x33_half.npy");
        float[] row = [.. Golden("roi_41x40.npy").Take(Samples)];
        var sinogram = new CoarseSinogram(CoarseRays("half"), coarse);
        float[] slice = new float[CoarseSamples * CoarseSamples];
        foreach (IRoiFilter filter in new IRoiFilter[]
        {
            new RoiCompletion(Samples, 1, Alignment, sinogram, RampFilter.Ramp),
            new RoiSubtraction(Samples, 1, Alignment, slice, CoarseSamples, 6, RampFilter.Ramp),
            new RoiExtension(Samples, RampFilter.Ramp, 80),
        })
        {
            float[] filtered = new float[filter.FilteredLength];
            filter.Apply(0.3, row, filtered);
            Assert.Equal(0, Allocation.OfRound_bytes(() => filter.Apply(0.3, row, filtered)));
            Assert.Contains("41 samples in and 43 out", Assert.Throws<ArgumentException>(() => filter.Apply(0.3, row, new float[41])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Completion_ScanThatReachesNoFurther_IsThePlainFilter()
    {
        // The coarse scan ends inside the field of view: there is nothing outside.
        var rays = new ScanRays([0, 1, 2], 5, 4);
        float[] values = [.. Enumerable.Repeat(7f, 15)];
        var alignment = new RoiAlignment { X_um = 2, Y_um = 1, Centre_px = 0 };
        var completion = new RoiCompletion(Samples, 1, alignment, new CoarseSinogram(rays, values), RampFilter.Ramp);
        var plain = new ProjectionFilter(Samples, RampFilter.Ramp);
        float[] row = [.. Golden("roi_41x40.npy").Take(Samples)];
        float[] expected = new float[plain.FilteredLength], filtered = new float[plain.FilteredLength];
        plain.Apply(row, expected);
        completion.Apply(0.7, row, filtered);
        Assert.All(filtered.Zip(expected), p => Assert.Equal(p.Second, p.First, 1e-4));
    }

    [Fact]
    public void Extension_WithoutFade_IsThePlainFilter_AndAConstantStaysFlatWithIt()
    {
        var plain = new ProjectionFilter(Samples, RampFilter.Ramp);
        float[] row = [.. Golden("roi_41x40.npy").Take(Samples)];
        float[] expected = new float[plain.FilteredLength], filtered = new float[plain.FilteredLength];
        plain.Apply(row, expected);
        new RoiExtension(Samples, RampFilter.Ramp, 0).Apply(0, row, filtered);
        Assert.All(filtered.Zip(expected), p => Assert.Equal(p.Second, p.First, 1e-4));

        // The ramp takes out what is constant everywhere: the further it is held, the less is left, and no edge shows.
        float[] constant = [.. Enumerable.Repeat(1f, Samples)];
        plain.Apply(constant, expected);
        new RoiExtension(Samples, RampFilter.Ramp, 2000).Apply(0, constant, filtered);
        Assert.True(expected[1] > 0.2);
        Assert.All(filtered, v => Assert.InRange(v, 0, 1e-3));
    }

    [Fact]
    public void Filters_ImpossibleAlignment_SaySo()
    {
        var sinogram = new CoarseSinogram(CoarseRays("half"), Golden("coarse_27x33_half.npy"));
        foreach (RoiAlignment wrong in new[] { Alignment with { Scale = 0 }, Alignment with { X_um = double.NaN }, Alignment with { Centre_px = 21 } })
        {
            Assert.Contains(
                "cannot lie", Assert.Throws<ArgumentException>(() => new RoiCompletion(Samples, 1, wrong, sinogram, RampFilter.Ramp)).Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => new RoiSubtraction(Samples, 1, Alignment, new float[10], 4, 6, RampFilter.Ramp));
        RoiCompletion completion = new(Samples, 1, Alignment, sinogram, RampFilter.Ramp);
        Assert.Throws<ArgumentException>(() => completion.For(new CoarseSinogram(new ScanRays([0, 1], 27, 5), new float[54])));
    }
}
