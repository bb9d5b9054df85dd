namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>The filtered back projection of a block of bins on the CPU.</summary>
/// <remarks>Takes 4 · <see cref="BinBlock.Width"/> bytes × (N + 2) per projection.</remarks>
public sealed class BlockFbp : IBlockFbp
{
    private readonly BlockProjectionFilter _ramp;
    private readonly BlockBackProjector _backProjector;
    private readonly bool _hasEvenWeights;
    private readonly Memory<float> _filtered;
    private readonly double[] _angles_rad;

    /// <summary>Takes the memory.</summary>
    /// <param name="ramp">The filter, which gives the samples N of a projection.</param>
    /// <param name="capacity">Most projections.</param>
    /// <param name="centre_px">Offset c of the rotation axis from sample N/2, samples; less than N/2 in magnitude.</param>
    /// <param name="hasEvenWeights">Whether all projections count alike, as in scikit-image's <c>iradon</c>; false for the gaps between their angles.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public BlockFbp(ProjectionFilter ramp, int capacity, double centre_px = 0, bool hasEvenWeights = false)
    {
        ArgumentNullException.ThrowIfNull(ramp);
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _ramp = new BlockProjectionFilter(ramp);
        _backProjector = new BlockBackProjector(ramp.Length, centre_px);
        _hasEvenWeights = hasEvenWeights;
        _filtered = BinBlock.Allocate((long)capacity * _backProjector.RowLength);
        _angles_rad = new double[capacity];
    }

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public bool Sees(int y, int x) => _backProjector.Sees(y, x);

    /// <inheritdoc/>
    public void Clear() => Count = 0;

    /// <inheritdoc/>
    public void Put(double angle_rad, ReadOnlySpan<float> projection, RowFilter? filter = null)
    {
        Admit(Count, _angles_rad.Length);
        Span<float> filtered = _filtered.Span.Slice(Count * _backProjector.RowLength, _backProjector.RowLength);
        if (filter is null)
        {
            _ramp.Apply(projection, filtered);
        }
        else
        {
            filter(angle_rad, projection, filtered);
        }

        _angles_rad[Count++] = angle_rad;
    }

    /// <inheritdoc/>
    public void Make(Span<float> slices)
    {
        slices.Clear();
        _backProjector.Add(_filtered.Span, Terms(_angles_rad.AsSpan(0, Count), _hasEvenWeights), slices);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    internal static void Admit(int count, int capacity)
    {
        if (count == capacity)
        {
            throw new InvalidOperationException($"memory was taken for {capacity} projections");
        }
    }

    // Projection k is row k.
    internal static ProjectionTerm[] Terms(ReadOnlySpan<double> angles_rad, bool hasEvenWeights)
    {
        double[] weights_rad = new double[angles_rad.Length];
        if (hasEvenWeights)
        {
            Array.Fill(weights_rad, Math.PI / weights_rad.Length);
        }
        else
        {
            AngularWeights.Compute(angles_rad, weights_rad);
        }

        var terms = new ProjectionTerm[weights_rad.Length];
        for (int row = 0; row < terms.Length; row++)
        {
            terms[row] = new ProjectionTerm(row, angles_rad[row], 0.5 * weights_rad[row]);
        }

        return terms;
    }
}
