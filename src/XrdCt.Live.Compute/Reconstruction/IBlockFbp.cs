namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Filtered back projection of a block of bins whose projections are all at hand, at any angles: <c>slice(x, y) = ½ Σ_k w_k·filtered_k(x·cos θ_k − y·sin θ_k)</c>
/// with the weights of <see cref="AngularWeights"/>, or π/K for each of K. Projections are put in one by one, in any order; the slices are made at once.
/// </summary>
/// <remarks>Not thread-safe: one per thread. The ½ belongs to the filter, whose response is twice the ramp (scikit-image's convention).</remarks>
public interface IBlockFbp : IDisposable
{
    /// <summary>Projections that are in.</summary>
    int Count { get; }

    /// <summary>Whether a pixel is in the circle that all projections see.</summary>
    /// <param name="y">Row of the slice.</param>
    /// <param name="x">Column of the slice.</param>
    bool Sees(int y, int x);

    /// <summary>Takes all projections out.</summary>
    void Clear();

    /// <summary>Puts a projection in.</summary>
    /// <param name="angle_rad">Its angle, rad.</param>
    /// <param name="projection">[sample, <see cref="BinBlock.Width"/>]; NaN in a bin makes that bin's slice NaN, and no other.</param>
    /// <param name="filter">Filters it, where it is not the ramp alone that does.</param>
    /// <exception cref="InvalidOperationException">There are as many as the memory was taken for.</exception>
    void Put(double angle_rad, ReadOnlySpan<float> projection, RowFilter? filter = null);

    /// <summary>Makes the slices of what is in.</summary>
    /// <param name="slices">Receives [y, x, <see cref="BinBlock.Width"/>]; 0 outside the circle that all projections see, and everywhere without a projection.</param>
    /// <exception cref="ArgumentException">The slices have another length.</exception>
    void Make(Span<float> slices);
}
