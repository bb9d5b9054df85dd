using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Where the centre and the corners of a pixel lie in diffraction space, computed in double precision from pyFAI's formulas. (pyFAI itself
/// starts from float32 pixel coordinates: relative q differs by up to 5e-5 next to the beam, 3e-7 elsewhere.)
/// </summary>
/// <remarks>
/// Source: pyFAI, <see href="https://doi.org/10.1107/S1600576715004306"/>, section 2; orientations as <see cref="DetectorOrientation"/> says.
/// Thread-safe.
/// </remarks>
public sealed class PixelGeometry
{
    private readonly DetectorGeometry _geometry;
    private readonly bool _rowsTurned;
    private readonly bool _columnsTurned;
    private readonly double _a11, _a12, _a13, _a21, _a22, _a23, _a31, _a32, _a33;

    /// <summary>Prepares the rotation R = R₃·R₂·R₁.</summary>
    /// <exception cref="ArgumentException">
    /// The orientation is none of the four, the corners are of another size than the image, or corners come with an orientation other than 3.
    /// </exception>
    public PixelGeometry(DetectorGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        Check(geometry);
        _geometry = geometry;
        _rowsTurned = geometry.Orientation is DetectorOrientation.TopLeft or DetectorOrientation.TopRight;
        _columnsTurned = geometry.Orientation is DetectorOrientation.TopLeft or DetectorOrientation.BottomLeft;
        (double s1, double c1) = Math.SinCos(geometry.Rot1_rad);
        (double s2, double c2) = Math.SinCos(geometry.Rot2_rad);
        (double s3, double c3) = Math.SinCos(geometry.Rot3_rad);
        (_a11, _a12, _a13) = (c2 * c3, (c3 * s1 * s2) - (c1 * s3), -((c1 * c3 * s2) + (s1 * s3)));
        (_a21, _a22, _a23) = (c2 * s3, (c1 * c3) + (s1 * s2 * s3), (c3 * s1) - (c1 * s2 * s3));
        (_a31, _a32, _a33) = (s2, -(c2 * s1), c1 * c2);
    }

    /// <summary>The geometry that it computes.</summary>
    public DetectorGeometry Geometry => _geometry;

    /// <summary>Computes a pixel centre: at (row + ½, column + ½) pixels, or the mean of the pixel's corners.</summary>
    /// <param name="row">Row index, pixel.</param>
    /// <param name="column">Column index, pixel.</param>
    public PixelPosition At(int row, int column)
    {
        if (_geometry.Corners is not { } corners)
        {
            return OnGrid(row + 0.5, column + 0.5);
        }

        (double z_m, double y_m, double x_m) = corners.Centre(row, column);
        return Place(y_m, x_m, z_m, row, column);
    }

    /// <summary>Computes a corner of a pixel.</summary>
    /// <param name="row">Row index, pixel.</param>
    /// <param name="column">Column index, pixel.</param>
    /// <param name="corner">0…3 for A…D, round the pixel: (row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1).</param>
    public PixelPosition Corner(int row, int column, int corner)
    {
        if (_geometry.Corners is not { } corners)
        {
            return OnGrid(row + (corner is 1 or 2 ? 1 : 0), column + (corner is 2 or 3 ? 1 : 0));
        }

        (double z_m, double y_m, double x_m) = corners.At(row, column, corner);
        return Place(y_m, x_m, z_m, row, column);
    }

