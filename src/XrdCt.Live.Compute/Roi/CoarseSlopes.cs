namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// The coarse sinogram as a registration sees it: its value at each of its rays, the level about it, and how it changes along translation
/// and angle, both from the neighbours without the ray itself, whose noise is therefore not theirs.
/// </summary>
internal sealed class CoarseSlopes
{
    // Below this share of the mean a ray is as good as empty, and its counts no measure of its noise.
    private const double LeastLevel = 0.05;

    // A spot in a neighbouring cell must not get a weight of its own.
    private const double LargestSlope_sigma = 4;

    /// <summary>Averages over an odd number of neighbouring translations, and takes the differences.</summary>
    public CoarseSlopes(ScanRays rays, ReadOnlySpan<float> values, int width, int cells)
    {
        Rays = rays;
        Width = width;
        int count = rays.RotationCount * rays.TranslationCount * width;
        double[] sampled = new double[count];
        for (int i = 0; i < count; i++)
        {
            sampled[i] = values[i];
        }

        Values = Mean(sampled, cells);
        Levels = new double[count];
        Slopes = new double[count];
        Turns = new double[count];
        double mean = Values.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
        Span<RayTerm> before = stackalloc RayTerm[ScanRays.MostTerms];
        Span<RayTerm> behind = stackalloc RayTerm[ScanRays.MostTerms];
        for (int rotation = 0; rotation < rays.RotationCount; rotation++)
        {
            double angle = rays.Angles_rad[rotation];
            int beforeCount = rays.Between(angle - rays.TypicalGap_rad, before);
            int behindCount = rays.Between(angle + rays.TypicalGap_rad, behind);
            for (int j = 0; j < rays.TranslationCount; j++)
            {
                for (int channel = 0; channel < width; channel++)
                {
                    int at = Index(rotation, j, channel);
                    bool isInside = j > 0 && j + 1 < rays.TranslationCount;
                    double left = isInside ? Values[at - width] : double.NaN;
                    double right = isInside ? Values[at + width] : double.NaN;
                    double earlier = Sampled(before[..beforeCount], rays.Position_um(j), channel);
                    double later = Sampled(behind[..behindCount], rays.Position_um(j), channel);
                    Levels[at] = Math.Max(0.25 * (left + right + earlier + later), LeastLevel * mean);
                    Slopes[at] = (right - left) / (2 * rays.Step_um);
                    Turns[at] = (later - earlier) / (2 * rays.TypicalGap_rad);
                }
            }
        }

        Clip(Slopes, 0.5 * mean);
        Clip(Turns, 0.5 * mean);
        Reach_um = Enumerable.Range(0, rays.TranslationCount)
            .Where(j => Enumerable.Range(0, rays.RotationCount).Any(r => Levels[Index(r, j, 0)] > 0.5 * mean))
            .Select(j => Math.Abs(rays.Position_um(j)))
            .DefaultIfEmpty(0)
            .Max();
    }

    public ScanRays Rays { get; }

    public int Width { get; }

    /// <summary>Mean over the cells, [rotation, translation, channel]; NaN where one was not measured.</summary>
    public double[] Values { get; }

    /// <summary>Mean of the four neighbours, for the weight.</summary>
    public double[] Levels { get; }

    /// <summary>Change along the translation, per µm.</summary>
    public double[] Slopes { get; }

    /// <summary>Change with the angle, per rad.</summary>
    public double[] Turns { get; }

    /// <summary>How far from the axis there is sample, µm.</summary>
    public double Reach_um { get; }

    public int Index(int rotation, int translation, int channel) => (((rotation * Rays.TranslationCount) + translation) * Width) + channel;

    // What is usual is told by the rays through the sample: most of a coarse scan may be air.
    private void Clip(double[] slopes, double leastLevel)
    {
        double[] sizes = [.. slopes.Where((s, i) => double.IsFinite(s) && Levels[i] > leastLevel).Select(Math.Abs).Order()];
        if (sizes.Length == 0)
        {
            return;
        }

        // The median size of a normal deviate is 0.6745 standard deviations.
        double limit = LargestSlope_sigma * sizes[sizes.Length / 2] / 0.6745;
        for (int i = 0; i < slopes.Length; i++)
        {
            slopes[i] = limit > 0 ? Math.Clamp(slopes[i], -limit, limit) : slopes[i];
        }
    }

    private double[] Mean(double[] sampled, int cells)
    {
        if (cells == 1)
        {
            return sampled;
        }

        double[] means = new double[sampled.Length];
        int n = Rays.TranslationCount;
        for (int i = 0; i < sampled.Length; i++)
        {
            int j = i / Width % n;
            double sum = 0;
            for (int k = -cells / 2; k <= cells / 2; k++)
            {
                sum += j + k >= 0 && j + k < n ? sampled[i + (k * Width)] : double.NaN;
            }

            means[i] = sum / cells;
        }

        return means;
    }

    private double Sampled(ReadOnlySpan<RayTerm> terms, double t_um, int channel)
    {
        double value = 0;
        foreach (RayTerm term in terms)
        {
            double at = ((term.IsMirrored ? -t_um : t_um) / Rays.Step_um) + (Rays.TranslationCount / 2) + Rays.Centre_px;
            int left = Math.Clamp((int)Math.Floor(at), 0, Rays.TranslationCount - 2);
            double share = at - left;
            if (!(share >= -1e-9 && share <= 1 + 1e-9))
            {
                return double.NaN;
            }

            // A share of 0 must not bring in a NaN.
            double a = Values[Index(term.Rotation, left, channel)];
            double b = Values[Index(term.Rotation, left + 1, channel)];
            value += term.Weight * (share < 1e-9 ? a : share > 1 - 1e-9 ? b : double.Lerp(a, b, share));
        }

        return value;
    }
}
