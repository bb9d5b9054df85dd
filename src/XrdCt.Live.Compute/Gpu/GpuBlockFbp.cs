using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>The filtered back projection of a block of bins on a device: projections go up one by one, slices come down at once.</summary>
/// <remarks>Filters other than the ramp run on the CPU. Written and tested without a device at hand: how fast it is has not been measured.</remarks>
public sealed class GpuBlockFbp : IBlockFbp
{
    private readonly GpuVolume _volume;
    private readonly bool _hasEvenWeights;
    private readonly double[] _angles_rad;
    private readonly float[] _filtered;

    /// <summary>Takes the device's memory: 4 · <see cref="BinBlock.Width"/> bytes × (N² + (N + 2) · capacity).</summary>
    /// <param name="device">The device, which must outlive this.</param>
    /// <param name="ramp">The filter, which gives the samples N of a projection.</param>
    /// <param name="capacity">Most projections, at least 1.</param>
    /// <param name="centre_px">Offset c of the rotation axis from sample N/2, samples; less than N/2 in magnitude.</param>
    /// <param name="hasEvenWeights">Whether all projections count alike, as in scikit-image's <c>iradon</c>; false for the gaps between their angles.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="GpuException">The slices do not fit the device, or the device does not run the kernels.</exception>
    public GpuBlockFbp(GpuDevice device, ProjectionFilter ramp, int capacity, double centre_px = 0, bool hasEvenWeights = false)
    {
        ArgumentNullException.ThrowIfNull(ramp);
        _volume = new GpuVolume(device, ramp, centre_px, 1, capacity);
        _hasEvenWeights = hasEvenWeights;
        _angles_rad = new double[capacity];
        _filtered = new float[(ramp.Length + (2 * ProjectionFilter.Margin)) * BinBlock.Width];
    }

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public bool Sees(int y, int x) => _volume.Sees(y, x);

    /// <inheritdoc/>
    public void Clear() => Count = 0;

    /// <inheritdoc/>
    /// <exception cref="GpuException">The device failed.</exception>
    public void Put(double angle_rad, ReadOnlySpan<float> projection, RowFilter? filter = null)
    {
        BlockFbp.Admit(Count, _angles_rad.Length);
        filter?.Invoke(angle_rad, projection, _filtered);
        try
        {
            if (filter is null)
            {
                _volume.Filter(Count, projection);
            }
            else
            {
                _volume.SetRow(Count, _filtered);
            }
        }
        catch (Exception e) when (GpuException.IsOfDevice(e))
        {
            throw Failure(e);
        }

        _angles_rad[Count++] = angle_rad;
    }

    /// <inheritdoc/>
    /// <exception cref="GpuException">The device failed.</exception>
    public void Make(Span<float> slices)
    {
        try
        {
            _volume.Clear();
            _volume.Add(BlockFbp.Terms(_angles_rad.AsSpan(0, Count), _hasEvenWeights));
            _volume.CopyTo(0, slices);
        }
        catch (Exception e) when (GpuException.IsOfDevice(e))
        {
            throw Failure(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _volume.Dispose();

    private static GpuException Failure(Exception e) => e as GpuException ?? new GpuException($"the device failed: {GpuException.Sentence(e)}", e);
}
