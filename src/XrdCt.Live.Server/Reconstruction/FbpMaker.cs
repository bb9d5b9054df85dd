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
    private readonly BlockFbp _fbp = new(samples, angles_rad.Length, centre_px, hasEvenWeights);

    /// <inheritdoc/>
    public bool NeedsBridges => true;

    /// <inheritdoc/>
    public SolverConvergence? Make(int block, ReadOnlyMemory<float> projections, ReadOnlySpan<bool> isPresent, Memory<float> slices)
    {
        _fbp.Clear();
        RowFilter filter = filterOf(block);
        int length = samples * BinBlock.Width;
        for (int rotation = 0; rotation < angles_rad.Length; rotation++)
        {
            if (isPresent[rotation])
            {
                _fbp.Put(angles_rad[rotation], projections.Span.Slice(rotation * length, length), filter);
            }
        }

        if (_fbp.Count == 0)
        {
            slices.Span.Fill(float.NaN);
            return null;
        }

        _fbp.Make(slices.Span);
        for (int y = 0; y < samples; y++)
        {
            for (int x = 0; x < samples; x++)
            {
                if (!_fbp.BackProjector.Sees(y, x))
                {
                    slices.Span.Slice(((y * samples) + x) * BinBlock.Width, BinBlock.Width).Fill(float.NaN);
                }
            }
        }

        return null;
    }
}
