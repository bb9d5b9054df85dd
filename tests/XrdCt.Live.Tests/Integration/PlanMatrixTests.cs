using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>Which pixel falls into which bin with what share, against the matrices that pyFAI 0.21.3 builds (reference data).</summary>
public sealed class PlanMatrixTests
{
    /// <summary>
    /// pyFAI's corners are float32: an azimuth of 3 rad resolves 2e-7, a pixel of the small detector spans from 1e-3 rad, and so a share is
    /// known to some 1e-4 of the pixel.
    /// </summary>
    private const double CornerResolution = 1e-3;

    [Theory]
    [InlineData(PixelSplitting.None, "no")]
    [InlineData(PixelSplitting.BoundingBox, "bbox")]
    [InlineData(PixelSplitting.Full, "full")]
    public void Plan_EntryByEntry_IsPyFaisMatrix(PixelSplitting splitting, string name)
    {
        string path = ReferenceData.Require($"golden/small/csr_{name}_150.npz");
        double[] shares = Npy.Read(path, "data"), pixels = Npy.Read(path, "indices"), starts = Npy.Read(path, "indptr");
        IntegrationPlan plan = Plan(SmallDetector.Options(IntegrationFilter.Mean) with { Splitting = splitting });
        double[] deviations = [.. Differences(plan, shares, pixels, starts).Order()];

        Assert.Equal(150, plan.CellCount);
        Assert.InRange(deviations[(int)(0.99 * deviations.Length)], 0, CornerResolution / 10);

        // A pixel that sits on the edge of a bin may change it whole without splitting.
        Assert.InRange(deviations.Count(d => d > CornerResolution), 0, splitting == PixelSplitting.None ? 2 : 0);
    }

    private static IEnumerable<double> Differences(IntegrationPlan plan, double[] shares, double[] pixels, double[] starts)
    {
        for (int bin = 0; bin < plan.CellCount; bin++)
        {
            var expected = new Dictionary<int, double>();
            for (int e = (int)starts[bin]; e < (int)starts[bin + 1]; e++)
            {
                expected[(int)pixels[e]] = expected.GetValueOrDefault((int)pixels[e]) + shares[e];
            }

            var actual = new Dictionary<int, double>();
            for (int e = plan.BinStart[bin]; e < plan.BinStart[bin + 1]; e++)
            {
                actual.Add(plan.PixelOfEntry[e], plan.ShareOfEntry.IsEmpty ? 1 : plan.ShareOfEntry[e]);
            }

            foreach (int pixel in expected.Keys.Union(actual.Keys))
            {
                yield return Math.Abs(expected.GetValueOrDefault(pixel) - actual.GetValueOrDefault(pixel));
            }
        }
    }

    private static IntegrationPlan Plan(IntegrationOptions options) => new(SmallDetector.Geometry, SmallDetector.Mask(), options);
}
