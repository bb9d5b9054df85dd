using XrdCt.Live.Model.Roi;

namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// Filters the projections of a scan of a region of interest for the back projection, and takes out what lies outside its field of view:
/// stands in for the plain filter, one projection at a time, for a block of bins that lie interleaved. Not thread-safe: one per block.
/// </summary>
public interface IRoiFilter
{
    /// <summary>What is done about the outside.</summary>
    RoiMode Mode { get; }

    /// <summary>Samples N of a projection.</summary>
    int Length { get; }

    /// <summary>Samples of a filtered projection: sample i of the projection is at i + 1, one more follows.</summary>
    int FilteredLength { get; }

    /// <summary>Bins that lie interleaved.</summary>
    int Width { get; }

    /// <summary>Filters one projection. Allocates nothing after the first time at an angle.</summary>
    /// <param name="angle_rad">Angle θ of the ROI scan, rad.</param>
    /// <param name="row">[sample, bin], <see cref="Length"/> samples, no NaN; a bin that is NaN harms no other.</param>
    /// <param name="filtered">Receives [sample, bin], <see cref="FilteredLength"/> samples, for the back projection as from
    /// <see cref="Reconstruction.ProjectionFilter"/>.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    void Apply(double angle_rad, ReadOnlySpan<float> row, Span<float> filtered);
}
