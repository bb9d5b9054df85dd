using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Geometry;

/// <summary>
/// Where the four corners of every pixel lie, for detectors whose pixels are no regular grid: calibrated modules, curved detectors. In
/// the detector's frame before the point of normal incidence is taken off and before any rotation.
/// </summary>
/// <remarks>
/// pyFAI's array <c>pixel_corners</c>, [row, column, corner, (z, y, x)] in m: y along axis 1, x along axis 2, z along axis 3, away from
/// the sample. On a regular grid, corner A of pixel (r, c) is at (r, c), B at (r + 1, c), C at (r + 1, c + 1), D at (r, c + 1).
/// </remarks>
public sealed class PixelCorners
{
    /// <summary>Corners of a pixel.</summary>
    public const int PerPixel = 4;

    private const int Coordinates = 3;

    private readonly float[] _values;

    /// <summary>Takes over <paramref name="values"/>.</summary>
    /// <param name="shape">Image size.</param>
    /// <param name="values">[row, column, corner, (z, y, x)], m, row-major; a pixel without a place has numbers that are not finite.</param>
    /// <exception cref="ArgumentException">There are not twelve values per pixel.</exception>
    public PixelCorners(ImageShape shape, float[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != (long)shape.PixelCount * PerPixel * Coordinates)
        {
            throw new ArgumentException($"the corners of {shape} pixels are {12L * shape.PixelCount} numbers, not {values.Length}", nameof(values));
        }

        Shape = shape;
        _values = values;
        IsFlat = true;
        for (int i = 0; i < values.Length && IsFlat; i += Coordinates)
        {
            IsFlat = values[i] == 0;
        }
    }

    /// <summary>Image size.</summary>
    public ImageShape Shape { get; }

    /// <summary>All corners lie in the plane z = 0.</summary>
    public bool IsFlat { get; }

    /// <summary>The numbers, [row, column, corner, (z, y, x)], m.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>Place of one corner, m.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="column">Column index.</param>
    /// <param name="corner">0…3 for A…D.</param>
    public (double Z_m, double Y_m, double X_m) At(int row, int column, int corner)
    {
        int i = ((((row * Shape.Columns) + column) * PerPixel) + corner) * Coordinates;
        return (_values[i], _values[i + 1], _values[i + 2]);
    }

    /// <summary>Centre of a pixel, m: the mean of its corners, as in pyFAI.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="column">Column index.</param>
    public (double Z_m, double Y_m, double X_m) Centre(int row, int column)
    {
        (double z, double y, double x) = (0, 0, 0);
        for (int corner = 0; corner < PerPixel; corner++)
        {
            (double dz, double dy, double dx) = At(row, column, corner);
            (z, y, x) = (z + dz, y + dy, x + dx);
        }

        return (z / PerPixel, y / PerPixel, x / PerPixel);
    }

    /// <summary>A mask of the pixels of which a coordinate is not finite: they have no place.</summary>
    public PixelMask Unplaced()
    {
        bool[] masked = new bool[Shape.PixelCount];
        for (int i = 0; i < _values.Length; i++)
        {
            masked[i / (PerPixel * Coordinates)] |= !float.IsFinite(_values[i]);
        }

        return new PixelMask(Shape, masked);
    }
}
