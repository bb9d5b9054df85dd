using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>Filtered back projection at any angles, through any filter.</summary>
/// <param name="fbp">Makes a block, here or on a device; disposed with this.</param>
/// <param name="angles_rad">Angle of each rotation, rad.</param>
/// <param name="samples">Samples N of a projection.</param>
/// <param name="filterOf">The filter for a block; null for the ramp alone.</param>
internal sealed class FbpMaker(IBlockFbp fbp, double[] angles_rad, int samples, Func<int, RowFilter>? filterOf) : IBlockMaker
{
    /// <inheritdoc/>
    public bool NeedsBridges => true;

    /// <inheritdoc/>
    public SolverConvergence? Make(int block, ReadOnlyMemory<float> projections, ReadOnlySpan<bool> isPresent, Memory<float> slices)
    {
        fbp.Clear();
        RowFilter? filter = filterOf?.Invoke(block);
        int length = samples * BinBlock.Width;
        for (int rotation = 0; rotation < angles_rad.Length; rotation++)
        {
            if (isPresent[rotation])
            {
                fbp.Put(angles_rad[rotation], projections.Span.Slice(rotation * length, length), filter);
            }
        }

        if (fbp.Count == 0)
        {
            slices.Span.Fill(float.NaN);
            return null;
        }

        fbp.Make(slices.Span);
        for (int y = 0; y < samples; y++)
        {
            for (int x = 0; x < samples; x++)
            {
                if (!fbp.Sees(y, x))
                {
                    slices.Span.Slice(((y * samples) + x) * BinBlock.Width, BinBlock.Width).Fill(float.NaN);
                }
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => fbp.Dispose();
}
