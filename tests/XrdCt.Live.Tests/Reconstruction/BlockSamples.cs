using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Reconstruction;

/// <summary>Blocks in which every bin holds another sinogram: measured ones permuted and scaled, or noise.</summary>
internal static class BlockSamples
{
    public const int Width = BinBlock.Width;

    /// <summary>The golden sinogram [rotation, translation] and its plan.</summary>
    public static (ScanPlan Plan, float[] Sinogram) Golden(string? path = null, ScanPath order = default)
    {
        (int[] shape, double[] values) = Npy.Read(path ?? Path.Combine(AppContext.BaseDirectory, "Golden", "reconstruction", "sino_radon_101x100.npy"));
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

    /// <summary>What a bin holds of the golden sinogram: bins in sixes, unlike their neighbours, scaled.</summary>
    public static float Scale(int bin) => bin % 6 == 3 ? 0 : (float)((bin % 2 == 0 ? 1 : -1) * (0.01 + (bin * bin)));

    /// <summary>[rotation, translation, bin] of a sinogram scaled for each bin, and rotated by the bin's number where asked for.</summary>
    public static float[] Spread(ScanPlan plan, float[] sinogram, int binCount, bool isPermuted = true)
    {
        float[] values = new float[sinogram.Length * binCount];
        for (int r = 0; r < plan.RotationCount; r++)
        {
            for (int t = 0; t < plan.TranslationCount; t++)
            {
                for (int bin = 0; bin < binCount; bin++)
                {
                    int from = isPermuted ? (r + (3 * bin)) % plan.RotationCount : r;
                    values[(((r * plan.TranslationCount) + t) * binCount) + bin] = Scale(bin) * sinogram[(from * plan.TranslationCount) + t];
                }
            }
        }

        return values;
    }

    /// <summary>Noise of even distribution, −1 to 1.</summary>
    public static float[] Noise(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (2 * random.NextSingle()) - 1)];
    }

    /// <summary>The sinogram of a bin, [rotation, translation].</summary>
    public static float[] SinogramOf(float[] values, int binCount, int bin) =>
        [.. Enumerable.Range(0, values.Length / binCount).Select(i => values[(i * binCount) + bin])];

    /// <summary>The slice of a bin by the code for one channel.</summary>
    public static float[] Batch(ScanPlan plan, RampFilter filter, float[] values, int binCount, int bin, double centre_px = 0) =>
        ProgressiveSlice.Batch(plan, filter, SinogramOf(values, binCount, bin), centre_px).ToMap("bin").Values;

    /// <summary>The slice of a bin of a block.</summary>
    public static float[] SliceOf(ProgressiveBlock block, int bin)
    {
        int size = block.Filter.Filter.Length;
        float[] slice = new float[size * size];
        block.CopySlice(bin, slice);
        return slice;
    }

    /// <summary>Asserts that two slices agree to a share of the range of the first, NaN where it is NaN.</summary>
    public static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        float[] finite = [.. expected.Where(float.IsFinite)];
        double range = finite.Length > 0 ? Math.Max(finite.Max() - finite.Min(), finite.Max(Math.Abs)) : 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (float.IsNaN(expected[i]) != float.IsNaN(actual[i]) || !(float.IsNaN(expected[i]) || Math.Abs(expected[i] - actual[i]) <= tolerance * range))
            {
                Assert.Fail($"value {i}: {actual[i]} instead of {expected[i]}, range {range}");
            }
        }
    }
}
