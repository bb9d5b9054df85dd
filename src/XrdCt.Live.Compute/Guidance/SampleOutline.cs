namespace XrdCt.Live.Compute.Guidance;

/// <summary>
/// Where the sample is: local means above half of the level of its material, which is the median of those above Otsu's threshold. The median
/// hardly asks where the threshold is, so noise and sampling do not move the outline.
/// </summary>
/// <remarks>Otsu, <see href="https://doi.org/10.1109/TSMC.1979.4310076"/>.</remarks>
internal sealed class SampleOutline
{
    private const int HistogramSize = 256;

    private SampleOutline(double[] local, bool[] material, float[] edgeDistance_um, double level)
    {
        Local = local;
        Material = material;
        EdgeDistance_um = edgeDistance_um;
        Level = level;
    }

    /// <summary>The local means, [y, x].</summary>
    public double[] Local { get; }

    /// <summary>Whether a pixel is material, [y, x].</summary>
    public bool[] Material { get; }

    /// <summary>Distance to the air around the sample, [y, x], µm; 0 in it.</summary>
    public float[] EdgeDistance_um { get; }

    /// <summary>Median local mean of what is clearly material.</summary>
    public double Level { get; }

    /// <summary>Finds the sample.</summary>
    /// <param name="local">Local means, [y, x].</param>
    /// <param name="size">Pixels along x and y.</param>
    /// <param name="pixelSize_um">Pixel size, µm.</param>
    /// <returns>Null where there is no contrast.</returns>
    public static SampleOutline? Find(double[] local, int size, double pixelSize_um)
    {
        if (Otsu(local) is not { } threshold)
        {
            return null;
        }

        List<double> above = [];
        foreach (double value in local)
        {
            if (value > threshold)
            {
                above.Add(value);
            }
        }

        above.Sort();
        double level = above[above.Count / 2];
        if (!(level > 0))
        {
            return null;
        }

        bool[] material = new bool[local.Length];
        for (int i = 0; i < material.Length; i++)
        {
            material[i] = local[i] > level / 2;
        }

        float[] distance = AirDistance.Compute(material, size);
        for (int i = 0; i < distance.Length; i++)
        {
            distance[i] *= (float)pixelSize_um;
        }

        return new SampleOutline(local, material, distance, level);
    }

    private static double? Otsu(ReadOnlySpan<double> values)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (double value in values)
        {
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        }

        // A difference of rounding is no contrast.
        if (!(high - low > 1e-9 * Math.Max(Math.Abs(high), Math.Abs(low))))
        {
            return null;
        }

        double width = (high - low) / HistogramSize;
        long[] histogram = new long[HistogramSize];
        double sumAll = 0;
        foreach (double value in values)
        {
            int bin = Math.Min(HistogramSize - 1, (int)((value - low) / width));
            histogram[bin]++;
            sumAll += bin;
        }

        double meanAll = sumAll / values.Length;
        double below = 0, sumBelow = 0, best = -1;
        int bestBin = 0;
        for (int bin = 0; bin < HistogramSize - 1; bin++)
        {
            below += histogram[bin];
            sumBelow += (double)bin * histogram[bin];
            if (below > 0 && below < values.Length)
            {
                double between = Math.Pow((meanAll * below) - sumBelow, 2) / (below * (values.Length - below));
                if (between > best)
                {
                    (best, bestBin) = (between, bin);
                }
            }
        }

        return low + ((bestBin + 1) * width);
    }
}
