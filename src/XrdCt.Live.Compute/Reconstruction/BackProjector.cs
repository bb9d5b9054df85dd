namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Adds filtered projections to a slice: pixel (x, y), counted from the rotation axis at pixel N/2 (integer
/// division), receives <c>weight · filtered(x·cos θ − y·sin θ)</c>, linearly interpolated.
/// </summary>
/// <remarks>
/// Pixels outside the circle of radius N/2 are left alone: not every projection sees them. Immutable, thread-safe.
/// </remarks>
public sealed class BackProjector
{
    private readonly int _radius;

    /// <summary>Makes a back-projector for a square slice.</summary>
    /// <param name="size">Pixels along x and y, equal to the samples of a projection.</param>
    public BackProjector(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 2);
        Size = size;
        _radius = size / 2;
    }

    /// <summary>Pixels along x and y.</summary>
    public int Size { get; }

    /// <summary>First column of a row inside the circle; columns run to <c>2·(N/2) − first</c>, at most N − 1.</summary>
    internal (int First, int Last) Columns(int row)
    {
        int y = row - _radius;
        int half = (int)Math.Floor(Math.Sqrt(((double)_radius * _radius) - ((double)y * y)));
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
            double start = ((first - _radius) * cos) - ((row - _radius) * sin) + _radius + ProjectionFilter.Margin;
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
