using XrdCt.Live.Phantoms;

namespace XrdCt.Live.Tests.Roi;

/// <summary>
/// Discs whose projections are known in closed form: the mean chord under a box is a difference of the chord's antiderivative. Written for
/// the tests, and independent of every projector under test.
/// </summary>
internal sealed class DiscPhantom
{
    private readonly List<(double X, double Y, double Radius, double Density)> _discs = [];

    private DiscPhantom()
    {
    }

    public static DiscPhantom Of(params (double X_um, double Y_um, double Radius_um, double Density)[] discs)
    {
        var phantom = new DiscPhantom();
        phantom._discs.AddRange(discs);
        return phantom;
    }

    /// <summary>
    /// An electrode disc of 1 mm: particles of 3 to 10 µm that fill 0.29 of it, three times brighter for x above 150 µm, and an inclusion of
    /// radius 50 µm and density 8 at (−300, 100).
    /// </summary>
    public static DiscPhantom Electrode(long seed, bool isHeterogeneous = true)
    {
        const double Radius_um = 500, Fill = 0.29;
        var random = new SeededRandom(seed);
        var phantom = new DiscPhantom();
        if (isHeterogeneous)
        {
            phantom._discs.Add((-300, 100, 50, 8));
        }

        double area = 0;
        while (area < Fill * Math.PI * Radius_um * Radius_um)
        {
            double r = random.NextBetween(3, 10);
            (double x, double y) = (random.NextBetween(-Radius_um, Radius_um), random.NextBetween(-Radius_um, Radius_um));
            if (Math.Sqrt((x * x) + (y * y)) + r > Radius_um
                || phantom._discs.Exists(d => Math.Pow(d.X - x, 2) + Math.Pow(d.Y - y, 2) < Math.Pow(d.Radius + r, 2)))
            {
                continue;
            }

            phantom._discs.Add((x, y, r, x > 150 && isHeterogeneous ? 3 : 1));
            area += Math.PI * r * r;
        }

        return phantom;
    }

    /// <summary>Density × path, µm: mean over a box along each ray, [rotation, translation].</summary>
    /// <param name="angles_rad">Angles of the sample's own coordinates.</param>
    /// <param name="count">Translations.</param>
    /// <param name="step_um">Their distance.</param>
    /// <param name="centre_px">Offset of the rotation axis from translation count/2.</param>
    /// <param name="box_um">Width of beam and movement.</param>
    /// <param name="x_um">Sample coordinate of the rotation axis.</param>
    /// <param name="y_um">Sample coordinate of the rotation axis.</param>
    public float[] Project(
        IReadOnlyList<double> angles_rad, int count, double step_um, double centre_px, double box_um, double x_um = 0, double y_um = 0)
    {
        float[] sinogram = new float[angles_rad.Count * count];
        for (int r = 0; r < angles_rad.Count; r++)
        {
            (double sin, double cos) = Math.SinCos(angles_rad[r]);
            foreach ((double x, double y, double radius, double density) in _discs)
            {
                double t = ((x - x_um) * cos) - ((y - y_um) * sin);
                double at = (t / step_um) + (count / 2) + centre_px;
                double reach = (radius + (box_um / 2)) / step_um;
                for (int j = Math.Max(0, (int)Math.Ceiling(at - reach)); j <= Math.Min(count - 1, (int)Math.Floor(at + reach)); j++)
                {
                    double u = (j - at) * step_um;
                    sinogram[(r * count) + j] += (float)(density * (Area(u + (box_um / 2), radius) - Area(u - (box_um / 2), radius)) / box_um);
                }
            }
        }

        return sinogram;
    }

    /// <summary>Mean density of each pixel about an axis, [y, x].</summary>
    public float[] Truth(int size, double pixel_um, double x_um, double y_um, double turned_rad = 0)
    {
        const int Points = 5;
        float[] truth = new float[size * size];
        (double sin, double cos) = Math.SinCos(turned_rad);
        double reach = size * pixel_um;
        var near = _discs.Where(d => Math.Abs(d.X - x_um) < reach + d.Radius && Math.Abs(d.Y - y_um) < reach + d.Radius).ToList();
        foreach ((double x, double y, double radius, double density) in near)
        {
            // Turned with the scan: x' = dx cos δ − dy sin δ, y' = dx sin δ + dy cos δ.
            double column = ((((x - x_um) * cos) - ((y - y_um) * sin)) / pixel_um) + (size / 2);
            double row = ((((x - x_um) * sin) + ((y - y_um) * cos)) / pixel_um) + (size / 2);
            double r = radius / pixel_um;
            for (int i = Math.Max(0, (int)(row - r - 1)); i <= Math.Min(size - 1, (int)(row + r + 1)); i++)
            {
                for (int j = Math.Max(0, (int)(column - r - 1)); j <= Math.Min(size - 1, (int)(column + r + 1)); j++)
                {
                    int inside = 0;
                    for (int p = 0; p < Points * Points; p++)
                    {
                        double dy = i + (((p / Points) + 0.5) / Points) - 0.5 - row;
                        double dx = j + (((p % Points) + 0.5) / Points) - 0.5 - column;
                        inside += (dx * dx) + (dy * dy) < r * r ? 1 : 0;
                    }

                    truth[(i * size) + j] += (float)(density * inside / (Points * Points));
                }
            }
        }

        return truth;
    }

    // Antiderivative of the chord 2·√(r² − u²).
    private static double Area(double u, double r)
    {
        double v = Math.Clamp(u / r, -1, 1);
        return r * r * ((v * Math.Sqrt(1 - (v * v))) + Math.Asin(v));
    }
}
