namespace XrdCt.Live.Compute.Guidance;

/// <summary>
/// Signal that a scan with a field of view of radius R around each pixel would get in all: the integral of the map over the strip
/// |t − t₀| ≤ R, averaged over the half circle of angles, in the unit of a disc's integral: <c>∫ f(r)·min(1, 2/π·asin(R/|r − c|)) dr</c>.
/// </summary>
/// <remarks>
/// The map is projected at <see cref="AngleCount"/> angles, a pixel as a box of width 1, and the running sum of each projection gives the strips of
/// all centres: O(N²) per angle. Not thread-safe: it keeps its memory.
/// </remarks>
public sealed class StripMeans
{
    /// <summary>Angles over the half circle.</summary>
    public const int AngleCount = 24;

    private readonly int _size;
    private readonly int _half;
    private readonly double[] _projection;
    private readonly double[] _running;

    /// <summary>Makes the memory.</summary>
    /// <param name="size">Pixels of a map along x and y, at least 1.</param>
    public StripMeans(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        _size = size;
        _half = (int)Math.Ceiling(size * Math.Sqrt(0.5)) + 2;
        _projection = new double[(2 * _half) + 2];
        _running = new double[_projection.Length + 1];
    }

    /// <summary>Computes the strips.</summary>
    /// <param name="map">[y, x], size² values; what is not finite counts as 0.</param>
    /// <param name="radius_px">Half the width of a strip, pixels, above 0.</param>
    /// <param name="strips">Receives [y, x]: mean over the angles of the integral over the strip, in units of the map times pixels².</param>
    /// <exception cref="ArgumentException">A length does not belong to the size.</exception>
    public void Compute(ReadOnlySpan<float> map, double radius_px, Span<double> strips)
    {
        if (map.Length != _size * _size || strips.Length != map.Length)
        {
            throw new ArgumentException($"maps of {_size}² pixels are expected, not {map.Length} and {strips.Length}");
        }

        strips.Clear();
        double middle = (_size - 1) / 2.0;
        for (int angle = 0; angle < AngleCount; angle++)
        {
            // Half a step off the axes, along which whole columns would fall into one sample.
            (double sin, double cos) = Math.SinCos((angle + 0.5) * Math.PI / AngleCount);
            Project(map, middle, sin, cos);
            for (int y = 0; y < _size; y++)
            {
                double t = (-middle * cos) - ((y - middle) * sin) + _half + 0.5;
                for (int x = 0; x < _size; x++)
                {
                    double place = t + (x * cos);
                    strips[(y * _size) + x] += (Below(place + radius_px) - Below(place - radius_px)) / AngleCount;
                }
            }
        }
    }

    private void Project(ReadOnlySpan<float> map, double middle, double sin, double cos)
    {
        Array.Clear(_projection);
        for (int y = 0; y < _size; y++)
        {
            double t = (-middle * cos) - ((y - middle) * sin) + _half;
            for (int x = 0; x < _size; x++)
            {
                float value = map[(y * _size) + x];
                if (float.IsFinite(value))
                {
                    double place = t + (x * cos);
                    int left = (int)place;
                    _projection[left + 1] += (place - left) * value;
                    _projection[left] += (1 - place + left) * value;
                }
            }
        }

        for (int i = 0; i < _projection.Length; i++)
        {
            _running[i + 1] = _running[i] + _projection[i];
        }
    }

    // Sample i covers i to i + 1 here.
    private double Below(double place)
    {
        double inside = Math.Clamp(place, 0, _running.Length - 1);
        int left = Math.Min((int)inside, _running.Length - 2);
        return double.Lerp(_running[left], _running[left + 1], inside - left);
    }
}
