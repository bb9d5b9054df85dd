namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Filtered back projection of a block of bins whose projections are all at hand, at any angles: <c>slice(x, y) = ½ Σ_k w_k·filtered_k(x·cos θ_k − y·sin θ_k)</c>
/// with the weights of <see cref="AngularWeights"/>, or π/K for each of K. Projections are put in one by one, in any order; the slices are made at once.
/// </summary>
/// <remarks>
/// Takes 4 · <see cref="BinBlock.Width"/> bytes × (N + 2) per projection. Not thread-safe: one per thread. The ½ belongs to the filter, whose response is
/// twice the ramp (scikit-image's convention).
/// </remarks>
public sealed class BlockFbp
{
    private readonly BlockBackProjector _backProjector;
    private readonly bool _hasEvenWeights;
    private readonly Memory<float> _filtered;
    private readonly double[] _angles_rad;

    /// <summary>Takes the memory.</summary>
    /// <param name="samples">Samples N of a projection, at least 2.</param>
    /// <param name="capacity">Most projections.</param>
    /// <param name="centre_px">Offset c of the rotation axis from sample N/2, samples; less than N/2 in magnitude.</param>
    /// <param name="hasEvenWeights">Whether all projections count alike, as in scikit-image's <c>iradon</c>; false for the gaps between their angles.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public BlockFbp(int samples, int capacity, double centre_px = 0, bool hasEvenWeights = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _backProjector = new BlockBackProjector(samples, centre_px);
        _hasEvenWeights = hasEvenWeights;
        _filtered = BinBlock.Allocate((long)capacity * _backProjector.RowLength);
        _angles_rad = new double[capacity];
    }

    /// <summary>The back-projector, which knows the circle.</summary>
    public BlockBackProjector BackProjector => _backProjector;

    /// <summary>Projections that are in.</summary>
    public int Count { get; private set; }

    /// <summary>Takes all projections out.</summary>
    public void Clear() => Count = 0;

    /// <summary>Puts a projection in.</summary>
    /// <param name="angle_rad">Its angle, rad.</param>
    /// <param name="projection">[sample, <see cref="BinBlock.Width"/>]; NaN in a bin makes that bin's slice NaN, and no other.</param>
    /// <param name="filter">Filters it.</param>
    /// <exception cref="InvalidOperationException">There are as many as the memory was taken for.</exception>
    public void Put(double angle_rad, ReadOnlySpan<float> projection, RowFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (Count == _angles_rad.Length)
        {
            throw new InvalidOperationException($"memory was taken for {Count} projections");
        }

        filter(angle_rad, projection, _filtered.Span.Slice(Count * _backProjector.RowLength, _backProjector.RowLength));
        _angles_rad[Count++] = angle_rad;
    }

    /// <summary>Makes the slices of what is in.</summary>
    /// <param name="slices">Receives [y, x, <see cref="BinBlock.Width"/>]; 0 outside the circle that all projections see, and everywhere without a projection.</param>
    /// <exception cref="ArgumentException">The slices have another length.</exception>
    public void Make(Span<float> slices)
    {
        double[] weights = new double[Count];
        ReadOnlySpan<double> angles_rad = _angles_rad.AsSpan(0, Count);
        if (_hasEvenWeights)
        {
            Array.Fill(weights, Math.PI / Count);
        }
        else
        {
            AngularWeights.Compute(angles_rad, weights);
        }

        var terms = new ProjectionTerm[Count];
        for (int row = 0; row < Count; row++)
        {
            terms[row] = new ProjectionTerm(row, angles_rad[row], 0.5 * weights[row]);
        }

        slices.Clear();
        _backProjector.Add(_filtered.Span, terms, slices);
    }
}
