namespace XrdCt.Live.Model.Slices;

/// <summary>A reconstructed slice of one live channel, [y, x] row-major, square, rotation axis at pixel <c>Size / 2</c>.</summary>
/// <param name="Channel">Name of the live channel.</param>
/// <param name="Size">Pixels along x and along y.</param>
/// <param name="PixelSize_um">Pixel size, µm.</param>
/// <param name="Values">Values, [y, x], length <c>Size²</c>; NaN outside the field of view or before any projection.</param>
/// <param name="ProjectionCount">How many projections it holds.</param>
public sealed record SliceMap(string Channel, int Size, double PixelSize_um, float[] Values, int ProjectionCount)
{
    /// <summary>What the map of the noise of a channel's slice, σ of each pixel, is called: a map like the slice itself.</summary>
    public static string NoiseOf(string channel) => $"σ({channel})";

    /// <summary>Sample coordinate of a pixel column (x) or row (y), µm.</summary>
    public double Position_um(int pixel) => (pixel - (Size / 2)) * PixelSize_um;
}
