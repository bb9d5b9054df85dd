using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Shares the outline of a pixel between the cells of a pattern. A point belongs whole to the cell it lies in; a polygon is cut along the
/// edges of the cells, and each piece is a share by area of the plane of radius and azimuth; what lies outside the axes is lost.
/// </summary>
/// <remarks>
/// As pyFAI's <c>no</c>, <c>bbox</c> and <c>full</c>, but for the ends of a given range: there pyFAI moves what lies outside into
/// the first and last bin. In 1D an azimuthal range takes or leaves whole pixels, as pyFAI does: a pixel that reaches into it counts whole.
/// Cells are [sector, bin], the bin fastest. Thread-safe.
/// </remarks>
internal sealed class PixelPlacement
{
    private readonly double _lower_deg;
    private readonly double _upper_deg;

    /// <summary>Takes the axes.</summary>
    /// <param name="radial">Radial axis.</param>
    /// <param name="azimuth">Azimuthal axis; null for a 1D pattern.</param>
    /// <param name="lower_deg">Lower end of the azimuthal range of a 1D pattern; minus infinity for the whole circle.</param>
    /// <param name="upper_deg">Upper end of the azimuthal range of a 1D pattern; infinity for the whole circle.</param>
    public PixelPlacement(RadialAxis radial, AzimuthAxis? azimuth, double lower_deg, double upper_deg)
    {
        Radial = radial;
        Azimuth = azimuth;
        CellCount = radial.BinCount * (azimuth?.SectorCount ?? 1);
        (_lower_deg, _upper_deg) = azimuth is null
            ? (lower_deg, upper_deg)
            : (azimuth.Lower_deg, azimuth.Lower_deg + (azimuth.SectorCount * azimuth.Step_deg));
    }

    /// <summary>Radial axis.</summary>
    public RadialAxis Radial { get; }

    /// <summary>Azimuthal axis; null for a 1D pattern.</summary>
    public AzimuthAxis? Azimuth { get; }

    /// <summary>Number of cells.</summary>
    public int CellCount { get; }

    /// <summary>Adds the shares of a pixel.</summary>
    /// <param name="outline">A point, or the corners of a polygon; overwritten.</param>
    /// <param name="pixel">Index of the pixel.</param>
    /// <param name="entries">Receives the shares.</param>
    public void Place(Span<PolarPoint> outline, int pixel, CellEntries entries)
    {
        double area = PolarPolygon.Area(outline);
        (PolarPoint lower, PolarPoint upper) = PolarPolygon.Bounds(outline);

        // The same pixel once more on the other side of ±180°: the axis may begin and end anywhere.
        double turns = double.IsFinite(_lower_deg) ? Math.Ceiling((_lower_deg - upper.Azimuth) / 360) : 0;
        if (!(lower.Azimuth + (360 * turns) <= _upper_deg))
        {
            return;
        }

        if (Azimuth is null)
        {
            PlaceInSector(outline, area, 0, pixel, entries);
            return;
        }

        Span<PolarPoint> turned = stackalloc PolarPoint[PolarPolygon.MostCorners];
        Span<PolarPoint> inside = stackalloc PolarPoint[PolarPolygon.MostCorners];
        Span<PolarPoint> rest = stackalloc PolarPoint[PolarPolygon.MostCorners];
        for (; lower.Azimuth + (360 * turns) <= _upper_deg; turns++)
        {
            for (int i = 0; i < outline.Length; i++)
            {
                turned[i] = outline[i] with { Azimuth = (outline[i].Azimuth + (360 * turns) - Azimuth.Lower_deg) / Azimuth.Step_deg };
            }

            PlaceInSectors(turned[..outline.Length], area / Azimuth.Step_deg, inside, rest, pixel, entries);
            if (outline.Length == 1)
            {
                return;
            }
        }
    }

    private void PlaceInSectors(
        Span<PolarPoint> outline, double area, Span<PolarPoint> inside, Span<PolarPoint> rest, int pixel, CellEntries entries)
    {
        (PolarPoint lower, PolarPoint upper) = PolarPolygon.Bounds(outline);
        int last = Math.Min((int)Math.Floor(upper.Azimuth), Azimuth!.SectorCount - 1);
        if (last < 0)
        {
            return;
        }

        int first = Math.Clamp((int)Math.Floor(lower.Azimuth), 0, last);
        if (outline.Length == 1 || (first <= lower.Azimuth && upper.Azimuth <= first + 1))
        {
            PlaceInSector(outline, area, first, pixel, entries);
            return;
        }

        Span<PolarPoint> uncut = stackalloc PolarPoint[PolarPolygon.MostCorners];
        outline.CopyTo(uncut);
        int count = lower.Azimuth < 0
            ? PolarPolygon.CutAtAzimuth(outline, 0, inside, uncut).Above
            : outline.Length;
        for (int sector = first; sector <= last && count > 0; sector++)
        {
            (int cut, int left) = PolarPolygon.CutAtAzimuth(uncut[..count], sector + 1, inside, rest);
            if (cut > 2)
            {
                PlaceInSector(inside[..cut], area, sector, pixel, entries);
            }

            rest[..left].CopyTo(uncut);
            count = left;
        }
    }

    /// <summary>Shares what of a pixel lies in a sector between its bins; <paramref name="area"/> is that of the whole pixel.</summary>
    private void PlaceInSector(ReadOnlySpan<PolarPoint> outline, double area, int sector, int pixel, CellEntries entries)
    {
        (PolarPoint lower, PolarPoint upper) = PolarPolygon.Bounds(outline);
        double first = Math.Floor((lower.Radial - Radial.Lower) / Radial.Step);
        double last = Math.Floor((upper.Radial - Radial.Lower) / Radial.Step);
        if (last < 0 || first >= Radial.BinCount)
        {
            return;
        }

        int cell = sector * Radial.BinCount;
        if (first == last || area == 0)
        {
            double share = outline.Length == 1 || area == 0 ? 1 : PolarPolygon.Area(outline) / area;
            entries.Add(cell + (int)Math.Max(first, 0), pixel, share);
            return;
        }

        Span<PolarPoint> uncut = stackalloc PolarPoint[PolarPolygon.MostCorners];
        Span<PolarPoint> below = stackalloc PolarPoint[PolarPolygon.MostCorners];
        Span<PolarPoint> above = stackalloc PolarPoint[PolarPolygon.MostCorners];
        outline.CopyTo(uncut);
        int count = outline.Length;
        if (first < 0)
        {
            count = PolarPolygon.CutAtRadius(outline, Radial.Lower, below, uncut).Above;
        }

        int end = (int)Math.Min(last, Radial.BinCount - 1);
        for (int bin = (int)Math.Max(first, 0); bin <= end && count > 0; bin++)
        {
            (int cut, int left) = PolarPolygon.CutAtRadius(
                uncut[..count], Radial.Lower + ((bin + 1) * Radial.Step), below, above);
            double share = cut > 2 ? PolarPolygon.Area(below[..cut]) / area : 0;
            if (share > 0)
            {
                entries.Add(cell + bin, pixel, share);
            }

            // What the last cut left becomes what is cut next.
            Span<PolarPoint> cutNext = above;
            above = uncut;
            uncut = cutNext;
            count = left;
        }
    }
}
