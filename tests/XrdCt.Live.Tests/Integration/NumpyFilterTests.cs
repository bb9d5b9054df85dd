using System.Runtime.InteropServices;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Tests.Simulators;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Integration;

/// <summary>Every filter with dark current, flat field and a dummy, against its definition written down once more in numpy.</summary>
public sealed class NumpyFilterTests
{
    /// <summary>Normalisations decide about a pixel as integers of 2⁻²⁰ of the bin's largest: one in a hundred bins may keep another pixel.</summary>
    private const double SameBins = 0.99;

    private static readonly (string Name, IntegrationFilter Filter, TrimDefinition Definition, ErrorModel Model)[] Filters =
    [
        ("mean", IntegrationFilter.Mean, TrimDefinition.Pixel, ErrorModel.Poisson),
        ("mean azimuthal", IntegrationFilter.Mean, TrimDefinition.Pixel, ErrorModel.Azimuthal),
        ("pixel", IntegrationFilter.Trimmed, TrimDefinition.Pixel, ErrorModel.Poisson),
        ("exact", IntegrationFilter.Trimmed, TrimDefinition.Exact, ErrorModel.Poisson),
        ("median", IntegrationFilter.Median, TrimDefinition.Pixel, ErrorModel.Poisson),
        ("clip poisson", IntegrationFilter.SigmaClip, TrimDefinition.Pixel, ErrorModel.Poisson),
        ("clip azimuthal", IntegrationFilter.SigmaClip, TrimDefinition.Pixel, ErrorModel.Azimuthal),
        ("clip hybrid", IntegrationFilter.SigmaClip, TrimDefinition.Pixel, ErrorModel.Hybrid),
    ];

    [Theory]
    [InlineData(PixelSplitting.None)]
    [InlineData(PixelSplitting.BoundingBox)]
    [InlineData(PixelSplitting.Full)]
    public void Integrate_EveryFilter_IsItsDefinition(PixelSplitting splitting)
    {
        int pixelCount = SmallDetector.Geometry.Shape.PixelCount;
        var random = new Random(11);
        float[] dark = [.. Enumerable.Range(0, pixelCount).Select(_ => 8 * random.NextSingle())];
        float[] flat = [.. Enumerable.Range(0, pixelCount).Select(_ => 0.8f + (0.4f * random.NextSingle()))];
        int[] image = [.. Enumerable.Range(0, pixelCount).Select(_ => random.Next(40) switch
        {
            0 => -1,
            1 => random.Next(100_000),
            _ => random.Next(25),
        })];
        var corrections = new FrameCorrections { Dark = dark, FlatField = flat };
        IntegrationOptions options = SmallDetector.Options(IntegrationFilter.Mean) with
        {
            Splitting = splitting,
            Dummy = 6,
            TrimUpper = 0.25,
            ClipThreshold_sigma = 4,
        };
        var matrix = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), options, corrections);
        using var folder = new TemporaryFolder();
        Write(folder, matrix, dark, image);
        _ = PythonPeer.Run("numpy", File.ReadAllText(SmallDetector.Golden("filters.py")), folder.Path);

        foreach ((string name, IntegrationFilter filter, TrimDefinition definition, ErrorModel model) in Filters)
        {
            var plan = new IntegrationPlan(
                SmallDetector.Geometry,
                SmallDetector.Mask(),
                options with { Filter = filter, TrimDefinition = definition, ErrorModel = model },
                corrections);
            var pattern = new DiffractionPattern(plan.PatternSize);
            new ReferenceIntegrator(plan, SmallDetector.Reader()).Integrate([SmallDetector.Frame(image)], [pattern]);
            double[] witness = MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(folder.File($"{name}.f8"))).ToArray();
            AssertSame(name, witness, pattern);
        }
    }

    private static void AssertSame(string name, double[] witness, DiffractionPattern pattern)
    {
        int n = pattern.BinCount;
        int same = 0;
        for (int b = 0; b < n; b++)
        {
            if (witness[(4 * n) + b] != pattern.Count[b])
            {
                continue;
            }

            same++;
            double norm = witness[n + b];
            double scale = Math.Max(1, Math.Abs(witness[b]));
            Assert.True(Math.Abs(witness[b] - pattern.Signal[b]) <= 1e-5 * scale, $"{name}, bin {b}: signal {pattern.Signal[b]}, not {witness[b]}");
            Assert.Equal(norm, pattern.Normalisation[b], 1e-5 * Math.Max(norm, 0.1));
            Assert.Equal(witness[(2 * n) + b], pattern.Variance[b], 1e-5 * Math.Max(1, witness[(2 * n) + b]));
            Assert.Equal(witness[(3 * n) + b], pattern.NormalisationSquared[b], 2e-5 * Math.Max(norm, 0.1));
        }

        Assert.True(same >= SameBins * n, $"{name}: only {same} of {n} bins keep the same pixels");
    }

    private static void Write(TemporaryFolder folder, IntegrationPlan plan, float[] dark, int[] image)
    {
        double[] share = plan.ShareOfEntry.IsEmpty
            ? [.. Enumerable.Repeat(1.0, plan.PixelOfEntry.Length)]
            : Array.ConvertAll(plan.ShareOfEntry.ToArray(), s => (double)s);
        File.WriteAllBytes(folder.File("start.i4"), MemoryMarshal.AsBytes(plan.BinStart).ToArray());
        File.WriteAllBytes(folder.File("pixel.i4"), MemoryMarshal.AsBytes(plan.PixelOfEntry).ToArray());
        File.WriteAllBytes(folder.File("share.f8"), MemoryMarshal.AsBytes<double>(share).ToArray());
        File.WriteAllBytes(folder.File("norm.f8"), MemoryMarshal.AsBytes(plan.Normalisation).ToArray());
        File.WriteAllBytes(folder.File("dark.f4"), MemoryMarshal.AsBytes<float>(dark).ToArray());
        File.WriteAllBytes(folder.File("image.i4"), MemoryMarshal.AsBytes<int>(image).ToArray());
    }
}
