using System.Numerics;
using System.Runtime.InteropServices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Projects slices of many bins at once, the exact transpose of <see cref="BackProjector"/>: pixel (x, y) inside the circle, counted from the
/// rotation axis, gives <c>(1 − f)</c> of its value to the sample left of <c>t = x·cos θ − y·sin θ + c</c> and <c>f</c> to the one right of
/// it, f being the way between them (pixel-driven linear interpolation).
/// </summary>
/// <remarks>
/// Bins are interleaved, so the place of a pixel on a projection is found once for all of them. Pixels outside the circle of radius N/2 − |c|
/// are left out, as the back projection leaves them alone. Immutable, thread-safe.
/// </remarks>
public sealed class BlockForwardProjector
{
    private readonly BackProjector _circle;

    /// <summary>Makes a projector for square slices.</summary>
    /// <param name="size">Pixels along x and y, equal to the samples of a projection, at least 2.</param>
    /// <param name="centre_px">Offset c of the rotation axis from sample N/2, samples; less than N/2 in magnitude.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 2, or the axis is outside the projection.</exception>
    public BlockForwardProjector(int size, double centre_px = 0) => _circle = new BackProjector(size, centre_px);

    /// <summary>Pixels along x and y.</summary>
    public int Size => _circle.Size;

    /// <summary>Offset c of the rotation axis from sample N/2, samples.</summary>
    public double Centre_px => _circle.Centre_px;

    /// <summary>
    /// Samples of a projection with one more on either side, as filtered projections have them: sample i is at i + 1. The two at the ends
    /// hold what falls beyond the projection.
    /// </summary>
    public int ProjectionLength => Size + (2 * ProjectionFilter.Margin);

    /// <summary>Projects the slices of a block at one angle.</summary>
    /// <param name="slices">Slices, [y, x, bin], N² · width values; NaN inside the circle spoils the samples that it falls on.</param>
    /// <param name="angle_rad">θ, rad.</param>
    /// <param name="projections">
    /// Receives [sample, bin], <see cref="ProjectionLength"/> · width values, in the unit of the slices × pixel.
    /// </param>
    /// <exception cref="ArgumentException">The lengths do not belong to one width.</exception>
    public void Project(ReadOnlySpan<float> slices, double angle_rad, Span<float> projections)
    {
        int width = projections.Length / ProjectionLength;
        if (width == 0 || projections.Length != width * ProjectionLength || slices.Length != (long)width * Size * Size)
        {
            throw new ArgumentException(
                $"slices of {Size}² pixels give {ProjectionLength} samples for each bin, not {projections.Length} from {slices.Length}");
        }

        projections.Clear();
        (double sin, double cos) = Math.SinCos(angle_rad);
        int radius = Size / 2;
        for (int row = 0; row < Size; row++)
        {
            (int first, int last) = _circle.Columns(row);
            double start = ((first - radius) * cos) - ((row - radius) * sin) + radius + ProjectionFilter.Margin + Centre_px;
            if (first <= last)
            {
                ProjectLine(slices.Slice(((row * Size) + first) * width, (last + 1 - first) * width), start, cos, width, projections);
            }
        }
    }

    private static void ProjectLine(ReadOnlySpan<float> line, double start, double step, int width, Span<float> projections)
    {
        ref float values = ref MemoryMarshal.GetReference(line);
        ref float samples = ref MemoryMarshal.GetReference(projections);
        int pixels = line.Length / width;
        for (int i = 0; i < pixels; i++)
        {
            double t = start + (i * step);
            int left = (int)t;
            float share = (float)(t - left);
            nuint pixel = (nuint)(i * width);
            nuint near = (nuint)(left * width);

            // A pixel on the rim of an even slice falls on the last sample itself: there is no next one, and its share is 0.
            nuint far = Math.Min(near + (nuint)width, (nuint)(projections.Length - width));
            int bin = 0;
            for (; bin <= width - Vector<float>.Count; bin += Vector<float>.Count)
            {
                nuint lane = (nuint)bin;
                Vector<float> value = Vector.LoadUnsafe(ref values, pixel + lane);
                Vector<float> right = value * share;
                (Vector.LoadUnsafe(ref samples, near + lane) + (value - right)).StoreUnsafe(ref samples, near + lane);
                (Vector.LoadUnsafe(ref samples, far + lane) + right).StoreUnsafe(ref samples, far + lane);
            }

            for (; bin < width; bin++)
            {
                float value = line[(int)pixel + bin];
                projections[(int)near + bin] += (1 - share) * value;
                projections[(int)far + bin] += share * value;
            }
        }
    }
}
