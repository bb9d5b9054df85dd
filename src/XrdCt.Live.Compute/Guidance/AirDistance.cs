namespace XrdCt.Live.Compute.Guidance;

/// <summary>
/// Distance to the air around a sample. Air is what is no material and connected to the border of the map through 4 neighbours, so a hole
/// inside the sample is no edge; beyond the map is air too.
/// </summary>
/// <remarks>Exact squared Euclidean distances in O(N²): Felzenszwalb and Huttenlocher, doi:10.4086/toc.2012.v008a019.</remarks>
internal static class AirDistance
{
    /// <summary>Distance from the centre of each pixel to the nearest border of a pixel of air, taken as half a pixel before its centre; 0 in air.</summary>
    /// <param name="material">[y, x].</param>
    /// <param name="size">Pixels along x and y.</param>
    /// <returns>[y, x], pixels.</returns>
    public static float[] Compute(bool[] material, int size)
    {
        // A frame of air around it stands for what is beyond the map.
        int width = size + 2;
        double[] squared = new double[width * width];
        Array.Fill(squared, (double)width * width * 2);
        foreach (int i in SurroundingAir(material, size, width))
        {
            squared[i] = 0;
        }

        double[] line = new double[width];
        double[] envelope = new double[width];
        int[] vertex = new int[width];
        double[] from = new double[width + 1];
        for (int x = 0; x < width; x++)
        {
            for (int y = 0; y < width; y++)
            {
                line[y] = squared[(y * width) + x];
            }

            LowerEnvelope(line, envelope, vertex, from);
            for (int y = 0; y < width; y++)
            {
                squared[(y * width) + x] = envelope[y];
            }
        }

        float[] distance = new float[size * size];
        for (int y = 0; y < size; y++)
        {
            LowerEnvelope(squared.AsSpan((y + 1) * width, width), envelope, vertex, from);
            for (int x = 0; x < size; x++)
            {
                distance[(y * size) + x] = (float)Math.Max(0, Math.Sqrt(envelope[x + 1]) - 0.5);
            }
        }

        return distance;
    }

    private static List<int> SurroundingAir(bool[] material, int size, int width)
    {
        bool[] seen = new bool[width * width];
        List<int> air = [0];
        seen[0] = true;
        for (int next = 0; next < air.Count; next++)
        {
            (int y, int x) = Math.DivRem(air[next], width);
            Visit(x - 1, y);
            Visit(x + 1, y);
            Visit(x, y - 1);
            Visit(x, y + 1);
        }

        return air;

        void Visit(int x, int y)
        {
            if (x < 0 || y < 0 || x >= width || y >= width || seen[(y * width) + x])
            {
                return;
            }

            bool isFrame = x == 0 || y == 0 || x == width - 1 || y == width - 1;
            if (isFrame || !material[((y - 1) * size) + x - 1])
            {
                seen[(y * width) + x] = true;
                air.Add((y * width) + x);
            }
        }
    }

    // min over q of (p − q)² + line[q] for every p.
    private static void LowerEnvelope(ReadOnlySpan<double> line, Span<double> result, Span<int> vertex, Span<double> from)
    {
        int last = 0;
        vertex[0] = 0;
        from[0] = double.NegativeInfinity;
        from[1] = double.PositiveInfinity;
        for (int q = 1; q < line.Length; q++)
        {
            double meets = Meeting(line, vertex[last], q);
            while (meets <= from[last])
            {
                last--;
                meets = Meeting(line, vertex[last], q);
            }

            last++;
            vertex[last] = q;
            from[last] = meets;
            from[last + 1] = double.PositiveInfinity;
        }

        int k = 0;
        for (int p = 0; p < line.Length; p++)
        {
            while (from[k + 1] < p)
            {
                k++;
            }

            double off = p - vertex[k];
            result[p] = (off * off) + line[vertex[k]];
        }
    }

    private static double Meeting(ReadOnlySpan<double> line, int left, int right) =>
        (line[right] - line[left] + ((double)right * right) - ((double)left * left)) / (2.0 * (right - left));
}