    /// <summary>Radial coordinate of a position; d of the direct beam is infinite.</summary>
    /// <param name="position">The position.</param>
    /// <param name="unit">Unit wanted.</param>
    /// <exception cref="InvalidOperationException">q or d is asked for and the geometry has no wavelength.</exception>
    public double Radial(in PixelPosition position, RadialUnit unit) => unit switch
    {
        RadialUnit.TwoTheta_deg => position.TwoTheta_rad * (180 / Math.PI),
        RadialUnit.Q_invnm => 1e-9 * Q_invm(position.TwoTheta_rad),
        RadialUnit.Q_invA => 1e-10 * Q_invm(position.TwoTheta_rad),
        RadialUnit.R_mm => 1e3 * position.R_m,
        RadialUnit.D_A => 2 * Math.PI / (1e-10 * Q_invm(position.TwoTheta_rad)),
        RadialUnit.TwoTheta_rad => position.TwoTheta_rad,
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "unknown radial unit"),
    };

    private static void Check(DetectorGeometry geometry)
    {
        if (!Enum.IsDefined(geometry.Orientation))
        {
            throw new ArgumentException($"the detector's orientation must be 1 to 4, not {(int)geometry.Orientation}", nameof(geometry));
        }

        if (geometry.Corners is not { } corners)
        {
            return;
        }

        if (corners.Shape != geometry.Shape)
        {
            throw new ArgumentException($"the pixel corners are {corners.Shape} (rows × columns), the detector {geometry.Shape}", nameof(geometry));
        }

        if (geometry.Orientation != DetectorOrientation.BottomRight)
        {
            throw new ArgumentException(
                $"a detector given by its pixel corners must have orientation 3, not {(int)geometry.Orientation}: the corners say where each pixel is",
                nameof(geometry));
        }
    }

    private PixelPosition OnGrid(double row, double column)
    {
        row = _rowsTurned ? _geometry.Shape.Rows - row : row;
        column = _columnsTurned ? _geometry.Shape.Columns - column : column;
        double p1 = (row * _geometry.PixelSize1_m) - _geometry.Poni1_m;
        double p2 = (column * _geometry.PixelSize2_m) - _geometry.Poni2_m;
        double p3 = _geometry.Distance_m;
        return Rotate(p1, p2, p3, p3 / Math.Sqrt((p3 * p3) + (p1 * p1) + (p2 * p2)));
    }

    private PixelPosition Place(double y_m, double x_m, double z_m, int row, int column)
    {
        double p1 = y_m - _geometry.Poni1_m;
        double p2 = x_m - _geometry.Poni2_m;
        double p3 = z_m + _geometry.Distance_m;
        double length = Math.Sqrt((p1 * p1) + (p2 * p2) + (p3 * p3));
        if (_geometry.Corners!.IsFlat)
        {
            return Rotate(p1, p2, p3, p3 / length);
        }

        (double n3, double n1, double n2) = Normal(_geometry.Corners, row, column);
        return Rotate(p1, p2, p3, Math.Abs((p1 * n1) + (p2 * n2) + (p3 * n3)) / length);
    }

    // As pyFAI for detectors that are not flat: the cross product of the pixel's diagonals. Either sense of rotation is taken.
    private static (double Z, double Y, double X) Normal(PixelCorners corners, int row, int column)
    {
        (double az, double ay, double ax) = corners.At(row, column, 0);
        (double bz, double by, double bx) = corners.At(row, column, 1);
        (double cz, double cy, double cx) = corners.At(row, column, 2);
        (double dz, double dy, double dx) = corners.At(row, column, 3);
        (double uz, double uy, double ux) = (cz - az, cy - ay, cx - ax);
        (double vz, double vy, double vx) = (dz - bz, dy - by, dx - bx);
        (double nz, double ny, double nx) = ((uy * vx) - (ux * vy), (ux * vz) - (uz * vx), (uz * vy) - (uy * vz));
        double length = Math.Sqrt((nz * nz) + (ny * ny) + (nx * nx));
        return (nz / length, ny / length, nx / length);
    }

    private PixelPosition Rotate(double p1, double p2, double p3, double cosIncidence)
    {
        double t1 = (p1 * _a11) + (p2 * _a12) + (p3 * _a13);
        double t2 = (p1 * _a21) + (p2 * _a22) + (p3 * _a23);
        double t3 = (p1 * _a31) + (p2 * _a32) + (p3 * _a33);
        double r_m = Math.Sqrt((t1 * t1) + (t2 * t2));
        return new PixelPosition(Math.Atan2(r_m, t3), Math.Atan2(t1, t2), r_m, cosIncidence);
    }

    private double Q_invm(double twoTheta_rad)
    {
        double wavelength_m = _geometry.Wavelength_m ?? throw new InvalidOperationException(
            "q and d need the wavelength, and the geometry file has none: add \"Wavelength: …\" (in m) to the PONI file or use 2θ");
        return 4 * Math.PI / wavelength_m * Math.Sin(twoTheta_rad / 2);
    }
}
