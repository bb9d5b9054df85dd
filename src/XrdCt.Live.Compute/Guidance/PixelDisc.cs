namespace XrdCt.Live.Compute.Guidance;

/// <summary>Which share of each pixel a disc covers, exactly: the area of a square that is cut by a circle.</summary>
internal static class PixelDisc
{
    /// <summary>Area of the pixel [x − ½, x + ½] × [y − ½, y + ½] inside the circle around the origin, 0…1.</summary>
    public static double Share(double x, double y, double radius) =>
        Corner(x + 0.5, y + 0.5, radius) - Corner(x - 0.5, y + 0.5, radius) - Corner(x + 0.5, y - 0.5, radius) + Corner(x - 0.5, y - 0.5, radius);

    // Signed area of the disc in the rectangle from the origin to (x, y): odd in both, and the shares of pixels are differences of four.
    private static double Corner(double x, double y, double radius)
    {
        double sign = Math.Sign(x) * Math.Sign(y);
        (x, y) = (Math.Min(Math.Abs(x), radius), Math.Min(Math.Abs(y), radius));
        if ((x * x) + (y * y) <= radius * radius)
        {
            return sign * x * y;
        }

        // Full height up to where the circle comes down to y, then under the circle.
        double bend = Math.Sqrt((radius * radius) - (y * y));
        return sign * ((bend * y) + Under(x, radius) - Under(bend, radius));
    }

    // ∫₀ˣ √(r² − u²) du.
    private static double Under(double x, double radius) =>
        0.5 * ((x * Math.Sqrt(Math.Max(0, (radius * radius) - (x * x)))) + (radius * radius * Math.Asin(Math.Min(1, x / radius))));
}
