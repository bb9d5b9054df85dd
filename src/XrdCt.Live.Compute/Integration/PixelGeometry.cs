using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Where the pixels lie in diffraction space, computed in double precision from pyFAI's formulas. (pyFAI itself
/// starts from float32 pixel coordinates: relative q differs by up to 5e-5 next to the beam, 3e-7 elsewhere.)
/// </summary>
/// <remarks>Source: pyFAI, <see href="https://doi.org/10.1107/S1600576715004306"/>, section 2. Thread-safe.</remarks>
public sealed class PixelGeometry
{
    private readonly DetectorGeometry _geometry;
    private readonly double _a11, _a12, _a13, _a21, _a22, _a23, _a31, _a32, _a33;

    /// <summary>Prepares the rotation R = R₃·R₂·R₁.</summary>
    public PixelGeometry(DetectorGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        _geometry = geometry;
        (double s1, double c1) = Math.SinCos(geometry.Rot1_rad);
        (double s2, double c2) = Math.SinCos(geometry.Rot2_rad);
        (double s3, double c3) = Math.SinCos(geometry.Rot3_rad);
        (_a11, _a12, _a13) = (c2 * c3, (c3 * s1 * s2) - (c1 * s3), -((c1 * c3 * s2) + (s1 * s3)));
        (_a21, _a22, _a23) = (c2 * s3, (c1 * c3) + (s1 * s2 * s3), (c3 * s1) - (c1 * s2 * s3));
        (_a31, _a32, _a33) = (s2, -(c2 * s1), c1 * c2);
    }

    /// <summary>The geometry that it computes.</summary>
    public DetectorGeometry Geometry => _geometry;

    /// <summary>Computes a pixel centre.</summary>
    /// <param name="row">Row index, pixel; the centre is at row + 0.5.</param>
    /// <param name="column">Column index, pixel; the centre is at column + 0.5.</param>
    public PixelPosition At(int row, int column) => On(row + 0.5, column + 0.5);

    /// <summary>Computes the lower corner of a pixel, which is its neighbours' too; row and column run to the detector's size.</summary>
    /// <param name="row">Row index of the corner, pixel; 0…rows.</param>
    /// <param name="column">Column index of the corner, pixel; 0…columns.</param>
    public PixelPosition CornerAt(int row, int column) => On(row, column);

    private PixelPosition On(double row_px, double column_px)
    {
        double p1 = (row_px * _geometry.PixelSize1_m) - _geometry.Poni1_m;
        double p2 = (column_px * _geometry.PixelSize2_m) - _geometry.Poni2_m;
        double p3 = _geometry.Distance_m;
        double t1 = (p1 * _a11) + (p2 * _a12) + (p3 * _a13);
        double t2 = (p1 * _a21) + (p2 * _a22) + (p3 * _a23);
        double t3 = (p1 * _a31) + (p2 * _a32) + (p3 * _a33);
        double r_m = Math.Sqrt((t1 * t1) + (t2 * t2));
        double cosIncidence = p3 / Math.Sqrt((p3 * p3) + (p1 * p1) + (p2 * p2));
        return new PixelPosition(Math.Atan2(r_m, t3), Math.Atan2(t1, t2), r_m, cosIncidence);
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

    private double Q_invm(double twoTheta_rad)
    {
        double wavelength_m = _geometry.Wavelength_m ?? throw new InvalidOperationException(
            "q and d need the wavelength, and the geometry file has none: add \"Wavelength: …\" (in m) to the PONI file or use 2θ");
        return 4 * Math.PI / wavelength_m * Math.Sin(twoTheta_rad / 2);
    }
}
