using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Tests.Centring;

/// <summary>
/// A disc with round grains and pores, off the axis and without symmetry, whose projections are known in closed form: chords averaged over the step.
/// Written for the tests, and independent of the projector under test.
/// </summary>
internal static class GrainPhantom
{
    public const float Air = 3;

    // x, y, radius in units of half the scan, density.
    private static readonly (double X, double Y, double Radius, double Density)[] Discs =
    [
        (0.03, -0.04, 0.80, 0.30), (0.31, 0.12, 0.12, 1.0), (-0.35, -0.28, 0.08, 2.0), (-0.14, 0.45, 0.17, 0.6), (0.10, -0.55, 0.06, 1.5),
        (0.52, -0.20, 0.05, 2.2), (-0.55, 0.10, 0.10, -0.3), (0.22, 0.40, 0.04, 3.0), (-0.05, -0.10, 0.20, -0.2),
    ];

    /// <summary>Sinogram of a scan whose axis is at translation N/2 + centre; noise as a share of the largest value.</summary>
    public static float[] Sinogram(ScanPlan plan, double centre_px, double noise = 0, int seed = 1, double x_px = 0) =>
        Sinogram(plan, centre_px, Discs, noise, seed, x_px);

    /// <summary>The same of one disc about the axis.</summary>
    public static float[] Symmetric(ScanPlan plan, double centre_px, double noise) =>
        Sinogram(plan, centre_px, [(0, 0, 0.8, 1)], noise, 1, 0);

    /// <summary>Density at a point of the slice, steps from the axis.</summary>
    public static double Density(ScanPlan plan, double x_px, double y_px)
    {
        double half = 0.5 * plan.TranslationCount;
        return Discs.Where(d => Square(x_px - (d.X * half)) + Square(y_px - (d.Y * half)) < Square(d.Radius * half)).Sum(d => d.Density);
    }

    /// <summary>Leaves the first frames of a scan, as a scan in progress has them.</summary>
    public static float[] Until(ScanPlan plan, float[] sinogram, double share)
    {
        float[] measured = new float[sinogram.Length];
        Array.Fill(measured, float.NaN);
        for (int i = 0; i < (int)(share * plan.CellCount); i++)
        {
            ScanCell cell = plan.CellOf(i);
            int offset = (cell.Rotation * plan.TranslationCount) + cell.Translation;
            measured[offset] = sinogram[offset];
        }

        return measured;
    }

    private static float[] Sinogram(
        ScanPlan plan, double centre_px, (double X, double Y, double Radius, double Density)[] discs, double noise, int seed, double x_px)
    {
        int width = plan.TranslationCount;
        double half = 0.5 * width;
        float[] sinogram = new float[plan.CellCount];
        for (int rotation = 0; rotation < plan.RotationCount; rotation++)
        {
            (double sin, double cos) = Math.SinCos(plan.Angle_deg(rotation) * Math.PI / 180);
            for (int j = 0; j < width; j++)
            {
                double path = 0;
                foreach ((double x, double y, double radius, double density) in discs)
                {
                    double t = j - (width / 2) - centre_px - ((((x * half) + x_px) * cos) - (y * half * sin));
                    path += density * (Area(t + 0.5, radius * half) - Area(t - 0.5, radius * half));
                }

                sinogram[(rotation * width) + j] = (float)path;
            }
        }

        double sigma = noise * sinogram.Max();
        var random = new Random(seed);
        for (int i = 0; i < sinogram.Length; i++)
        {
            sinogram[i] += Air + (float)(sigma * Normal(random));
        }

        return sinogram;
    }

    /// <summary>Area of a circle left of a line, up to a constant.</summary>
    private static double Area(double t, double radius)
    {
        double u = Math.Clamp(t, -radius, radius);
        return (u * Math.Sqrt((radius * radius) - (u * u))) + (radius * radius * Math.Asin(u / radius));
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static double Square(double value) => value * value;
}
