namespace XrdCt.Live.Compute.Integration;

/// <summary>Areas and cuts of polygons in the plane of radius and azimuth, as formulas on spans of their corners.</summary>
/// <remarks>
/// A cut is one step of Sutherland and Hodgman's clipping (<see href="https://doi.org/10.1145/360767.360802"/>) that keeps both sides. It is
/// exact in area also where a polygon is not convex: pieces that hang together are joined by edges of no area.
/// </remarks>
internal static class PolarPolygon
{
    /// <summary>Corners that a buffer must hold: a pixel around the beam has seven, and cuts along both axes add to them.</summary>
    public const int MostCorners = 32;

    /// <summary>Signed area, <c>½ Σ (xᵢ yᵢ₊₁ − xᵢ₊₁ yᵢ)</c>; its sign is that of the direction of travel.</summary>
    public static double Area(ReadOnlySpan<PolarPoint> corners)
    {
        // Seen from the first corner: the products stay small, and so does their rounding.
        double twice = 0;
        for (int i = 1; i + 1 < corners.Length; i++)
        {
            twice += ((corners[i].Radial - corners[0].Radial) * (corners[i + 1].Azimuth - corners[0].Azimuth))
                - ((corners[i + 1].Radial - corners[0].Radial) * (corners[i].Azimuth - corners[0].Azimuth));
        }

        return twice / 2;
    }

    /// <summary>Smallest and largest radius and azimuth.</summary>
    public static (PolarPoint Lower, PolarPoint Upper) Bounds(ReadOnlySpan<PolarPoint> corners)
    {
        (PolarPoint lower, PolarPoint upper) = (corners[0], corners[0]);
        foreach (PolarPoint corner in corners[1..])
        {
            lower = new PolarPoint(Math.Min(lower.Radial, corner.Radial), Math.Min(lower.Azimuth, corner.Azimuth));
            upper = new PolarPoint(Math.Max(upper.Radial, corner.Radial), Math.Max(upper.Azimuth, corner.Azimuth));
        }

        return (lower, upper);
    }

    /// <summary>Cuts a polygon at a radius into what lies below and what lies above.</summary>
    public static (int Below, int Above) CutAtRadius(
        ReadOnlySpan<PolarPoint> corners, double radius, Span<PolarPoint> below, Span<PolarPoint> above)
    {
        (int countBelow, int countAbove) = (0, 0);
        for (int i = 0; i < corners.Length; i++)
        {
            PolarPoint from = corners[i];
            PolarPoint to = corners[i + 1 == corners.Length ? 0 : i + 1];
            if (from.Radial <= radius)
            {
                below[countBelow++] = from;
            }

            if (from.Radial >= radius)
            {
                above[countAbove++] = from;
            }

            if ((from.Radial < radius && to.Radial > radius) || (from.Radial > radius && to.Radial < radius))
            {
                double part = (radius - from.Radial) / (to.Radial - from.Radial);
                var crossing = new PolarPoint(radius, from.Azimuth + (part * (to.Azimuth - from.Azimuth)));
                below[countBelow++] = crossing;
                above[countAbove++] = crossing;
            }
        }

        return (countBelow, countAbove);
    }

    /// <summary>Cuts a polygon at an azimuth into what lies below and what lies above.</summary>
    public static (int Below, int Above) CutAtAzimuth(
        ReadOnlySpan<PolarPoint> corners, double azimuth, Span<PolarPoint> below, Span<PolarPoint> above)
    {
        (int countBelow, int countAbove) = (0, 0);
        for (int i = 0; i < corners.Length; i++)
        {
            PolarPoint from = corners[i];
            PolarPoint to = corners[i + 1 == corners.Length ? 0 : i + 1];
            if (from.Azimuth <= azimuth)
            {
                below[countBelow++] = from;
            }

            if (from.Azimuth >= azimuth)
            {
                above[countAbove++] = from;
            }

            if ((from.Azimuth < azimuth && to.Azimuth > azimuth) || (from.Azimuth > azimuth && to.Azimuth < azimuth))
            {
                double part = (azimuth - from.Azimuth) / (to.Azimuth - from.Azimuth);
                var crossing = new PolarPoint(from.Radial + (part * (to.Radial - from.Radial)), azimuth);
                below[countBelow++] = crossing;
                above[countAbove++] = crossing;
            }
        }

        return (countBelow, countAbove);
    }
}
