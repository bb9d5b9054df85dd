using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Centring;

/// <summary>
/// Slices of a few pixels across for any centre of rotation: of all projections, and of all but every fourth by angle, so that the scatter
/// among those tells how far the noise and the choice of angles matter. Not thread-safe.
/// </summary>
internal sealed class CoarseSlices
{
    /// <summary>Slices that lack some of the projections.</summary>
    public const int Parts = 4;

    private readonly double[] _angles_rad;
    private readonly double[] _weights;
    private readonly float[][] _filtered;
    private readonly double[][] _parts = new double[Parts][];
    private readonly int _size;
    private readonly double _radius;
    private readonly double _norm;

    /// <summary>Smooths, thins out and filters the projections.</summary>
    /// <param name="rows">Projections without air; beyond their ends there is nothing.</param>
    /// <param name="angles_rad">Their angles.</param>
    /// <param name="range_px">Largest offset of the centre.</param>
    /// <param name="pixel_px">Side of a pixel of the slice, steps.</param>
    /// <param name="blur_pixels">Standard deviation of the smoothing, pixels of the slice.</param>
    public CoarseSlices(IReadOnlyList<double[]> rows, double[] angles_rad, double range_px, int pixel_px, double blur_pixels)
    {
        int width = rows[0].Length;
        Pixel_px = pixel_px;
        double blur_px = blur_pixels * Pixel_px;
        double reach_px = (0.5 * width) + (2 * blur_px);
        _radius = reach_px / Pixel_px;

        // The projector leaves out what not every projection sees: the zeros beyond the ends are seen as well.
        _size = (2 * (int)Math.Ceiling((reach_px + range_px + Pixel_px) / Pixel_px)) + 2;
        int[] order = [.. Enumerable.Range(0, rows.Count).OrderBy(i => angles_rad[i] - (Math.PI * Math.Floor(angles_rad[i] / Math.PI)))];
        _angles_rad = [.. order.Select(i => angles_rad[i])];
        _weights = new double[order.Length];
        AngularWeights.Compute(_angles_rad, _weights);

        var filter = new ProjectionFilter(_size, RampFilter.Ramp);
        double[] window = Gaussian(blur_px);
        float[] thin = new float[_size];
        _filtered = new float[order.Length][];
        for (int i = 0; i < order.Length; i++)
        {
            Thin(rows[order[i]], window, thin);
            _norm += thin.Sum(Math.Abs) / order.Length;
            _filtered[i] = new float[filter.FilteredLength];
            filter.Apply(thin, _filtered[i]);
        }

        for (int part = 0; part < Parts; part++)
        {
            _parts[part] = new double[_size * _size];
        }
    }

    /// <summary>Side of a pixel, steps of the translation.</summary>
    public int Pixel_px { get; }

    /// <summary>Negative part of the slices, relative to the mass of the sample.</summary>
    /// <param name="centre_px">Centre of rotation, steps.</param>
    /// <param name="negativity">Receives that of all projections, then those without every fourth from the first, the second and so on.</param>
    public void Negativity(double centre_px, Span<double> negativity)
    {
        var projector = new BackProjector(_size, centre_px / Pixel_px);
        for (int part = 0; part < Parts; part++)
        {
            Array.Clear(_parts[part]);
        }

        for (int i = 0; i < _filtered.Length; i++)
        {
            projector.Add(_filtered[i], _angles_rad[i], 0.5 * _weights[i] / _norm, _parts[i % Parts]);
        }

        negativity.Clear();
        for (int k = 0; k < _size * _size; k++)
        {
            int x = (k % _size) - (_size / 2);
            int y = (k / _size) - (_size / 2);
            if ((x * x) + (y * y) > _radius * _radius)
            {
                continue;
            }

            double a = _parts[0][k];
            double b = _parts[1][k];
            double c = _parts[2][k];
            double d = _parts[3][k];
            negativity[0] -= Math.Min(0, a + b + c + d);

            // The neighbours of those that are left out stand for half of their angle each.
            negativity[1] -= Math.Min(0, c + (1.5 * (b + d)));
            negativity[2] -= Math.Min(0, d + (1.5 * (a + c)));
            negativity[3] -= Math.Min(0, a + (1.5 * (b + d)));
            negativity[4] -= Math.Min(0, b + (1.5 * (a + c)));
        }
    }

    private static double[] Gaussian(double sigma_px)
    {
        int half = (int)Math.Ceiling(4 * sigma_px);
        double[] window = [.. Enumerable.Range(-half, (2 * half) + 1).Select(k => Math.Exp(-0.5 * k * k / (sigma_px * sigma_px)))];
        double sum = window.Sum();
        return Array.ConvertAll(window, w => w / sum);
    }

    // The pixel at size/2 is the sample at width/2, so that an offset of the centre is one of pixels.
    private void Thin(double[] row, double[] window, float[] thin)
    {
        int half = window.Length / 2;
        for (int k = 0; k < thin.Length; k++)
        {
            int at = (row.Length / 2) + ((k - (_size / 2)) * Pixel_px);
            double sum = 0;
            for (int j = Math.Max(0, at - half); j <= Math.Min(row.Length - 1, at + half); j++)
            {
                sum += row[j] * window[j - at + half];
            }

            thin[k] = (float)sum;
        }
    }
}
