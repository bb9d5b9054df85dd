using System.Numerics.Tensors;

namespace XrdCt.Live.Compute.Guidance;

/// <summary>
/// Mean of a map over a disc around every pixel, <c>1/(πR²) ∫ f</c>, with the exact share of each pixel that the disc covers. What is beyond the
/// map, or not finite, counts as 0. Not thread-safe: it keeps its memory.
/// </summary>
/// <remarks>
/// A disc is a run of whole pixels in each row, taken as a difference of two running sums, and some pixels at both ends that it covers in
/// part: O(N²·R) for N² centres, R being the radius in pixels, not O(N²·R²).
/// </remarks>
public sealed class DiscMeans
{
    private readonly int _size;
    private readonly int _reach;
    private readonly int _width;
    private readonly int[] _half;
    private readonly (int Dx, double Weight)[][] _rim;
    private readonly double _area;
    private readonly double[] _padded;
    private readonly double[] _runs;
    private readonly double[] _sum;
    private readonly double[] _both;

    /// <summary>Cuts the disc into runs and rims.</summary>
    /// <param name="size">Pixels of a map along x and y, at least 1.</param>
    /// <param name="radius_px">Radius R, pixels, above 0 and at most twice the size.</param>
    /// <exception cref="ArgumentOutOfRangeException">Size or radius is out of range.</exception>
    public DiscMeans(int size, double radius_px)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        if (!(radius_px > 0 && radius_px <= 2.0 * size))
        {
            throw new ArgumentOutOfRangeException(nameof(radius_px), radius_px, $"the radius must be above 0 and at most {2 * size} pixels");
        }

        (_size, Radius_px) = (size, radius_px);
        _reach = (int)Math.Floor(radius_px + 0.5);
        _width = size + (2 * _reach);
        _half = new int[_reach + 1];
        _rim = new (int, double)[_reach + 1][];
        for (int dy = 0; dy <= _reach; dy++)
        {
            List<(int, double)> rim = [];
            int dx = 0;
            while (dx <= _reach && PixelDisc.Share(dx, dy, radius_px) > 1 - 1e-12)
            {
                dx++;
            }

            _half[dy] = dx - 1;
            for (; dx <= _reach; dx++)
            {
                double share = PixelDisc.Share(dx, dy, radius_px);
                if (share > 0)
                {
                    rim.Add((dx, share));
                }
            }

            _rim[dy] = [.. rim];
        }

        _area = Math.PI * radius_px * radius_px;
        _padded = new double[_width * _width];
        _runs = new double[_width * (_width + 1)];
        _sum = new double[size];
        _both = new double[_width + 1];
    }

    /// <summary>Radius, pixels.</summary>
    public double Radius_px { get; }

    /// <summary>Computes the means.</summary>
    /// <param name="map">[y, x], size² values.</param>
    /// <param name="means">Receives [y, x]; the mean around each pixel.</param>
    /// <exception cref="ArgumentException">A length does not belong to the size.</exception>
    public void Compute(ReadOnlySpan<float> map, Span<double> means)
    {
        if (map.Length != _size * _size || means.Length != map.Length)
        {
            throw new ArgumentException($"maps of {_size}² pixels are expected, not {map.Length} and {means.Length}");
        }

        for (int y = 0; y < _size; y++)
        {
            Span<double> row = _padded.AsSpan(((y + _reach) * _width) + _reach, _size);
            Span<double> run = _runs.AsSpan((y + _reach) * (_width + 1), _width + 1);
            double sum = 0;
            for (int x = 0; x < _size; x++)
            {
                float value = map[(y * _size) + x];
                row[x] = float.IsFinite(value) ? value : 0;
                sum += row[x];
                run[_reach + x + 1] = sum;
            }

            run[(_reach + _size + 1)..].Fill(sum);
        }

        for (int y = 0; y < _size; y++)
        {
            Disc(y);
            TensorPrimitives.Divide(_sum, _area, means.Slice(y * _size, _size));
        }
    }

    // All centres of a row at once: each row of the disc adds a stretch of the map that is shifted. Rows above and below are alike.
    private void Disc(int y)
    {
        Array.Clear(_sum);
        for (int dy = 0; dy <= _reach; dy++)
        {
            int half = _half[dy];
            if (half >= 0)
            {
                ReadOnlySpan<double> runs = Both(_runs, _width + 1, y + _reach, dy);
                TensorPrimitives.Add(_sum, runs.Slice(_reach + half + 1, _size), _sum);
                TensorPrimitives.Subtract(_sum, runs.Slice(_reach - half, _size), _sum);
            }

            ReadOnlySpan<double> rows = _rim[dy].Length > 0 ? Both(_padded, _width, y + _reach, dy) : default;
            foreach ((int dx, double weight) in _rim[dy])
            {
                TensorPrimitives.MultiplyAdd(rows.Slice(_reach + dx, _size), weight, _sum, _sum);
                if (dx > 0)
                {
                    TensorPrimitives.MultiplyAdd(rows.Slice(_reach - dx, _size), weight, _sum, _sum);
                }
            }
        }
    }

    private ReadOnlySpan<double> Both(double[] map, int width, int row, int dy)
    {
        ReadOnlySpan<double> below = map.AsSpan((row + dy) * width, width);
        if (dy == 0)
        {
            return below;
        }

        Span<double> both = _both.AsSpan(0, width);
        TensorPrimitives.Add(below, map.AsSpan((row - dy) * width, width), both);
        return both;
    }
}
