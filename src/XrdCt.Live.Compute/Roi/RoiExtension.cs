using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// Edge extension: beyond the field of view the projection goes on as the mean of its outermost samples, and fades out as cos² over a
/// length. No coarse scan is needed; what lies outside is guessed, so the slice keeps a smooth error (its level above all).
/// </summary>
/// <remarks>
/// One matrix for all angles. Source: Kyrieleis, Titarenko, Ibison, Connolley, Withers, J. Microsc. 241 (2011) 69,
/// doi:10.1111/j.1365-2818.2010.03408.x (extension of truncated projections).
/// </remarks>
public sealed class RoiExtension : IRoiFilter
{
    private readonly RoiWindow _window;
    private readonly float[] _matrix;

    /// <summary>Makes the filter.</summary>
    /// <param name="length">Samples N of a projection.</param>
    /// <param name="filter">Apodisation.</param>
    /// <param name="fade_px">Samples beyond either end over which the extension fades out; 0 extends nothing.</param>
    /// <param name="edge_px">Outermost samples whose mean is held, at least 1 and at most N.</param>
    /// <param name="width">Bins that lie interleaved, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A length is out of range.</exception>
    public RoiExtension(int length, RampFilter filter, int fade_px, int edge_px = 5, int width = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fade_px);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fade_px, 1 << 16);
        ArgumentOutOfRangeException.ThrowIfLessThan(edge_px, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(edge_px, length);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        _window = new RoiWindow(length, 1, new RoiAlignment { X_um = 0, Y_um = 0, Centre_px = 0 });
        Width = width;
        var extended = new ProjectionFilter(length + (2 * fade_px), filter);
        _matrix = FilterMatrix.Of(extended, length);
        for (int k = 1; k <= fade_px; k++)
        {
            double cos = Math.Cos(0.5 * Math.PI * k / (fade_px + 1));
            Hold(FilterMatrix.Window(extended, length, -k), 0, edge_px, cos * cos);
            Hold(FilterMatrix.Window(extended, length, length - 1 + k), length - edge_px, edge_px, cos * cos);
        }
    }

    /// <inheritdoc/>
    public RoiMode Mode => RoiMode.Extension;

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
        FilterMatrix.Multiply(_matrix, row, Width, filtered, accumulate: false);
    }

    /// <summary>The noise of slices through this filter: the outermost samples bear the extension, as the cells beside a gap bear its bridge. Exact.</summary>
    /// <param name="centre_px">Offset of the rotation axis from sample N/2, samples; less than N/2 in magnitude.</param>
    /// <exception cref="ArgumentOutOfRangeException">The axis is outside the projection.</exception>
    public NoiseMap Noise(double centre_px) => new(_matrix, Length, centre_px);

    private void Hold(ReadOnlySpan<float> response, int first, int count, double level)
    {
        for (int i = 0; i < response.Length; i++)
        {
            for (int j = first; j < first + count; j++)
            {
                _matrix[(i * Length) + j] += (float)(level * response[i] / count);
            }
        }
    }
}
