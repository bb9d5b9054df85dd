using System.Numerics.Tensors;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// Subtraction: the coarse slice without the disc that all projections of the ROI scan see is projected on the rays of the ROI scan,
/// scaled, and taken off before the filter: <c>filtered = h∗(row − s·P(mask·slice))</c>.
/// </summary>
/// <remarks>
/// A pixel that the rim of the disc cuts counts with the share that lies outside. Projected as the back projection interpolates:
/// <c>P(t) = Σ mask·value·hat((t − t_pixel)/pixel)</c>, in the unit of the coarse sinogram. What the coarse slice does not show (details
/// below its pixel, its noise, streaks of its own) stays in. Source of the idea: Daemi et al., Phys. Chem. Chem. Phys. 22 (2020) 17814,
/// where a coarse scan serves to subtract what lies outside.
/// </remarks>
public sealed class RoiSubtraction : IRoiFilter
{
    // The share of a pixel outside the disc is counted on 16 × 16 points: to 0.4 % of a pixel.
    private const int Points = 16;

    private readonly RoiWindow _window;
    private readonly float[] _inside;
    private readonly float[] _outside;
    private readonly double[] _x_um;
    private readonly double[] _y_um;
    private readonly float[] _values;
    private readonly float[] _splat;
    private readonly int _pad;

    /// <summary>Makes the filter.</summary>
    /// <param name="length">Samples N of a projection of the ROI scan.</param>
    /// <param name="step_um">Their distance, µm.</param>
    /// <param name="alignment">Where the rays lie in the coarse scan, see <see cref="RoiRegistration"/>.</param>
    /// <param name="slice">Coarse slice, [y, x, bin], bins fastest, as the filtered back projection gives it; NaN counts as 0.</param>
    /// <param name="size">Its pixels along x and y; the rotation axis is at pixel size/2 (integer division).</param>
    /// <param name="pixelSize_um">Its pixel size, the step of the coarse scan, µm.</param>
    /// <param name="filter">Apodisation.</param>
    /// <exception cref="ArgumentException">The slice is not square, or the alignment is impossible.</exception>
    public RoiSubtraction(
        int length, double step_um, RoiAlignment alignment, ReadOnlySpan<float> slice, int size, double pixelSize_um, RampFilter filter)
    {
        _window = new RoiWindow(length, step_um, alignment);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 2);
        if (!(pixelSize_um > 0) || !double.IsFinite(pixelSize_um))
        {
            throw new ArgumentOutOfRangeException(nameof(pixelSize_um), pixelSize_um, "the pixel size must be above 0");
        }

        Width = (int)(slice.Length / ((long)size * size));
        if (Width < 1 || (long)Width * size * size != slice.Length)
        {
            throw new ArgumentException($"{slice.Length} values are no whole number of slices of {size}² pixels", nameof(slice));
        }

        // The hat of a pixel reaches one pixel beyond its centre, the splat one sample.
        _pad = (int)Math.Ceiling(pixelSize_um / step_um) + 2;
        _splat = new float[(length + (2 * _pad)) * Width];
        var plain = new ProjectionFilter(length, filter);
        _inside = FilterMatrix.Of(plain, length);
        _outside = Taken(plain, pixelSize_um / step_um);
        (_x_um, _y_um, _values) = Around(slice, size, pixelSize_um);
    }

    /// <inheritdoc/>
    public RoiMode Mode => RoiMode.Subtraction;

    /// <inheritdoc/>
    public int Length => _window.Length;

    /// <inheritdoc/>
    public int FilteredLength => _window.FilteredLength;

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public void Apply(double angle_rad, ReadOnlySpan<float> row, Span<float> filtered)
    {
        _window.Check(Width, row, filtered);
        (double coarse_rad, double shift_um) = _window.ToCoarse(angle_rad);
        (double sin, double cos) = Math.SinCos(coarse_rad);
        double first_um = _window.Position_um(-_pad) + shift_um;
        int last = (_splat.Length / Width) - 1;
        _splat.AsSpan().Clear();
        for (int p = 0; p < _x_um.Length; p++)
        {
            double at = ((_x_um[p] * cos) - (_y_um[p] * sin) - first_um) / _window.Step_um;
            if (!(at >= 0 && at < last))
            {
                continue;
            }

            int left = (int)at;
            float share = (float)(at - left);
            ReadOnlySpan<float> values = _values.AsSpan(p * Width, Width);
            Span<float> a = _splat.AsSpan(left * Width, Width);
            Span<float> b = _splat.AsSpan((left + 1) * Width, Width);
            TensorPrimitives.MultiplyAdd(values, 1 - share, a, a);
            TensorPrimitives.MultiplyAdd(values, share, b, b);
        }

        FilterMatrix.Multiply(_inside, row, Width, filtered, accumulate: false);
        FilterMatrix.Multiply(_outside, _splat, Width, filtered, accumulate: true);
    }

    /// <summary>−s·h∗hat, from the padded grid to the window.</summary>
    private float[] Taken(ProjectionFilter filter, double pixel_px)
    {
        int columns = Length + (2 * _pad);
        float[] matrix = new float[FilteredLength * columns];
        for (int q = 0; q < columns; q++)
        {
            for (int m = 0; m < Length; m++)
            {
                double hat = 1 - (Math.Abs(m - (q - _pad)) / pixel_px);
                if (hat <= 0)
                {
                    continue;
                }

                ReadOnlySpan<float> response = FilterMatrix.Window(filter, Length, m);
                for (int i = 0; i < response.Length; i++)
                {
                    matrix[(i * columns) + q] -= (float)(_window.Alignment.Scale * hat * response[i]);
                }
            }
        }

        return matrix;
    }

    /// <summary>The pixels that are not wholly inside the disc, weighted.</summary>
    private (double[] X_um, double[] Y_um, float[] Values) Around(ReadOnlySpan<float> slice, int size, double pixelSize_um)
    {
        List<double> x_um = [];
        List<double> y_um = [];
        List<float> values = [];
        for (int row = 0; row < size; row++)
        {
            for (int column = 0; column < size; column++)
            {
                double x = (column - (size / 2)) * pixelSize_um;
                double y = (row - (size / 2)) * pixelSize_um;
                double share = ShareOutside(x, y, pixelSize_um);
                if (share == 0)
                {
                    continue;
                }

                x_um.Add(x);
                y_um.Add(y);
                foreach (float value in slice.Slice(((row * size) + column) * Width, Width))
                {
                    values.Add(float.IsNaN(value) ? 0 : (float)(share * value));
                }
            }
        }

        return ([.. x_um], [.. y_um], [.. values]);
    }

    private double ShareOutside(double x_um, double y_um, double pixelSize_um)
    {
        double dx = x_um - _window.Alignment.X_um;
        double dy = y_um - _window.Alignment.Y_um;
        double distance_um = Math.Sqrt((dx * dx) + (dy * dy));
        double halfDiagonal_um = pixelSize_um * Math.Sqrt(0.5);
        if (Math.Abs(distance_um - _window.Radius_um) >= halfDiagonal_um)
        {
            return distance_um > _window.Radius_um ? 1 : 0;
        }

        int outside = 0;
        for (int i = 0; i < Points * Points; i++)
        {
            double px = dx + ((((i % Points) + 0.5) / Points) - 0.5) * pixelSize_um;
            double py = dy + ((((i / Points) + 0.5) / Points) - 0.5) * pixelSize_um;
            outside += (px * px) + (py * py) > _window.Radius_um * _window.Radius_um ? 1 : 0;
        }

        return outside / (double)(Points * Points);
    }
}
