namespace XrdCt.Live.Phantoms.Samples;

/// <summary>
/// Volume fraction of one component in the slice, [y, x] row-major, square, rotation axis at pixel Size / 2.
/// </summary>
/// <param name="Size">Pixels along x and along y.</param>
/// <param name="PixelSize_um">Pixel size, µm.</param>
/// <param name="Values">Volume fraction 0…1, [y, x], length <c>Size²</c>.</param>
public sealed record DensityMap(int Size, double PixelSize_um, float[] Values)
{
    /// <summary>Allocates an empty map.</summary>
    /// <param name="size">Pixels along x and along y.</param>
    /// <param name="pixelSize_um">Pixel size, µm.</param>
    public DensityMap(int size, double pixelSize_um)
        : this(size, pixelSize_um, new float[size * size])
    {
    }

    /// <summary>Sample coordinate of the centre of a pixel column (x) or row (y), µm from the rotation axis.</summary>
    public double Position_um(int pixel) => (pixel - (Size / 2)) * PixelSize_um;
}
