using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>Filtered back projection at any angles, through any filter.</summary>
/// <param name="angles_rad">Angle of each rotation, rad.</param>
/// <param name="samples">Samples N of a projection.</param>
/// <param name="centre_px">Offset of the rotation axis from sample N/2, samples.</param>
/// <param name="hasEvenWeights">Whether all projections count alike.</param>
/// <param name="filterOf">The filter for a block.</param>
internal sealed class FbpMaker(double[] angles_rad, int samples, double centre_px, bool hasEvenWeights, Func<int, RowFilter> filterOf) : IBlockMaker
{
    private readonly BlockBackProjector _backProjector = new(samples, centre_px);
    private Memory<float> _filtered;

    /// <inheritdoc/>
    public bool NeedsBridges => true;

    /// <inheritdoc/>
    public SolverConvergence? Make(int block, ReadOnlyMemory<float> projections, ReadOnlySpan<bool> isPresent, Memory<float> slices)
    {
        List<int> rotations = [];
        for (int rotation = 0; rotation < angles_rad.Length; rotation++)
        {
            if (isPresent[rotation])
            {
                rotations.Add(rotation);
            }
        }

        if (rotations.Count == 0)
        {
            slices.Span.Fill(float.NaN);
            return null;
        }

        if (_filtered.Length == 0)
        {
            _filtered = BinBlock.Allocate((long)angles_rad.Length * _backProjector.RowLength);
        }

        RowFilter filter = filterOf(block);
        int length = samples * BinBlock.Width;
        for (int row = 0; row < rotations.Count; row++)
        {
            filter(
                angles_rad[rotations[row]],
                projections.Span.Slice(rotations[row] * length, length),
                _filtered.Span.Slice(row * _backProjector.RowLength, _backProjector.RowLength));
        }

        slices.Span.Clear();
        _backProjector.Add(_filtered.Span, Terms(rotations), slices.Span);
        for (int y = 0; y < samples; y++)
        {
            for (int x = 0; x < samples; x++)
            {
                if (!_backProjector.Sees(y, x))
                {
                    slices.Span.Slice(((y * samples) + x) * BinBlock.Width, BinBlock.Width).Fill(float.NaN);
                }
            }
        }

        return null;
    }

    // The ½ belongs to the filter, whose response is twice the ramp (scikit-image's convention).
    private ProjectionTerm[] Terms(List<int> rotations)
    {
        double[] angles = [.. rotations.Select(r => angles_rad[r])];
        double[] weights = new double[angles.Length];
        if (hasEvenWeights)
        {
            Array.Fill(weights, Math.PI / angles.Length);
        }
        else
        {
            AngularWeights.Compute(angles, weights);
        }

        return [.. angles.Select((angle, row) => new ProjectionTerm(row, angle, 0.5 * weights[row]))];
    }
}
