using System.Numerics;
using System.Runtime.InteropServices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Transpose of <see cref="BlockForwardProjector"/> at all angles of a solver: <see cref="BlockBackProjector"/> for blocks of its width, a
/// plain loop for others, down to the single bin of a live channel. Immutable, thread-safe.
/// </summary>
internal sealed class BlockTranspose
{
    private readonly BackProjector _circle;
    private readonly BlockBackProjector? _kernel;
    private readonly ProjectionTerm[] _terms;
    private readonly int _width;

    /// <summary>Takes the geometry of a back-projector for one bin.</summary>
    /// <param name="circle">Size and centre.</param>
    /// <param name="angles_rad">Angle of each row, rad.</param>
    /// <param name="width">Bins.</param>
    public BlockTranspose(BackProjector circle, ReadOnlySpan<double> angles_rad, int width)
    {
        _circle = circle;
        _kernel = width == BinBlock.Width ? new BlockBackProjector(circle.Size, circle.Centre_px) : null;
        _width = width;
        _terms = new ProjectionTerm[angles_rad.Length];
        for (int row = 0; row < _terms.Length; row++)
        {
            _terms[row] = new ProjectionTerm(row, angles_rad[row], 1);
        }
    }

    /// <summary>Adds all rows.</summary>
    /// <param name="projections">[row, sample, bin], N + 2 samples.</param>
    /// <param name="slices">[y, x, bin], added to.</param>
    public void Add(ReadOnlySpan<float> projections, Span<float> slices)
    {
        if (_kernel is not null)
        {
            _kernel.Add(projections, _terms, slices);
            return;
        }

        int length = projections.Length / _terms.Length;
        foreach (ProjectionTerm term in _terms)
        {
            AddOne(projections.Slice(term.Row * length, length), term.Angle_rad, slices);
        }
    }

    private void AddOne(ReadOnlySpan<float> projection, double angle_rad, Span<float> slices)
    {
        (double sin, double cos) = Math.SinCos(angle_rad);
        int size = _circle.Size;
        int radius = size / 2;
        ref float samples = ref MemoryMarshal.GetReference(projection);
        ref float values = ref MemoryMarshal.GetReference(slices);
        nuint lastSample = (nuint)(projection.Length - _width);
        for (int row = 0; row < size; row++)
        {
            (int first, int last) = _circle.Columns(row);
            double start = ((first - radius) * cos) - ((row - radius) * sin) + radius + ProjectionFilter.Margin + _circle.Centre_px;
            for (int column = first; column <= last; column++)
            {
                double t = start + ((column - first) * cos);
                int left = (int)t;
                float share = (float)(t - left);
                nuint near = (nuint)(left * _width);
                nuint far = Math.Min(near + (nuint)_width, lastSample);
                nuint pixel = (nuint)(((row * size) + column) * _width);
                int bin = 0;
                for (; bin <= _width - Vector<float>.Count; bin += Vector<float>.Count)
                {
                    nuint lane = (nuint)bin;
                    Vector<float> a = Vector.LoadUnsafe(ref samples, near + lane);
                    Vector<float> b = Vector.LoadUnsafe(ref samples, far + lane);
                    (Vector.LoadUnsafe(ref values, pixel + lane) + (a + ((b - a) * share))).StoreUnsafe(ref values, pixel + lane);
                }

                for (; bin < _width; bin++)
                {
                    float a = projection[(int)near + bin];
                    float b = projection[(int)far + bin];
                    slices[(int)pixel + bin] += a + ((b - a) * share);
                }
            }
        }
    }
}
