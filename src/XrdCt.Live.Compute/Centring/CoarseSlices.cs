using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Compute.Centring;

/// <summary>
/// Slices of a few pixels across for any centre of rotation, of the even and of the odd projections by angle apart; their mean is the
/// slice of all. Not thread-safe.
/// </summary>
internal sealed class CoarseSlices
{
    private readonly double[] _angles_rad;
    private readonly double[] _weights;
    private readonly float[][] _filtered;
    private readonly double[] _even;
    private readonly double[] _odd;
    private readonly int _size;
    private readonly double _radius;
    private readonly double _norm;

    /// <summary>Smooths, thins out and filters the projections.</summary>
    /// <param name="rows">Projections without air; beyond their ends there is nothing.</param>
    /// <param name="angles_rad">Their angles.</param>
    /// <param name="range_px">Largest offset of the centre.</param>
    /// <param name="pixelsAcross">Pixels that a projection is to have, at least; fewer where it has fewer samples.</param>
    /// <param name="blur_pixels">Standard deviation of the smoothing, pixels of the slice.</param>
    public CoarseSlices(IReadOnlyList<double[]> rows, double[] angles_rad, double range_px, int pixelsAcross, double blur_pixels)
    {
        int width = rows[0].Length;
        Pixel_px = Math.Max(1, width / pixelsAcross);
        double blur_px = blur_pixels * Pixel_px;
        double reach_px = (0.5 * width) + (2 * blur_px);
        _radius = reach_px / Pixel_px;

        // The projector leaves out what not every projection sees: the zeros beyond the ends are seen as well.
        _size = (2 * (int)Math.Ceiling((reach_px + range_px + Pixel_px) / Pixel_px)) + 2;
        int[] order = [.. Enumerable.Range(0, rows.Count).OrderBy(i => angles_rad[i] - (Math.PI * Math.Floor(angles_rad[i] / Math.PI)))];
        _angles_rad = [.. order.Select(i => angles_rad[i])];
        _weights = new double[order.Length];
        Weigh(0);
        Weigh(1);

        var filter = new ProjectionFilter(_size, RampFilter.Ramp);
        double[] window = Gaussian(blur_px);
        float[] thin = new float[_size];
        _filtered = new float[order.Length][];
        for (int i = 0; i < order.Length; i++)
        {
            Thin(rows[order[i]], window, thin);
            _norm += thin.Sum(Math.Abs);
            _filtered[i] = new float[filter.FilteredLength];
            filter.Apply(thin, _filtered[i]);
        }

        _norm /= order.Length;
        _even = new double[_size * _size];
        _odd = new double[_size * _size];
    }

    /// <summary>Side of a pixel, steps of the translation.</summary>
    public int Pixel_px { get; }

    /// <summary>Negative part of the slices, relative to the mass of the sample.</summary>
    /// <param name="centre_px">Centre of rotation, steps.</param>
    public (double All, double Even, double Odd) Negativity(double centre_px)
    {
        var projector = new BackProjector(_size, centre_px / Pixel_px);
        Array.Clear(_even);
        Array.Clear(_odd);
        for (int i = 0; i < _filtered.Length; i++)
        {
            projector.Add(_filtered[i], _angles_rad[i], 0.5 * _weights[i], (i & 1) == 0 ? _even : _odd);
        }

        double all = 0;
        double even = 0;
        double odd = 0;
        for (int k = 0; k < _even.Length; k++)
        {
            int x = (k % _size) - (_size / 2);
            int y = (k / _size) - (_size / 2);
            if ((x * x) + (y * y) <= _radius * _radius)
            {
                all -= Math.Min(0, 0.5 * (_even[k] + _odd[k]));
                even -= Math.Min(0, _even[k]);
                odd -= Math.Min(0, _odd[k]);
            }
        }

        return (all / _norm, even / _norm, odd / _norm);
    }

    private static double[] Gaussian(double sigma_px)
    {
        int half = (int)Math.Ceiling(4 * sigma_px);
        double[] window = [.. Enumerable.Range(-half, (2 * half) + 1).Select(k => Math.Exp(-0.5 * k * k / (sigma_px * sigma_px)))];
        double sum = window.Sum();
        return Array.ConvertAll(window, w => w / sum);
    }

    private void Weigh(int parity)
    {
        double[] angles_rad = [.. _angles_rad.Where((_, i) => (i & 1) == parity)];
        double[] weights = new double[angles_rad.Length];
        AngularWeights.Compute(angles_rad, weights);
        for (int i = 0; i < weights.Length; i++)
        {
            _weights[(2 * i) + parity] = weights[i];
        }
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
