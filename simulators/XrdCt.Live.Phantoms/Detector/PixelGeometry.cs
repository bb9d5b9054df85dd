using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Phantoms.Detector;

/// <summary>
/// Where the pixels of a tilted flat detector look: an independent implementation of pyFAI's geometry. Immutable.
/// </summary>
/// <remarks>Source: Ashiotis et al., <see href="https://doi.org/10.1107/S1600576715004306"/>, section 2.</remarks>
public sealed class PixelGeometry
{
    private readonly DetectorGeometry _geometry;
    private readonly double[,] _turn;

    /// <summary>Prepares the rotation matrix R₃·R₂·R₁.</summary>
    public PixelGeometry(DetectorGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        _geometry = geometry;
        (double s1, double c1) = Math.SinCos(geometry.Rot1_rad);
        (double s2, double c2) = Math.SinCos(geometry.Rot2_rad);
        (double s3, double c3) = Math.SinCos(geometry.Rot3_rad);
        double[,] first = { { 1, 0, 0 }, { 0, c1, s1 }, { 0, -s1, c1 } };
        double[,] second = { { c2, 0, -s2 }, { 0, 1, 0 }, { s2, 0, c2 } };
        double[,] third = { { c3, -s3, 0 }, { s3, c3, 0 }, { 0, 0, 1 } };
        _turn = Multiply(third, Multiply(second, first));
    }

    /// <summary>Direction of a pixel centre.</summary>
    /// <param name="row">Row, from 0.</param>
    /// <param name="column">Column, from 0.</param>
    public PixelDirection At(int row, int column)
    {
        double p1 = ((row + 0.5) * _geometry.PixelSize1_m) - _geometry.Poni1_m;
        double p2 = ((column + 0.5) * _geometry.PixelSize2_m) - _geometry.Poni2_m;
        double p3 = _geometry.Distance_m;
        double t1 = (_turn[0, 0] * p1) + (_turn[0, 1] * p2) + (_turn[0, 2] * p3);
        double t2 = (_turn[1, 0] * p1) + (_turn[1, 1] * p2) + (_turn[1, 2] * p3);
        double t3 = (_turn[2, 0] * p1) + (_turn[2, 1] * p2) + (_turn[2, 2] * p3);
        double length = Math.Sqrt((p1 * p1) + (p2 * p2) + (p3 * p3));
        return new PixelDirection(Math.Atan2(Math.Sqrt((t1 * t1) + (t2 * t2)), t3), Math.Atan2(t1, t2), p3 / length);
    }

    /// <summary>
    /// Pixel position of a direction, fractional row and column of index (pixel centres at whole numbers).
    /// </summary>
    /// <param name="twoTheta_rad">Scattering angle, rad.</param>
    /// <param name="azimuth_rad">χ, rad.</param>
    public (double Row, double Column) Project(double twoTheta_rad, double azimuth_rad)
    {
        (double sinChi, double cosChi) = Math.SinCos(azimuth_rad);
        (double sin, double cos) = Math.SinCos(twoTheta_rad);
        ReadOnlySpan<double> laboratory = [sin * sinChi, sin * cosChi, cos];
        Span<double> detector = stackalloc double[3];
        for (int i = 0; i < 3; i++)
        {
            // The inverse of a rotation is its transpose.
            detector[i] = (_turn[0, i] * laboratory[0]) + (_turn[1, i] * laboratory[1]) + (_turn[2, i] * laboratory[2]);
        }

        double scale = _geometry.Distance_m / detector[2];
        return (
            (((detector[0] * scale) + _geometry.Poni1_m) / _geometry.PixelSize1_m) - 0.5,
            (((detector[1] * scale) + _geometry.Poni2_m) / _geometry.PixelSize2_m) - 0.5);
    }

    private static double[,] Multiply(double[,] a, double[,] b)
    {
        double[,] product = new double[3, 3];
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                product[i, j] = (a[i, 0] * b[0, j]) + (a[i, 1] * b[1, j]) + (a[i, 2] * b[2, j]);
            }
        }

        return product;
    }
}
