using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Samples;

namespace XrdCt.Live.Phantoms.Projection;

/// <summary>
/// What a perfect reconstruction of a scan would show: a map averaged over the pixels of the scan's grid.
/// </summary>
public static class BlurredTruth
{
    /// <summary>
    /// Averages over squares of one step, size <c>TranslationCount</c>, origin at pixel <c>TranslationCount / 2</c>,
    /// [y, x]: the grid of the reconstruction.
    /// </summary>
    /// <param name="map">Fine map.</param>
    /// <param name="plan">Scan whose step and number of translations set the grid.</param>
    /// <returns>Mean density 0…1, [y, x]; 0 outside the fine map.</returns>
    public static float[] Of(DensityMap map, ScanPlan plan)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(plan);
        int size = plan.TranslationCount;
        (int First, double[] Weights)[] windows = [.. Enumerable.Range(0, size).Select(i => Window(map, plan, i))];
        double[] squeezed = new double[map.Size * size];
        for (int row = 0; row < map.Size; row++)
        {
            for (int x = 0; x < size; x++)
            {
                squeezed[(row * size) + x] = Weigh(windows[x], i => map.Values[(row * map.Size) + i]);
            }
        }

        float[] truth = new float[size * size];
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                truth[(y * size) + x] = (float)Weigh(windows[y], i => squeezed[(i * size) + x]);
            }
        }

        return truth;
    }

    private static double Weigh((int First, double[] Weights) window, Func<int, double> value)
    {
        double sum = 0;
        for (int i = 0; i < window.Weights.Length; i++)
        {
            sum += window.Weights[i] * value(window.First + i);
        }

        return sum;
    }

    /// <summary>
    /// Which fine pixels lie under a coarse one, with the share of the coarse pixel that each covers.
    /// </summary>
    private static (int First, double[] Weights) Window(DensityMap map, ScanPlan plan, int coarse)
    {
        double centre = (plan.Position_um(coarse) / map.PixelSize_um) + (map.Size / 2);
        double half = plan.Step_um / map.PixelSize_um / 2;
        int first = Math.Max(0, (int)Math.Floor(centre - half + 0.5));
        int last = Math.Min(map.Size - 1, (int)Math.Ceiling(centre + half - 0.5));
        double[] weights = new double[Math.Max(0, last - first + 1)];
        for (int i = 0; i < weights.Length; i++)
        {
            double from = Math.Max(first + i - 0.5, centre - half);
            double to = Math.Min(first + i + 0.5, centre + half);
            weights[i] = Math.Max(0, to - from) / (2 * half);
        }

        return (first, weights);
    }
}
