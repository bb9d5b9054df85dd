using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// The pixels of a row as polygons in the plane of radius (in the unit of the axis) and azimuth (degrees): a point without splitting, a
/// rectangle for <see cref="PixelSplitting.BoundingBox"/>, the four corners for <see cref="PixelSplitting.Full"/>.
/// </summary>
/// <remarks>
/// Azimuths of an outline follow each other without a jump, so that a pixel on the discontinuity at ±180° reaches beyond it. A pixel around
/// the beam covers the whole circle: its outline runs once around and returns along radius 0. (pyFAI leaves that pixel crossed.)
/// Not thread-safe: one instance per worker.
/// </remarks>
internal sealed class PixelOutlines
{
    /// <summary>Corners of the largest outline, that of the pixel around the beam.</summary>
    public const int MostCorners = 7;

    // Nearer to the beam than a millionth of a pixel, the azimuth of a corner is rounding.
    private const double OnTheBeam_px = 1e-6;

    private readonly PixelGeometry _pixels;
    private readonly RadialUnit _unit;
    private readonly PixelSplitting _splitting;
    private readonly double _onTheBeam_m;
    private readonly bool _onGrid;
    private readonly PixelPosition[] _centres;
    private PolarPoint[] _lowerCorners;
    private PolarPoint[] _upperCorners;
    private int _row = int.MinValue;

    /// <summary>Prepares for the rows of a detector.</summary>
    public PixelOutlines(PixelGeometry pixels, RadialUnit unit, PixelSplitting splitting)
    {
        _pixels = pixels;
        _unit = unit;
        _splitting = splitting;
        _onTheBeam_m = OnTheBeam_px * Math.Min(pixels.Geometry.PixelSize1_m, pixels.Geometry.PixelSize2_m);
        int columns = pixels.Geometry.Shape.Columns;
        _centres = new PixelPosition[columns];
        _onGrid = pixels.Geometry.Corners is null;
        _lowerCorners = new PolarPoint[splitting == PixelSplitting.None || !_onGrid ? 0 : columns + 1];
        _upperCorners = new PolarPoint[_lowerCorners.Length];
    }

    /// <summary>Centres of the row's pixels.</summary>
    public ReadOnlySpan<PixelPosition> Centres => _centres;

    /// <summary>Computes a row; cheaper when it follows the one before.</summary>
    public void MoveTo(int row)
    {
        for (int column = 0; column < _centres.Length; column++)
        {
            _centres[column] = _pixels.At(row, column);
        }

        if (row == _row + 1)
        {
            (_lowerCorners, _upperCorners) = (_upperCorners, _lowerCorners);
        }
        else
        {
            Corners(row, _lowerCorners);
        }

        Corners(row + 1, _upperCorners);
        _row = row;
    }

    /// <summary>Writes the outline of a pixel of the row.</summary>
    /// <param name="column">Column index, pixel.</param>
    /// <param name="outline">Receives up to <see cref="MostCorners"/> corners.</param>
    /// <returns>How many; 0 where a corner lies at infinity (d at the direct beam).</returns>
    public int Write(int column, Span<PolarPoint> outline)
    {
        var centre = new PolarPoint(_pixels.Radial(_centres[column], _unit), Degrees(_centres[column].Azimuth_rad));
        int count;
        if (_splitting == PixelSplitting.None)
        {
            outline[0] = centre;
            count = 1;
        }
        else
        {
            ReadOnlySpan<PolarPoint> corners = _onGrid
                ? [_lowerCorners[column], _upperCorners[column], _upperCorners[column + 1], _lowerCorners[column + 1]]
                : [Polar(column, 0), Polar(column, 1), Polar(column, 2), Polar(column, 3)];
            count = _splitting == PixelSplitting.BoundingBox ? Box(centre, corners, outline) : Polygon(corners, outline);
        }

        foreach (PolarPoint corner in outline[..count])
        {
            if (!double.IsFinite(corner.Radial))
            {
                return 0;
            }
        }

        return count;
    }

    /// <summary>The corners between two rows of the grid, which its pixels share.</summary>
    private void Corners(int row, PolarPoint[] corners)
    {
        for (int column = 0; column < corners.Length; column++)
        {
            corners[column] = Polar(_pixels.Corner(row, column, 0));
        }
    }

    private PolarPoint Polar(int column, int corner) => Polar(_pixels.Corner(_row, column, corner));

    private PolarPoint Polar(in PixelPosition corner) => new(
        _pixels.Radial(corner, _unit), corner.R_m < _onTheBeam_m ? double.NaN : Degrees(corner.Azimuth_rad));

    /// <summary>Centre ± the largest distance of a corner, in radius and in azimuth; no radius is below 0.</summary>
    private static int Box(PolarPoint centre, ReadOnlySpan<PolarPoint> corners, Span<PolarPoint> outline)
    {
        (double radial, double azimuth) = (0, 0);
        foreach (PolarPoint corner in corners)
        {
            radial = Math.Max(radial, Math.Abs(corner.Radial - centre.Radial));
            azimuth = double.IsNaN(corner.Azimuth) ? azimuth : Math.Max(azimuth, Math.Abs(Turn(centre.Azimuth, corner.Azimuth)));
        }

        double inner = Math.Max(0, centre.Radial - radial);
        outline[0] = new PolarPoint(inner, centre.Azimuth - azimuth);
        outline[1] = new PolarPoint(centre.Radial + radial, centre.Azimuth - azimuth);
        outline[2] = new PolarPoint(centre.Radial + radial, centre.Azimuth + azimuth);
        outline[3] = new PolarPoint(inner, centre.Azimuth + azimuth);
        return 4;
    }

    private int Polygon(ReadOnlySpan<PolarPoint> corners, Span<PolarPoint> outline)
    {
        int first = 0;
        int onTheBeam = -1;
        for (int i = 0; i < corners.Length; i++)
        {
            if (double.IsNaN(corners[i].Azimuth))
            {
                (onTheBeam, first) = (i, (i + 1) % corners.Length);
            }
        }

        outline[0] = corners[first];
        int count = 1;
        for (int i = 1; i < (onTheBeam < 0 ? corners.Length : corners.Length - 1); i++)
        {
            PolarPoint next = corners[(first + i) % corners.Length];
            outline[count] = next with { Azimuth = outline[count - 1].Azimuth + Turn(outline[count - 1].Azimuth, next.Azimuth) };
            count++;
        }

        // A corner on the beam has every azimuth between its neighbours'.
        if (onTheBeam >= 0)
        {
            outline[count] = corners[onTheBeam] with { Azimuth = outline[count - 1].Azimuth };
            outline[count + 1] = corners[onTheBeam] with { Azimuth = outline[0].Azimuth };
            return count + 2;
        }

        double around = outline[3].Azimuth + Turn(outline[3].Azimuth, outline[0].Azimuth) - outline[0].Azimuth;
        if (Math.Abs(around) > 180)
        {
            double beam = _unit == RadialUnit.D_A ? double.PositiveInfinity : 0;
            outline[4] = outline[0] with { Azimuth = outline[0].Azimuth + around };
            outline[5] = new PolarPoint(beam, outline[0].Azimuth + around);
            outline[6] = new PolarPoint(beam, outline[0].Azimuth);
            count = 7;
        }

        return count;
    }

    private static double Degrees(double angle_rad) => angle_rad * (180 / Math.PI);

    /// <summary>The shorter way from one azimuth to another, −180…180°.</summary>
    private static double Turn(double from_deg, double to_deg) => Math.IEEERemainder(to_deg - from_deg, 360);
}
