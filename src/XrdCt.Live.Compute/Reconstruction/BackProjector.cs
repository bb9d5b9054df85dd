namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Adds filtered projections to a slice: pixel (x, y), counted from the rotation axis at pixel N/2 (integer
/// division), receives <c>weight · filtered(x·cos θ − y·sin θ + c)</c>, linearly interpolated; t is counted from
/// sample N/2, and the rotation axis is at sample N/2 + c.
/// </summary>
/// <remarks>
/// Pixels outside the circle of radius N/2 − |c| are left alone: not every projection sees them. Immutable, thread-safe.
/// </remarks>
public sealed class BackProjector
{
    private readonly int _radius;
    private readonly double _seen;

    /// <summary>Makes a back-projector for a square slice.</summary>
    /// <param name="size">Pixels along x and y, equal to the samples of a projection.</param>
    /// <param name="centre_px">Offset c of the rotation axis from sample N/2, samples; less than N/2 in magnitude.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 2, or the axis is outside the projection.</exception>
    public BackProjector(int size, double centre_px = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 2);
        Size = size;
        _radius = size / 2;
        if (!(Math.Abs(centre_px) < _radius))
        {
            throw new ArgumentOutOfRangeException(
                nameof(centre_px), centre_px, $"the rotation axis must be less than {_radius} samples from the middle one");
        }

        Centre_px = centre_px;
        _seen = _radius - Math.Abs(centre_px);
    }

    /// <summary>Pixels along x and y.</summary>
    public int Size { get; }

    /// <summary>Offset c of the rotation axis from sample N/2, samples.</summary>
    public double Centre_px { get; }

    /// <summary>
    /// First column of a row inside the circle; columns run to <c>2·(N/2) − first</c>, at most N − 1. A row outside has none: its last
    /// is before its first.
    /// </summary>
    internal (int First, int Last) Columns(int row)
    {
        int y = row - _radius;
        if (Math.Abs(y) > _seen)
        {
            return (0, -1);
        }

        int half = (int)Math.Floor(Math.Sqrt((_seen * _seen) - ((double)y * y)));
        return (_radius - half, Math.Min(_radius + half, Size - 1));
    }

    /// <summary>Adds one projection.</summary>
    /// <param name="filtered">Filtered projection, N + 2 samples (see <see cref="ProjectionFilter.FilteredLength"/>).</param>
    /// <param name="angle_rad">θ, rad.</param>
    /// <param name="weight">Factor on the projection; a negative one takes it out again.</param>
    /// <param name="slice">
    /// Slice, [y, x], N² values, added to; in double, so that adding and taking out again leaves nothing behind.
    /// </param>
    public void Add(ReadOnlySpan<float> filtered, double angle_rad, double weight, Span<double> slice)
    {
        if (filtered.Length != Size + (2 * ProjectionFilter.Margin) || slice.Length != Size * Size)
        {
            throw new ArgumentException(
                $"a slice of {Size}² takes projections of {Size + 2} samples, not {filtered.Length} into {slice.Length}");
        }

        (double sin, double cos) = Math.SinCos(angle_rad);
        for (int row = 0; row < Size; row++)
        {
            (int first, int last) = Columns(row);
            double start = ((first - _radius) * cos) - ((row - _radius) * sin) + _radius + ProjectionFilter.Margin + Centre_px;
            Span<double> line = slice.Slice(row * Size, Size);
            AddLine(filtered, start, cos, weight, line[first..(last + 1)]);
        }
    }

    private static void AddLine(
        ReadOnlySpan<float> filtered, double start, double step, double weight, Span<double> line)
    {
        for (int i = 0; i < line.Length; i++)
        {
            double t = start + (i * step);
            int left = (int)t;
            float a = filtered[left];
            float b = left + 1 < filtered.Length ? filtered[left + 1] : 0;
            line[i] += weight * (a + ((t - left) * (b - a)));
        }
    }
}
