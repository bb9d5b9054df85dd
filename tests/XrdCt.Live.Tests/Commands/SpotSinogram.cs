using PureHDF;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Commands;

/// <summary>
/// A sinogram of Gaussian spots off the axis in both directions, known in closed form at any angle and position, as a plain HDF5 dataset: no turn
/// and no reflection leaves them where they are. Bin b has the spots in proportions of its own.
/// </summary>
internal sealed class SpotSinogram
{
    public const double Step_um = 10;
    public const double Width_um = 40;

    // 61 translations hold all of them, to 1e-5 of their height.
    private static readonly (double X_um, double Y_um, double Height)[] Spots = [(110, 40, 1), (-60, 130, 2), (20, -90, 3)];

    public SpotSinogram(int translations = 61, int rotations = 60, int bins = 3, double range_deg = 180)
    {
        Angles_deg = [.. Enumerable.Range(0, rotations).Select(r => r * range_deg / rotations)];
        Translations_um = [.. Enumerable.Range(0, translations).Select(t => (t - (translations / 2)) * Step_um)];
        Bins = bins;
        Measure();
    }

    public SpotSinogram(double[] angles_deg, double[] translations_um, int bins)
    {
        (Angles_deg, Translations_um, Bins) = (angles_deg, translations_um, bins);
        Measure();
    }

    public double[] Angles_deg { get; }

    public double[] Translations_um { get; }

    public int Bins { get; }

    /// <summary>[rotation, translation, bin].</summary>
    public float[] Values { get; private set; } = [];

    public Span<float> this[int rotation, int translation] => Values.AsSpan(((rotation * Translations_um.Length) + translation) * Bins, Bins);

    public static float Exact(double angle_deg, double t_um, int bin)
    {
        double sum = 0;
        (double sin, double cos) = Math.SinCos(angle_deg * Math.PI / 180);
        for (int s = 0; s < Spots.Length; s++)
        {
            double away = (t_um - (Spots[s].X_um * cos) + (Spots[s].Y_um * sin)) / Width_um;
            sum += Weight(bin, s) * Math.Exp(-away * away);
        }

        return (float)sum;
    }

    /// <summary>What a slice should be: a spot of that projection has the profile / (w√π), per step of <see cref="Step_um"/>.</summary>
    public static double Truth(double x_um, double y_um, int bin)
    {
        double sum = 0;
        for (int s = 0; s < Spots.Length; s++)
        {
            sum += Weight(bin, s) * Math.Exp(-(Math.Pow(x_um - Spots[s].X_um, 2) + Math.Pow(y_um - Spots[s].Y_um, 2)) / (Width_um * Width_um));
        }

        return sum * Step_um / (Width_um * Math.Sqrt(Math.PI));
    }

    /// <summary>Writes it as <c>/sino</c> [rotation, translation, bin] with <c>/angles</c> and <c>/translations</c>.</summary>
    /// <returns>The arguments that name it.</returns>
    public string[] Write(TemporaryFolder folder, string name) =>
        Write(folder, name, Values, [(ulong)Angles_deg.Length, (ulong)Translations_um.Length, (ulong)Bins], Angles_deg, Translations_um, "rotation,translation,bin");

    /// <summary>Writes any numbers so.</summary>
    public static string[] Write(TemporaryFolder folder, string name, float[] values, ulong[] sides, double[] angles_deg, double[] translations_um, string axes)
    {
        H5File file = new()
        {
            ["sino"] = new H5Dataset(values, fileDims: sides),
            ["angles"] = new H5Dataset(angles_deg),
            ["translations"] = new H5Dataset(translations_um),
        };
        file.Write(folder.File(name));
        return [$"{folder.File(name)}::/sino", "--axes", axes, "--angles-deg", "/angles", "--translations-um", "/translations"];
    }

    private static double Weight(int bin, int spot) => Spots[spot].Height * (1 + ((bin + spot) % 5));

    private void Measure()
    {
        Values = new float[Angles_deg.Length * Translations_um.Length * Bins];
        for (int r = 0; r < Angles_deg.Length; r++)
        {
            for (int t = 0; t < Translations_um.Length; t++)
            {
                for (int b = 0; b < Bins; b++)
                {
                    this[r, t][b] = Exact(Angles_deg[r], Translations_um[t], b);
                }
            }
        }
    }
}
