using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Guidance;

/// <summary>Which pixels of a slice are material, and how far each pixel is from the air around the sample.</summary>
public sealed class MaterialMask
{
    private const int HistogramSize = 256;

    private readonly bool[] _material;
    private readonly float[] _edgeDistance_um;

    private MaterialMask(int size, double pixelSize_um, bool[] material, float[] edgeDistance_um, double threshold)
    {
        Size = size;
        PixelSize_um = pixelSize_um;
        _material = material;
        _edgeDistance_um = edgeDistance_um;
        Threshold = threshold;
    }

    /// <summary>Pixels along x and y.</summary>
    public int Size { get; }

    /// <summary>Pixel size, µm.</summary>
    public double PixelSize_um { get; }

    /// <summary>Value above which a pixel is material (Otsu's).</summary>
    public double Threshold { get; }

    /// <summary>True where the pixel is material, [y, x].</summary>
    public ReadOnlySpan<bool> Material => _material;

    /// <summary>Distance to the nearest pixel of the air that surrounds the sample, [y, x], µm; 0 in that air.</summary>
    public ReadOnlySpan<float> EdgeDistance_um => _edgeDistance_um;

    /// <summary>Segments a slice.</summary>
    /// <param name="slice">Slice; NaN counts as air.</param>
    /// <returns>Null while the slice has no contrast to segment.</returns>
    /// <remarks>
    /// Threshold: Otsu, <see href="https://doi.org/10.1109/TSMC.1979.4310076"/>, over the slice averaged 3×3 (FBP noise must not
    /// tear the mask). Surrounding air: non-material connected to the border through 4 neighbours, so that a hole or a
    /// gap inside the sample is no edge.
    /// </remarks>
    public static MaterialMask? Segment(SliceMap slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        float[] smooth = Average3(slice.Values, slice.Size);
        double? threshold = Otsu(smooth);
        if (threshold is null)
        {
            return null;
        }

        bool[] material = [.. smooth.Select(v => v > threshold)];
        bool[] air = SurroundingAir(material, slice.Size);
        float[] distance = DistanceTo(air, slice.Size);
        for (int i = 0; i < distance.Length; i++)
        {
            distance[i] *= (float)slice.PixelSize_um;
        }

        return new MaterialMask(slice.Size, slice.PixelSize_um, material, distance, threshold.Value);
    }

    private static float[] Average3(float[] values, int size)
    {
        float[] average = new float[values.Length];
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                float sum = 0;
                int count = 0;
                for (int v = Math.Max(0, y - 1); v <= Math.Min(size - 1, y + 1); v++)
                {
                    for (int u = Math.Max(0, x - 1); u <= Math.Min(size - 1, x + 1); u++)
                    {
                        float value = values[(v * size) + u];
                        if (!float.IsNaN(value))
                        {
                            sum += value;
                            count++;
                        }
                    }
                }

                average[(y * size) + x] = float.IsNaN(values[(y * size) + x]) ? float.NaN : sum / count;
            }
        }

        return average;
    }

    private static double? Otsu(float[] values)
    {
        float[] finite = [.. values.Where(float.IsFinite)];
        if (finite.Length == 0 || finite.Max() <= finite.Min())
        {
            return null;
        }

        double low = finite.Min();
        double width = (finite.Max() - low) / HistogramSize;
        long[] histogram = new long[HistogramSize];
        foreach (float value in finite)
        {
            histogram[Math.Min(HistogramSize - 1, (int)((value - low) / width))]++;
        }

        double total = finite.Length;
        double meanAll = Enumerable.Range(0, HistogramSize).Sum(i => (double)i * histogram[i]) / total;
        double below = 0, sumBelow = 0, best = -1;
        int bestLevel = 0;
        for (int level = 0; level < HistogramSize - 1; level++)
        {
            below += histogram[level];
            sumBelow += (double)level * histogram[level];
            if (below > 0 && below < total)
            {
                double between = Math.Pow((meanAll * below) - sumBelow, 2) / (below * (total - below));
                if (between > best)
                {
                    (best, bestLevel) = (between, level);
                }
            }
        }

        return low + ((bestLevel + 1) * width);
    }

    private static bool[] SurroundingAir(bool[] material, int size)
    {
        bool[] air = new bool[material.Length];
        var open = new Stack<int>();
        void Visit(int x, int y)
        {
            int i = (y * size) + x;
            if (x >= 0 && y >= 0 && x < size && y < size && !material[i] && !air[i])
            {
                air[i] = true;
                open.Push(i);
            }
        }

        for (int i = 0; i < size; i++)
        {
            Visit(i, 0);
            Visit(i, size - 1);
            Visit(0, i);
            Visit(size - 1, i);
        }

        while (open.TryPop(out int i))
        {
            (int y, int x) = Math.DivRem(i, size);
            Visit(x - 1, y);
            Visit(x + 1, y);
            Visit(x, y - 1);
            Visit(x, y + 1);
        }

        return air;
    }

    /// <summary>
    /// Exact Euclidean distance to the nearest true pixel, px; beyond the border counts as true. Two passes:
    /// distance along columns, then the lower envelope along rows by looking at each column of the row.
    /// </summary>
    private static float[] DistanceTo(bool[] target, int size)
    {
        float[] vertical = new float[target.Length];
        for (int x = 0; x < size; x++)
        {
            float distance = 0;
            for (int y = 0; y < size; y++)
            {
                distance = target[(y * size) + x] ? 0 : distance + 1;
                vertical[(y * size) + x] = distance;
            }

            distance = 0;
            for (int y = size - 1; y >= 0; y--)
            {
                distance = target[(y * size) + x] ? 0 : distance + 1;
                vertical[(y * size) + x] = Math.Min(vertical[(y * size) + x], distance);
            }
        }

        float[] result = new float[target.Length];
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                float nearest = Math.Min(x + 1, size - x);
                float best = nearest * nearest;
                for (int u = 0; u < size; u++)
                {
                    float across = u - x;
                    float down = vertical[(y * size) + u];
                    best = Math.Min(best, (across * across) + (down * down));
                }

                result[(y * size) + x] = MathF.Sqrt(best);
            }
        }

        return result;
    }
}
